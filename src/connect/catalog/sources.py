"""The footnotes of a course: what its lessons state as law or fact, and where it stands."""

import re
from collections.abc import Set
from datetime import date

from markdown_it.token import Token

from connect.catalog import markdown
from connect.catalog.faults import FileFaults, quoted
from connect.catalog.folder import Folder
from connect.catalog.markdown_check import Place, check_inline, line_of, read_markdown

SOURCES = "sources.md"

_DAY = re.compile(
    r"\bchecked\b[^\d\n]{0,20}(\d{4}-\d\d-\d\d)\b|\b(\d{4}-\d\d-\d\d)[\s.)]*+\Z", re.IGNORECASE
)


def read_sources(folder: Folder, components: Set[str] | None) -> dict[str, list[Token]]:
    """The entries of ``sources.md``: label to the tokens of the text. No file, no entries.

    An entry is ``[^label]:``, a citation, and the day on which somebody last checked it, as
    in ``Checked 2026-05-01.`` Other text in the file is for its readers only.
    """
    if SOURCES not in folder.files:
        return {}
    folder.used.add(SOURCES)
    faults = folder.faults(SOURCES)
    tokens = read_markdown(folder, SOURCES) or []
    check_inline(markdown.inline_tokens(tokens), Place(folder, "", faults, components))
    entries: dict[str, list[Token]] = {}
    lines: dict[str, int] = {}
    inside: list[str] = []
    for token in tokens:
        if token.type == "footnote_reference_open":
            label = token.meta["label"]
            if label in entries:
                faults.refuse(line_of(token), f"the id {quoted(label)} is used twice")
            if inside:
                faults.refuse(line_of(token), f"the entry {quoted(label)} is inside another")
            inside.append(label)
            entries[label] = []
            lines[label] = line_of(token)
        elif token.type == "footnote_reference_close":
            inside.pop()
        elif inside:
            entries[inside[-1]].append(token)
    for label, body in entries.items():
        _check_entry(label, body, lines[label], faults)
    return entries


def _check_entry(label: str, tokens: list[Token], line: int, faults: FileFaults) -> None:
    text = " ".join(markdown.plain(token.children) for token in tokens if token.children)
    days = list(_DAY.finditer(text))
    citation = _DAY.sub("", text)
    if not any(letter.isalnum() for letter in citation):
        faults.refuse(line, f"the entry {quoted(label)} has no citation")
    if not days:
        faults.refuse(
            line, f"the entry {quoted(label)} has no day of checking; add: Checked 2026-05-01."
        )
    for day in days:
        try:
            date.fromisoformat(day[1] or day[2])
        except ValueError:
            faults.refuse(line, f"the entry {quoted(label)} was checked on no day that exists")
