"""Checking the translation of ``course.toml``: ``course.es.toml`` beside it."""

from collections.abc import Sequence

from msgspec.structs import replace

from connect.catalog.content import (
    RECORDINGS,
    ComponentKind,
    CourseContent,
    CourseWords,
    Translation,
)
from connect.catalog.lesson_check import Surroundings
from connect.catalog.prose import warn_about_sentences
from connect.catalog.quiz_words import by_id
from connect.catalog.toml_reader import read_toml
from connect.catalog.toml_table import TITLE, Table
from connect.catalog.translations import is_older, translations_of

# The others have their title in a file of their own.
_TITLED_HERE = RECORDINGS | {ComponentKind.ACKNOWLEDGEMENT, ComponentKind.DOWNLOAD}


def check_course_words(content: CourseContent, course: Surroundings, path: str) -> CourseContent:
    """*content* with the translations of its ``course.toml``, the file *path*.

    A component whose words stand in ``course.toml`` has its translation in that of ``course.toml``.
    """
    components = {component.id: component for component in content.components}
    own = {c.id: c.kind for c in content.components if c.kind in _TITLED_HERE}
    found: dict[str, CourseWords] = {}
    for language, other in translations_of(course, path).items():
        source = course.folder.read(other)
        table = read_toml(source, course.folder.faults(other)) if source is not None else None
        if table is None:
            continue
        found[language] = CourseWords(
            table.text("title", required=True, most=TITLE),
            _prose(table, "summary"),
            _list(table, "objectives", content.objectives),
            _list(table, "content_notes", content.content_notes),
            is_older(course, path, other),
        )
        for name, one in by_id(
            table, "components", own, "component with a title in course.toml"
        ).items():
            title = one.text("title", required=True, most=TITLE)
            acknowledged = own.get(name) is ComponentKind.ACKNOWLEDGEMENT
            text = _prose(one, "text") if acknowledged else ""
            one.close(also=() if name in own else {"text"})
            if name in own:
                words = Translation(title, text=text, older=found[language].older)
                known = {**components[name].translations, language: words}
                components[name] = replace(components[name], translations=known)
        table.close()
    return replace(content, components=list(components.values()), translations=found)


def _prose(table: Table, key: str) -> str:
    text = table.text(key, required=True, lines=True)
    warn_about_sentences(table.line(key), text, table.faults)
    return text


def _list(table: Table, key: str, original: Sequence[str]) -> list[str]:
    texts = table.texts(key)
    if len(texts) != len(original):
        table.refuse(f'"{key}" has {len(texts)}, the original has {len(original)}', key)
    return texts
