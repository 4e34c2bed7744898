"""Checking one component of a course, with the lesson or quiz that it names."""

from pathlib import PurePosixPath

from msgspec.structs import replace

from connect.catalog.content import (
    RECORDINGS,
    Component,
    ComponentKind,
    Translation,
)
from connect.catalog.lesson_check import Surroundings, check_lesson
from connect.catalog.media_check import check_media_component
from connect.catalog.package_check import check_package_component
from connect.catalog.prose import warn_about_sentences
from connect.catalog.quiz_check import check_quiz
from connect.catalog.quiz_words import check_quiz_words
from connect.catalog.toml_table import SLUG, SLUG_RULE, TITLE, Table
from connect.catalog.translations import is_older, translations_of

_ALL_KEYS = {"file", "text", "title", "captions", "transcript"}


def component_id(table: Table) -> str:
    return table.text("id", required=True, pattern=SLUG, rule=SLUG_RULE)


def check_component(table: Table, course: Surroundings, pass_percent: int) -> Component:
    """Check one ``[[components]]`` table of ``course.toml`` and the file that it names.

    Args:
        pass_percent: of the course, for a quiz that has none.

    Returns:
        The component. After a fault it is not fit for use.
    """
    kind = table.pick("kind", ComponentKind, None, required=True)
    component = Component(
        component_id(table),
        kind or ComponentKind.LESSON,
        title="",
        minutes=table.whole("minutes", None, least=1),
        required=table.flag("required", True),
        min_seconds=table.whole("min_seconds", 0),
    )
    if kind is ComponentKind.EVALUATION:
        table.refuse('an evaluation is named in [completion]: evaluation = "standard"', "kind")
        table.close(also=_ALL_KEYS)
        return component
    suffix = PurePosixPath(str(table.get("file"))).suffix if kind is None else ""
    if kind is ComponentKind.LESSON or suffix == ".md":
        component = _lesson(table, course, component)
    elif kind is ComponentKind.QUIZ or suffix == ".toml":
        component = _quiz(table, course, pass_percent, component)
    elif kind is ComponentKind.ACKNOWLEDGEMENT:
        title = table.text("title", required=True, most=TITLE)
        text = table.text("text", required=True, lines=True)
        warn_about_sentences(table.line("text"), text, table.faults)
        component = replace(component, title=title, text=text)
    elif kind in RECORDINGS or kind is ComponentKind.DOWNLOAD:
        component = check_media_component(table, course, component)
    elif kind is ComponentKind.PACKAGE:
        component = check_package_component(table, course, component)
    elif table.has("file"):  # the kind is not known
        _file(table, course)
    table.close(also=() if kind else _ALL_KEYS)
    return component


def _file(table: Table, course: Surroundings, suffix: str = "") -> str | None:
    written = table.text("file", required=True)
    if not written:
        return None
    path = course.folder.find(written, "", table.faults, table.line("file"))
    if path and suffix and PurePosixPath(path).suffix != suffix:
        table.refuse(f'"file": expected the name of a {suffix} file', "file")
        return None
    return path


def _lesson(table: Table, course: Surroundings, component: Component) -> Component:
    if table.get("title") is not None:
        table.refuse("a lesson takes its title from its heading with one #", "title")
    path = _file(table, course, ".md")
    lesson = check_lesson(course, path, component.id, course.language) if path else None
    if path is None or lesson is None:
        return component
    translations: dict[str, Translation] = {}
    for language, other in translations_of(course, path).items():
        if translated := check_lesson(course, other, component.id, language):
            older = is_older(course, path, other)
            translations[language] = replace(translated, older=older)
    return replace(component, title=lesson.title, html=lesson.html, translations=translations)


def _quiz(table: Table, course: Surroundings, pass_percent: int, component: Component) -> Component:
    if table.get("title") is not None:
        table.refuse("a quiz has its title in its own file", "title")
    path = _file(table, course, ".toml")
    quiz = check_quiz(course, path, pass_percent) if path else None
    if path is None or quiz is None:
        return component
    translations: dict[str, Translation] = {}
    for language, other in translations_of(course, path).items():
        if translated := check_quiz_words(course, other, quiz, path, language):
            older = is_older(course, path, other)
            translations[language] = replace(translated, older=older)
    return replace(component, title=quiz.title, quiz=quiz, translations=translations)
