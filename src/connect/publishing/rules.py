"""Whom a new version of a course concerns."""

import msgspec

from connect.catalog.content import Change


class Concerned(msgspec.Struct, frozen=True):
    """The people of a course on the day on which a version of it is looked at."""

    change: Change
    under_way: int  # enrollments that are open, in whichever version
    completed: int  # completions, all cycles


_WHOM = {
    Change.MINOR: "A minor change. Whoever is under way finishes the version they began.",
    Change.NEW_LEARNERS: "For new learners. Whoever is under way finishes the version they began.",
    Change.EVERYONE: "For everyone. Whoever is under way began an older version.",
}


def words(concerned: Concerned) -> str:
    """What publishing means for them, in a few sentences. No completion is ever altered."""
    kept = "Completions stand as they are."
    numbers = f"Under way: {concerned.under_way:,}. Completed: {concerned.completed:,}."
    return f"{_WHOM[concerned.change]} {kept} {numbers}"
