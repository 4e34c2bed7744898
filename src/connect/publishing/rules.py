"""Whom a new version of a course concerns, and which files a draft may change."""

from difflib import unified_diff

import msgspec

from connect.catalog.content import Change
from connect.catalog.folder import TEXT_LIMIT, TOML_LIMIT


class Concerned(msgspec.Struct, frozen=True):
    """The people of a course on the day on which a version of it is looked at."""

    change: Change
    under_way: int  # enrollments that are open, in whichever version
    completed: int  # completions, all cycles


_WHOM = {
    Change.MINOR: "A minor change. Whoever is under way finishes the version they began.",
    Change.NEW_LEARNERS: "For new learners. Whoever is under way finishes the version they began.",
    Change.EVERYONE: (
        "For everyone. Whoever is under way may go on with it; what has not changed stays done."
    ),
}


def words(concerned: Concerned) -> str:
    """What publishing means for them, in a few sentences. No completion is ever altered."""
    kept = "Completions stand as they are."
    numbers = f"Under way: {concerned.under_way:,}. Completed: {concerned.completed:,}."
    return f"{_WHOM[concerned.change]} {kept} {numbers}"


def is_text(path: str) -> bool:
    """Whether a file of a course is mended in the browser; media are not."""
    return path.endswith((".md", ".toml"))


def as_text(data: bytes) -> str:
    """The text of a stored file, as a form shows it and sends it back."""
    return plain_lines(data.decode("utf-8-sig"))


def plain_lines(text: str) -> str:
    """*text* with ``\\n`` between its lines, whatever a browser put there."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def text_limit(path: str) -> int:
    """Most bytes that a text file of a course may have."""
    return TOML_LIMIT if path.endswith(".toml") else TEXT_LIMIT


def line_diff(before: str, after: str) -> list[str]:
    """The lines that differ, each with ``+`` or ``-`` before it, and two around them."""
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return list(lines)[2:]
