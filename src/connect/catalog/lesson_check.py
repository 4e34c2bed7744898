"""Checking a lesson and drawing it, footnotes included."""

import posixpath
from collections.abc import Mapping, Set
from itertools import pairwise

import msgspec
from markdown_it.token import Token

from connect.catalog import markdown
from connect.catalog.content import Translation
from connect.catalog.faults import FileFaults
from connect.catalog.folder import Folder
from connect.catalog.markdown_check import (
    Place,
    check_headings,
    check_inline,
    line_of,
    read_markdown,
)
from connect.catalog.prose import warn_about_grade, warn_about_sentences

_BACK = {"en": "Back to the text", "es": "Volver al texto"}  # read aloud in place of an arrow


class Surroundings(msgspec.Struct):
    """What the files of one course share."""

    folder: Folder
    language: str = "en"
    components: Set[str] | None = None  # ids that can be linked; None: not known
    notes: Mapping[str, list[Token]] = {}  # label of a footnote to its text
    shown: set[str] = set()  # images in use, as paths inside the course folder
    made_of: Mapping[str, str] = {}  # translation to what its original was then: a SHA-256's start


def check_lesson(course: Surroundings, path: str, doc: str, language: str) -> Translation | None:
    """Check the Markdown file *path* and draw it; ``None`` when it cannot be read.

    Args:
        doc: the id of its component, with which every id in the HTML begins or goes on.
        language: the language of this file.

    Returns:
        Title and HTML. The heading of the title is not in the HTML. After a fault neither is
        fit for use.
    """
    faults = course.folder.faults(path)
    tokens = read_markdown(course.folder, path)
    if tokens is None:
        course.folder.unread = True
        return None
    _refuse_definitions(tokens, faults)
    place = Place(
        course.folder,
        posixpath.dirname(path),
        faults,
        course.components,
        anchors=check_headings(tokens, doc, faults),
        notes=course.notes.keys(),
        images=True,
        shown=course.shown,
    )
    check_inline(markdown.inline_tokens(tokens), place)
    _warn_about_prose(tokens, language, faults)
    title = _take_title(tokens, faults)
    notes = _footnotes(tokens, course.notes, doc, language)
    return Translation(title, markdown.to_html(tokens, after=notes))


def _refuse_definitions(tokens: list[Token], faults: FileFaults) -> None:
    for token in tokens:
        if token.type == "footnote_reference_open":
            faults.refuse(line_of(token), "the text of a footnote belongs in sources.md")


def _warn_about_prose(tokens: list[Token], language: str, faults: FileFaults) -> None:
    texts: list[str] = []
    for before, token in pairwise(tokens):
        if token.type == "inline" and before.type != "heading_open":
            text = "".join(_with_newlines(child) for child in token.children or [])
            warn_about_sentences(line_of(token), text, faults)
            texts.append(text)
    if language.partition("-")[0] == "en":
        warn_about_grade(texts, faults)


def _with_newlines(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    return token.content if token.type in {"text", "code_inline"} else ""


def _take_title(tokens: list[Token], faults: FileFaults) -> str:
    """Take the first heading of the first level out of *tokens*; its text, "" without one."""
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            children = tokens[place + 1].children or []
            if any(child.type in {"image", "footnote_ref", "link_open"} for child in children):
                faults.refuse(line_of(token), "a title is words only")
            elif not markdown.plain(children):
                faults.refuse(line_of(token), "the title is empty")
            del tokens[place : place + 3]
            return markdown.plain(children)
    return ""


def _footnotes(
    tokens: list[Token], notes: Mapping[str, list[Token]], doc: str, language: str
) -> str:
    """Number the marks in *tokens* and write the list of the footnotes that they name.

    An id stands once on a page, even when a page shows several lessons.
    """
    marks: dict[str, list[str]] = {}  # label to the ids of its marks, in order of first use
    numbers: dict[str, int] = {}
    for _, token in markdown.inline_tokens(tokens):
        label = str(token.meta.get("label"))
        if token.type != "footnote_ref" or label not in notes:
            continue
        mine = marks.setdefault(label, [])
        number = numbers.setdefault(label, len(marks))
        mine.append(f"mark_{doc}_{number}_{len(mine) + 1}")
        token.meta |= {"number": number, "note": f"note_{doc}_{number}", "mark": mine[-1]}
    if not marks:
        return ""
    back = _BACK.get(language.partition("-")[0], _BACK["en"])
    items = [
        f'<li id="note_{doc}_{number}">{markdown.render(notes[label])}'
        + " ".join(
            f'<a href="#{mark}" class="footnote-back" role="doc-backlink" aria-label="{back}">↩</a>'
            for mark in mine
        )
        + "</li>"
        for (label, mine), number in zip(marks.items(), numbers.values(), strict=True)
    ]
    body = "\n".join(items)
    return f'<section class="footnotes" role="doc-endnotes"><ol>\n{body}\n</ol></section>'
