"""Which files are translations, and which are older than their original."""

import hashlib
import re
from pathlib import Path

from connect.catalog.faults import quoted
from connect.catalog.folder import Folder
from connect.catalog.lesson_check import Surroundings
from connect.catalog.toml_reader import read_toml
from connect.catalog.toml_table import LANGUAGE, Table

TRANSLATIONS = "translations.toml"
DIGITS = 12  # of a SHA-256, enough to tell two states of one file apart
HEAD = """\
# What the original of each translation was when it was translated: the start of its SHA-256.
# Written by: connect translated
"""
_DIGEST = re.compile(rf"[0-9a-f]{{{DIGITS}}}")

# A clone writes original and translation within this time, in no order that means anything.
SAME_MOMENT = 2.0  # seconds


def translations_of(course: Surroundings, path: str) -> dict[str, str]:
    """The files beside *path* that carry a language before the suffix, by that language."""
    stem, suffix = path.rsplit(".", 1)
    found: dict[str, str] = {}
    for other in sorted(course.folder.files):
        if other.startswith(f"{stem}.") and other.endswith(f".{suffix}") and other != path:
            language = other[len(stem) + 1 : -len(suffix) - 1]
            if LANGUAGE.fullmatch(language):
                course.folder.used.add(other)
                found[language] = other
            if language == course.language:
                words = f"{quoted(language)} is the language of the course itself"
                course.folder.faults(other).refuse(1, words)
    return found


def read_made_of(course: Surroundings) -> Table | None:
    """Read ``translations.toml``, when there is one, into *course*."""
    if TRANSLATIONS not in course.folder.files:
        return None
    source = course.folder.read(TRANSLATIONS)
    table = read_toml(source, course.folder.faults(TRANSLATIONS)) if source is not None else None
    if table is None:
        return None
    rule = f"use the first {DIGITS} digits of the original's SHA-256"
    course.made_of = {
        path: table.text(path, pattern=_DIGEST, rule=rule)
        for path in table.keys()  # noqa: SIM118 -- a Table, not a dict
    }
    return table


def refuse_strangers(table: Table, course: Surroundings) -> None:
    """Refuse what ``translations.toml`` says of files that are no translations."""
    for path in course.made_of:
        parts = path.rsplit(".", 2)
        original = f"{parts[0]}.{parts[-1]}"
        if path not in course.folder.used or len(parts) < 3 or original not in course.folder.files:
            table.refuse(f"{quoted(path)} is no translation of this course", path)


def is_older(course: Surroundings, original: str, translation: str) -> bool:
    """Whether the original was changed since it was translated, as ``translations.toml`` tells.

    A translation that does not stand there is only warned of, by when the files were changed:
    a copy of the folder tells other times, and the same folder must give the same course.
    """
    made_of = course.made_of.get(translation)
    if made_of is None:
        changed = [course.folder.files[p].stat().st_mtime for p in (original, translation)]
        warned, older = changed[0] - changed[1] > SAME_MOMENT, False
    else:
        warned = older = made_of != _digest(course, original)
    if warned:
        words = f"the translation is older than its original {quoted(original)}"
        course.folder.faults(translation).warn(1, words)
    return older


def _digest(course: Surroundings, path: str) -> str:
    return hashlib.sha256(course.folder.files[path].read_bytes()).hexdigest()[:DIGITS]


def note_translated(folder: Path) -> list[str]:
    """Write down in ``translations.toml`` that the course's translations fit their originals now.

    Returns:
        The translations, by path inside the course folder.
    """
    course = Surroundings(Folder(folder, []), language="")
    found = {
        other: _digest(course, path)
        for path in sorted(course.folder.files)
        if path.endswith((".md", ".toml"))
        for other in translations_of(course, path).values()
    }
    if found:
        lines = [f'"{path}" = "{digest}"\n' for path, digest in sorted(found.items())]
        (folder / TRANSLATIONS).write_text(HEAD + "".join(lines))
    return sorted(found)
