"""Enrolling many people in a course because it was assigned to them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from connect import clock
from connect.audit import record_many
from connect.catalog.content import CourseContent, OpenTo
from connect.catalog.queries import content_of, current_version
from connect.db import fetch, placeholders
from connect.learning import rules
from connect.learning.tables import Enrollment
from connect.policy import SYSTEM

AT_ONCE = 500  # people in one statement
PEOPLE = """
SELECT id, discipline, title, time_zone, verified_at, reverify_since FROM account
WHERE id IN ({marks})
"""
WORK = """
SELECT f.account, f.discipline, f.title, f.since, f.until, g.kind
FROM affiliation f JOIN agency g ON g.id = f.agency WHERE f.account IN ({marks})
"""
FAILED = """
SELECT e.learner FROM enrollment e WHERE e.course = {} AND e.state = 'failed'
  AND e.learner IN ({marks}) AND NOT EXISTS (
    SELECT 1 FROM enrollment o WHERE o.learner = e.learner AND o.course = e.course
    AND o.enrolled_at > e.enrolled_at)
"""
USED_UP = "All attempts at the test of this course are used up."


async def faults_of(people: Sequence[UUID], slug: str) -> dict[UUID, str]:
    """By which rule each of *people* may not begin a course now, in words to them; only those."""
    version = await current_version(slug)
    content = await content_of(version.id)
    found: dict[UUID, str] = {}
    for first in range(0, len(people), AT_ONCE):
        some = list(people[first : first + AT_ONCE])
        marks = placeholders(some)
        if content.access is not OpenTo.PUBLIC:
            found |= await _shut_out(some, marks, content)
        for row in await fetch(FAILED.replace("{marks}", marks), version.course, *some):
            found.setdefault(row["learner"], USED_UP)
    return found


async def _shut_out(some: list[UUID], marks: str, content: CourseContent) -> dict[UUID, str]:
    now = clock.now()
    work: dict[UUID, list[dict[str, Any]]] = {}
    for row in await fetch(WORK.replace("{marks}", marks), *some):
        work.setdefault(row["account"], []).append(row)
    found = {}
    for row in await fetch(PEOPLE.replace("{marks}", marks), *some):
        today = clock.day_in(row["time_zone"], now)
        here = [
            w
            for w in work.get(row["id"], ())
            if w["since"] <= today and (w["until"] is None or w["until"] >= today)
        ]
        standing = rules.Standing(
            verified=row["verified_at"] is not None,
            ran_out=row["reverify_since"] is not None,
            disciplines=frozenset(w["discipline"] for w in [row, *here] if w["discipline"]),
            agency_kinds=frozenset(w["kind"] for w in here),
            titles=frozenset(w["title"] for w in [row, *here] if w["title"]),
        )
        if fault := rules.access_fault(content.access, standing):
            found[row["id"]] = fault
    return found


async def enroll_many(people: Sequence[UUID], slug: str) -> set[UUID]:
    """Enroll *people*, who may begin the course, in the caller's transaction; whom anew.

    Who is enrolled stays so.
    """
    version = await current_version(slug)
    rows = [Enrollment(learner=p, course=version.course, version=version.id) for p in people]
    made: set[UUID] = set()
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        new = await Enrollment.insert(*some).on_conflict(action="DO NOTHING")
        made |= {row["id"] for row in new}
    await record_many(SYSTEM, Enrollment, [(one, "enrollment.opened") for one in made])
    return {row.learner for row in rows if row.id in made}
