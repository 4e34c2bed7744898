"""A learner's completions of one course, and what the next cycle has to hold."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.audit import record
from connect.catalog.content import CourseContent
from connect.catalog.queries import content_of
from connect.catalog.tables import CourseVersion
from connect.db import fetch
from connect.errors import Conflict
from connect.learning import changes
from connect.learning.changes import Difference
from connect.learning.rules import expires_on
from connect.learning.tables import CarriedComponent, Enrollment
from connect.policy import Actor

LAST = """
SELECT m.id, m.day, e.version, v.number, k.number AS certificate, k.status
FROM completion m JOIN enrollment e ON e.id = m.enrollment
JOIN course_version v ON v.id = e.version JOIN certificate k ON k.id = m.certificate
WHERE m.learner = {} AND e.course = {} ORDER BY m.completed_at DESC, m.id DESC LIMIT 1
"""
SINCE = """
SELECT id FROM course_version WHERE course = {} AND number > {} AND number <= {} ORDER BY number
"""
ENDED = ("revoked", "expired")  # a certificate of which nothing is carried over


class NoShortCycle(Conflict):
    message = (
        "There is no short way through this course for you: it needs a completion that counts, "
        "and a newer version whose author asks everyone to do the new part."
    )


class Earlier(msgspec.Struct, frozen=True):
    """The last completion of a course, and what changed since."""

    completion: UUID
    day: date
    version: int
    certificate: str
    expires_on: date | None  # the first day on which it does not count any more
    differences: list[Difference]
    carried: list[str]  # components that a short cycle leaves out; empty: there is none
    minutes: int  # contact minutes of the next cycle, the short one where there is one


async def last_completion(actor: Actor, course: UUID) -> dict[str, Any] | None:
    """The actor's last completion of *course*: id, day, version, number, certificate, status."""
    rows = await fetch(LAST, actor.id, course)
    return rows[0] if rows else None


async def earlier(actor: Actor, current: CourseVersion) -> Earlier | None:
    """The actor's last completion of a course beside its *current* version; None without one.

    A short cycle is offered while the completion counts: what has ended is taken whole.
    """
    last = await last_completion(actor, current.course)
    if last is None:
        return None
    old, new = await content_of(last["version"]), await content_of(current.id)
    ends = expires_on(last["day"], old.valid_months)
    today = clock.day_in(actor.time_zone, clock.now())
    counts = last["status"] not in ENDED and (ends is None or ends > today)
    since = await contents_since(current, last["number"]) if counts else []
    over = changes.carried(old, new) if changes.is_short_enough(old, since) else []
    return Earlier(
        completion=last["id"],
        day=last["day"],
        version=last["number"],
        certificate=last["certificate"],
        expires_on=ends,
        differences=changes.differences(old, new),
        carried=over,
        minutes=changes.taken_minutes(new, over),
    )


async def contents_since(current: CourseVersion, number: int) -> list[CourseContent]:
    """The versions of a course after *number*, up to the *current* one, in order."""
    rows = await fetch(SINCE, current.course, number, current.number)
    return [await content_of(row["id"]) for row in rows]


async def carry_over(actor: Actor, enrollment: Enrollment, version: CourseVersion) -> None:
    """Leave out of a new enrollment what has not changed, in the caller's transaction.

    Raises:
        NoShortCycle: the course has none for the actor.
    """
    before = await earlier(actor, version)
    if before is None or not before.carried:
        raise NoShortCycle
    for component in before.carried:
        await CarriedComponent.insert(
            CarriedComponent(
                enrollment=enrollment.id, component=component, completion=before.completion
            )
        )
    await record(
        actor,
        "enrollment.shortened",
        Enrollment,
        of=enrollment.id,
        completion=before.completion,
        carried=before.carried,
    )
