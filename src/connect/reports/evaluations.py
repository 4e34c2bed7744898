"""The evaluations of a course, read and counted."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.evaluations import Wording
from connect.catalog.queries import content_of, current_version
from connect.db import fetch
from connect.reports.gain import Gain
from connect.reports.gains import knowledge_gain
from connect.reports.opinions import (
    DEFINITION,
    Part,
    Person,
    Question,
    asked_in,
    question_of,
    sizes,
    too_few,
)
from connect.reports.withholding import whole_days

RESPONSES = """
SELECT r.day, r.discipline, r.state, r.marks, r.texts, e.learner, v.number
FROM evaluation_response r JOIN enrollment e ON e.id = r.enrollment
JOIN course_version v ON v.id = e.version WHERE e.course = {} ORDER BY r.day, r.id
"""
VERSIONS = "SELECT id, number FROM course_version WHERE course = {} ORDER BY number DESC"
EVALUATED = """
SELECT k.slug, v.title FROM course k JOIN course_version v ON v.course = k.id AND v.is_current
WHERE k.id IN (SELECT e.course FROM enrollment e JOIN evaluation_response r ON r.enrollment = e.id)
OR k.id IN (SELECT e.course FROM enrollment e JOIN attempt a ON a.enrollment = e.id)
ORDER BY v.title, k.slug
"""


class Evaluations(msgspec.Struct, kw_only=True):
    """What learners think of one course. Without numbers of fewer than five people."""

    course: str
    title: str
    since: date = msgspec.field(name="from")
    until: date = msgspec.field(name="to")
    version: int | None
    definition: str
    n: int | None  # people; None: withheld
    withheld: bool
    left_out: bool  # whether somebody in the period is not counted, so that no difference tells
    by: dict[str, list[Part]]  # how many people in each group; empty where groups are not told
    questions: list[Question]
    gain: Gain


async def evaluations(
    slug: str, since: date, until: date, *, version: int | None = None
) -> Evaluations:
    """What learners think of a course, and what they learned, in a period.

    Raises:
        NotFound: there is no such course.
    """
    current = await current_version(slug)
    versions = await fetch(VERSIONS, current.course)
    everybody = await _people(current.course)
    in_period = [person for person in everybody if since <= person.day <= until]
    whole = whole_days([person.day for person in everybody], since, until)
    people = [person for person in everybody if person.day in whole]
    groups = len(people) == len(everybody)
    name = str(version) if version else ""
    asked = asked_in(await _wordings(versions))
    by = sizes(people) if groups else {}
    n = _size(people, by, name)
    return Evaluations(
        course=slug,
        title=current.title,
        since=since,
        until=until,
        version=version,
        definition=DEFINITION,
        n=n,
        withheld=n is None,
        left_out=len(people) < len(in_period),
        by={} if version or n is None else by,
        questions=[
            question_of(
                ask, [p for p in everybody if p.cell[0] in askers], since, until, version=name
            )
            for ask, askers in asked.values()
            if not name or name in askers
        ],
        gain=await knowledge_gain(current.course, versions, since, until),
    )


def _size(people: list[Person], by: dict[str, list[Part]], version: str) -> int | None:
    if not version:
        return None if too_few(people) else len(people)
    return next((part.n for part in by.get("version", []) if part.value == version), None)


async def _people(course: UUID) -> list[Person]:
    rows = await fetch(RESPONSES, course)
    latest: dict[Any, dict[str, Any]] = {row["learner"]: row for row in rows}
    return [
        Person(
            (str(row["number"]), row["discipline"], row["state"]),
            _day(row["day"]),
            msgspec.json.decode(row["marks"], type=dict[str, list[str]]),
            msgspec.json.decode(row["texts"], type=dict[str, str]),
        )
        for row in latest.values()
    ]


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


async def _wordings(versions: list[dict[str, Any]]) -> dict[str, Wording]:
    found = {}
    for row in versions:
        content = await content_of(UUID(str(row["id"])))
        evaluation = next((c.evaluation for c in content.components if c.evaluation), None)
        if evaluation:
            found[str(row["number"])] = evaluation.worded(content.language)[1]
    return found


async def evaluated_courses() -> list[tuple[str, str]]:
    """Courses that have anything to tell: slug and title, by title."""
    return [(row["slug"], row["title"]) for row in await fetch(EVALUATED)]
