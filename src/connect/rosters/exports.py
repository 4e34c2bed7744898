"""An agency's people as CSV: one line a person, four columns for each required course."""

from collections.abc import Iterable, Sequence
from typing import Any

from connect.csv_out import to_csv
from connect.rosters.queries import Person
from connect.rosters.rules import Required

COLUMNS = ("name", "title", "category", "supervisor", "since", "until", "shared", "state")
OF_COURSE = ("state", "completed_on", "certificate", "expires_on")


def people_csv(people: Iterable[Person], required: Sequence[Required]) -> str:
    """People as CSV. A course that is not asked of somebody leaves its columns empty."""
    columns = [*COLUMNS, *(f"{r.slug} {name}" for r in required for name in OF_COURSE)]
    return to_csv(columns, (_line(person, required) for person in people))


def _line(person: Person, required: Sequence[Required]) -> list[Any]:
    line: list[Any] = [person.name, person.title, person.category]
    line += ["yes" if person.is_supervisor else "no", person.since, person.until]
    line += ["yes" if person.consented else "no", person.state]
    standings = {s.required.course: s for s in person.courses}
    for course in required:
        found = standings.get(course.course)
        line += [getattr(found, name) if found else None for name in OF_COURSE]
    return line
