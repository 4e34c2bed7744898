"""Checking Markdown: what a lesson, a source or a question may say, show and link to."""

import re
from collections.abc import Iterable, Set
from pathlib import PurePosixPath
from urllib.parse import unquote

import msgspec
from markdown_it.token import Token

from connect.catalog import markdown
from connect.catalog.faults import FileFaults, quoted
from connect.catalog.folder import Folder
from connect.catalog.media import IMAGES

MOST_CELLS = 10_000  # in the tables of one file


class Place(msgspec.Struct):
    """What a piece of Markdown may refer to, and where its faults go."""

    folder: Folder
    base: str  # the folder of the file, from which images count; "" for the course folder
    faults: FileFaults
    components: Set[str] | None  # ids that can be linked; None: not known, so not checked
    anchors: dict[str, str] = {}  # what an author links with "#" to the id of the heading
    notes: Set[str] | None = None  # labels of footnotes; None: no footnotes here
    images: bool = False
    shown: set[str] = set()  # images seen so far, as paths inside the course folder


def read_markdown(folder: Folder, path: str) -> list[Token] | None:
    """The tokens of a Markdown file without its raw HTML blocks, each of which is a fault.

    ``None`` when the file cannot be read, which is a fault too.
    """
    faults = folder.faults(path)
    source = folder.read(path)
    if source is None:
        return None
    if markdown.table_cells(source) > MOST_CELLS:
        faults.refuse(1, f"the tables have more than {MOST_CELLS:,} cells")
        return None
    tokens = markdown.parse(source)
    for token in tokens:
        if token.type == "html_block":
            faults.refuse(line_of(token), _RAW_HTML)
        elif token.nesting == 1 and token.level >= markdown.MOST_NESTING - 1:
            faults.refuse(line_of(token), "lists or quotes are nested too deeply")
    return [token for token in tokens if token.type != "html_block"]


_NO_MARK = re.compile(r"\[\^[^\[\]]*+\]")
_RAW_HTML = "raw HTML; use Markdown, or write \\< for the sign itself"


def check_inline(tokens: Iterable[tuple[int, Token]], place: Place) -> None:
    """Check inline tokens, each with its line, and give links and images their placeholders."""
    for line, token in tokens:
        if token.type == "html_inline":
            place.faults.refuse(line, _RAW_HTML)
        elif token.type == "text" and (mark := _NO_MARK.search(token.content)):
            place.faults.refuse(line, f"no footnote mark, as it has a space: {quoted(mark[0])}")
        elif token.type == "link_open":
            _check_link(line, token, place)
        elif token.type == "image":
            _check_image(line, token, place)
        elif token.type == "footnote_ref":
            _check_mark(line, token.meta["label"], place)


def _check_link(line: int, token: Token, place: Place) -> None:
    href = str(token.attrs.get("href", ""))
    shown = quoted(unquote(href))
    scheme, _, rest = href.partition(":")
    if scheme == "lesson" and rest:
        token.attrs["href"] = f"#lesson:{rest}"
        if place.components is not None and rest not in place.components:
            place.faults.refuse(line, f"the link {shown} leads to no component of this course")
    elif href.startswith("#"):
        if anchor := place.anchors.get(unquote(href[1:])):
            token.attrs["href"] = f"#{anchor}"
        else:
            place.faults.refuse(line, f"the link {shown} leads to no heading of this file")
    elif href.lower().startswith("http:"):
        place.faults.refuse(line, f"the link {shown} is not safe; use https:")
    elif not markdown.is_external(href):
        place.faults.refuse(
            line, f"the link {shown} leads nowhere; use lesson:id, https:, mailto: or tel:"
        )


def _check_image(line: int, token: Token, place: Place) -> None:
    written = unquote(str(token.attrs.get("src", "")))
    if not place.images:
        place.faults.refuse(line, "an image has no place here")
        return
    for child in token.children or []:
        if child.type in {"html_inline", "footnote_ref"}:
            place.faults.refuse(line, "the alt text of an image is words only")
    if not markdown.plain(token.children):
        place.faults.refuse(line, f"the image {quoted(written)} has no alt text")
    if path := find_image(written, line, place):
        token.attrs["src"] = path


def find_image(written: str, line: int, place: Place) -> str | None:
    """The path in the course folder of the image *written* in a file, ``None`` after a fault."""
    if ":" in written or written.startswith("//"):
        place.faults.refuse(line, f"the image {quoted(written)} must be a file of the course")
        return None
    path = place.folder.find(written, place.base, place.faults, line)
    if path is None:
        return None
    if PurePosixPath(path).suffix.lower() not in IMAGES:
        known = ", ".join(kind.lstrip(".") for kind in IMAGES)
        place.faults.refuse(line, f"{quoted(path)} is not an image that can be shown ({known})")
        return None
    if not path.startswith("media/"):
        place.faults.refuse(line, f"put {quoted(path)} into the folder media/")
        return None
    place.shown.add(path)
    return path


def _check_mark(line: int, label: str, place: Place) -> None:
    if place.notes is None:
        place.faults.refuse(line, f"the footnote mark {quoted(f'[^{label}]')} has no place here")
    elif label not in place.notes:
        mark = quoted(f"[^{label}]")
        place.faults.refuse(line, f"the footnote mark {mark} has no entry in sources.md")


def check_headings(tokens: list[Token], doc: str, faults: FileFaults) -> dict[str, str]:
    """Check the order of the headings below the first level and give each its id.

    Args:
        doc: what the ids begin with, so that several lessons may stand on one page.

    Returns:
        What an author links to (``the-rule`` for ``## The rule``; a second one is
        ``the-rule-2``) to the id in the HTML.
    """
    anchors: dict[str, str] = {}
    counts: dict[str, int] = {}
    level = 1  # where the title is missing, that alone is the fault
    titles = headings = 0
    for place, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        above, level = level, int(token.tag[1])
        headings += 1
        if level == 1:
            titles += 1
            if titles > 1:
                faults.refuse(line_of(token), "a second heading with one #; a lesson has one")
            elif headings > 1:
                faults.refuse(line_of(token), "the heading with one # is not the first")
            continue
        if level > above + 1:
            faults.refuse(line_of(token), f"a heading of level {level} follows level {above}")
        slug = first = markdown.slug_of(markdown.plain(tokens[place + 1].children))
        while slug in anchors:
            counts[first] = counts.get(first, 1) + 1
            slug = f"{first}-{counts[first]}"
        anchors[slug] = token.attrs["id"] = f"{doc}_{slug}"
    if not titles:
        faults.refuse(1, "no heading with one #, which is the title of the lesson")
    return anchors


def line_of(token: Token) -> int:
    """The line, from 1, on which a block token begins."""
    return token.map[0] + 1 if token.map else 1
