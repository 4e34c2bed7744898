"""What a check found: each fault with its file, its line, and what to do about it."""

import json
from datetime import date, datetime

import msgspec


class Fault(msgspec.Struct, frozen=True, order=True):
    """One finding. A warning does not keep a course from being published."""

    path: str  # from the folder that holds the courses folder: courses/slug/course.toml
    line: int  # from 1; 1 also where the whole file is meant
    message: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.message}"


class FileFaults:
    """Where the checks of one file put what they find."""

    def __init__(self, path: str, found: list[Fault]) -> None:
        self._path = path
        self._found = found

    def refuse(self, line: int, message: str) -> None:
        self._found.append(Fault(self._path, line, message))

    def warn(self, line: int, message: str) -> None:
        self._found.append(Fault(self._path, line, message, warning=True))


def quoted(text: str, most: int = 60) -> str:
    """*text* in quotation marks on one line, cut after *most* characters.

    Control characters and undecodable bytes are written as escapes, so a message can be
    printed on any terminal.
    """
    text = text if len(text) <= most else text[:most] + "…"
    shown = json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in shown)


def found_kind(value: object) -> str:
    """What an author calls the kind of a TOML value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    names: list[tuple[type, str]] = [
        (str, "text"),
        (int, "a whole number"),
        (float, "a number with a fraction"),
        (datetime, "a day with a time"),
        (date, "a day"),
        (list, "a list"),
        (dict, "a table"),
    ]
    return next((name for kind, name in names if isinstance(value, kind)), "a time")
