"""Checking the translation of a quiz: the same questions by id, words only."""

import posixpath
from collections.abc import Iterable

from connect.catalog.content import (
    ChoiceWords,
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
        alt=table.text("alt", required=bool(original.alt)),
        feedback=feedback,
        feedback_html=feedback_html,
    )
    table.close()
    return found


def _choices(
    table: Table, original: Question, place: Place, language: str
) -> dict[str, ChoiceWords]:
    """What there is to choose from. Parts of other kinds of questions are read beside this."""
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
