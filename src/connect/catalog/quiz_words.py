"""Checking the translation of a quiz: the same questions by id, words only."""

import posixpath
from collections.abc import Iterable

from connect.catalog.answer_check import GAP, check_marks, read_items, read_pairs
from connect.catalog.content import (
    ChoiceWords,
    Pair,
    Question,
    QuestionKind,
    QuestionWords,
    Quiz,
    Translation,
)
from connect.catalog.faults import quoted
from connect.catalog.lesson_check import Surroundings
from connect.catalog.markdown_check import Place
from connect.catalog.quiz_check import answers_in, words
from connect.catalog.toml_reader import read_toml
from connect.catalog.toml_table import TITLE, Table, refuse_equal_ids


def check_quiz_words(
    course: Surroundings, path: str, quiz: Quiz, original: str, language: str
) -> Translation | None:
    """Check the TOML file *path*, a translation of *quiz*; ``None`` when it cannot be read.

    What is right stands in the original alone, so a translation cannot contradict it.
    """
    source = course.folder.read(path)
    faults = course.folder.faults(path)
    table = read_toml(source, faults) if source is not None else None
    if table is None:
        return None
    place = Place(course.folder, posixpath.dirname(path), faults, course.components)
    place.shown = course.shown
    title = table.text("title", required=True, most=TITLE)
    asked = {question.id: question for question in quiz.questions}
    tables = by_id(table, "questions", asked, f"question in {original}")
    found = {
        name: _question(one, asked[name], place, language)
        for name, one in tables.items()
        if name in asked
    }
    table.close()
    return Translation(title, questions=found)


def by_id(table: Table, key: str, wanted: Iterable[str], what: str) -> dict[str, Table]:
    """The tables in a list by their ids, each of *wanted* and no other; else a fault."""
    tables = table.tables(key)
    ids = [one.text("id", required=True) for one in tables]
    refuse_equal_ids(tables, ids)
    known = list(wanted)
    for one, name in zip(tables, ids, strict=True):
        if name and name not in known:
            one.refuse(f"{quoted(name)} is no {what}", "id")
    for name in known:
        if name not in ids:
            table.refuse(f"the translation of {quoted(name)} is missing", key)
    return dict(zip(ids, tables, strict=True))


def _question(table: Table, original: Question, place: Place, language: str) -> QuestionWords:
    html, text = words(table, "text", place, required=True)
    feedback_html, feedback = words(table, "feedback", place, required=bool(original.feedback))
    found = QuestionWords(
        html,
        text,
        _choices(table, original, place, language),
        items=_items(table, original, place),
        pairs=_pairs(table, original, place),
        alt=table.text("alt", required=bool(original.alt)),
        feedback=feedback,
        feedback_html=feedback_html,
    )
    if original.kind is QuestionKind.CLOZE:
        _check_gaps(table, original, html, text)
    table.close()
    return found


def _check_gaps(table: Table, original: Question, html: str, text: str) -> None:
    """The same gaps, in whatever order the other language has them; what fills them stays."""
    check_marks(table, html, text, original.gaps)
    for name in original.gaps:
        if name not in GAP.findall(text):
            table.refuse(f'the gap {quoted(name)} stands nowhere in "text"', "text")


def _items(table: Table, original: Question, place: Place) -> dict[str, str]:
    if original.kind is not QuestionKind.ORDER:
        return {}
    by_id(table, "items", [item.id for item in original.items], "item of this question")
    found = read_items(table, lambda one, key: words(one, key, place, required=True))
    return {item.id: item.text for item in found}


def _pairs(table: Table, original: Question, place: Place) -> list[Pair]:
    """A pair has no id: the translation has as many, in the same order."""
    if original.kind is not QuestionKind.MATCH:
        return []
    found = read_pairs(table, lambda one, key: words(one, key, place, required=True))
    if table.has("pairs") and len(found) != len(original.pairs):
        table.refuse(f'"pairs" has {len(found)}, the original has {len(original.pairs)}', "pairs")
    return found


def _choices(
    table: Table, original: Question, place: Place, language: str
) -> dict[str, ChoiceWords]:
    if original.kind is QuestionKind.TRUE_FALSE:
        both = answers_in(language)
        return {name: ChoiceWords(w, w) for name, w in zip(("true", "false"), both, strict=True)}
    if not original.choices:
        return {}
    choices = {choice.id: choice for choice in original.choices}
    found: dict[str, ChoiceWords] = {}
    for name, one in by_id(table, "choices", choices, "choice of this question").items():
        needed = name in choices and bool(choices[name].feedback)
        html, text = words(one, "text", place, required=True)
        feedback_html, feedback = words(one, "feedback", place, required=needed)
        one.close()
        found[name] = ChoiceWords(html, text, feedback, feedback_html)
    return found
