"""The wording of a quiz file, to be changed without touching anything else in it."""

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from connect.catalog.toml_lines import Path, texts_of

# What a question, a choice, an item or a pair says; its keys, ids and numbers are not wording.
_WORDED = {"text", "feedback", "alt", "left", "right"}


class Wording(msgspec.Struct, frozen=True):
    name: str  # where it stands, as one word: "questions.0.choices.1.text"
    text: str
    question: int | None  # place of its question, from 0; None for the title
    choice: int | None = None  # place in the list that the question holds
    key: str = "text"  # which of the keys of its table


class NotTheSame(Exception):
    """The new wording would change more than itself; nothing was made of it."""


def wordings(source: str) -> list[Wording]:
    """Every wording in a quiz, in the order of the file.

    Raises:
        tomllib.TOMLDecodeError: *source* is not TOML.
    """
    values = tomllib.loads(source)
    return [
        Wording(
            _name(path),
            str(_at(values, path)),
            path[1] if len(path) > 1 and isinstance(path[1], int) else None,
            path[3] if len(path) == 5 and isinstance(path[3], int) else None,
            str(path[-1]),
        )
        for path in texts_of(source)
        if path == ("title",) or (path[0] == "questions" and path[-1] in _WORDED)
    ]


def reworded(source: str, texts: Mapping[str, str]) -> str:
    """*source* with other words; comments, order and spaces stay.

    Args:
        texts: name of a ``Wording`` to its new text; names that *source* does not hold, and
            texts that are the same, change nothing.

    Raises:
        NotTheSame: never seen; the result is read again and compared before it is given.
    """
    expected = tomllib.loads(source)
    known = {wording.name: wording.text for wording in wordings(source)}
    result = source
    for path, (start, end) in sorted(texts_of(source).items(), key=lambda one: -one[1][0]):
        name = _name(path)
        if name in known and name in texts and texts[name] != known[name]:
            result = result[:start] + _literal(texts[name]) + result[end:]
            _at(expected, path[:-1])[path[-1]] = texts[name]
    if tomllib.loads(result) != expected:
        raise NotTheSame
    return result


def _name(path: Path) -> str:
    return ".".join(str(part) for part in path)


def _at(values: Any, path: Path) -> Any:
    for part in path:
        values = values[part]
    return values


def _literal(text: str) -> str:
    """*text* as a TOML value, over several lines when it has several."""
    escaped = "".join(
        f"\\u{ord(c):04x}" if (ord(c) < 32 and c not in "\n\t") or ord(c) == 127 else c
        for c in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"""\n{escaped}"""' if "\n" in text else f'"{escaped}"'
