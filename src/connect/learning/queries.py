"""What is recorded of a learner; rows are found only for their owner."""

from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.content import CourseContent
from connect.catalog.queries import content_of
from connect.db import engine, fetch, one
from connect.errors import NotFound
from connect.learning.answers import Given
from connect.learning.rules import Fact, Facts, Granted, accommodated
from connect.learning.tables import (
    OPEN,
    Answer,
    Attempt,
    Enrollment,
    Progress,
)
from connect.policy import Actor


def for_update(table: str = "enrollment") -> str:
    """The end of a SELECT that holds the rows of *table*, as ``db.locked`` does."""
    return "" if engine().engine_type == "sqlite" else f" FOR UPDATE OF {table}"


# By hand, as what is read on most requests: Piccolo words a statement for longer than it runs.
ENROLLMENTS = """
SELECT id, learner, course, version, state, last_component, enrolled_at, completed_at
FROM enrollment WHERE learner = {}
"""
ATTEMPT = """
SELECT a.id, a.enrollment, a.component, a.number, a.seed, a.questions, a.state, a.started_at,
  a.expires_at, a.submitted_at, a.score, a.result, e.version
FROM attempt a JOIN enrollment e ON e.id = a.enrollment WHERE a.id = {} AND e.learner = {}
"""


async def _enrollments(actor: Actor, rest: str, *args: Any) -> list[Enrollment]:
    rows = await fetch(f"{ENROLLMENTS} {rest}", actor.id, *args)
    return [Enrollment(**row, _exists_in_db=True) for row in rows]


async def enrollment_of(actor: Actor, enrollment_id: UUID, *, lock: bool = False) -> Enrollment:
    """The actor's own enrollment. With *lock*, nobody else changes it before the transaction ends.

    Raises:
        NotFound: no such enrollment, or it is somebody else's.
    """
    found = await _enrollments(actor, "AND id = {}" + (for_update() if lock else ""), enrollment_id)
    if not found:
        raise NotFound
    return found[0]


async def open_enrollment(actor: Actor, course: UUID) -> Enrollment | None:
    """The actor's enrollment in *course* that is not ended."""
    found = await _enrollments(actor, "AND course = {} AND state IN ({}, {})", course, *OPEN)
    return found[0] if found else None


async def latest_enrollment(actor: Actor, course: UUID) -> Enrollment | None:
    """The actor's newest enrollment in *course*, ended or not."""
    found = await _enrollments(actor, "AND course = {} ORDER BY enrolled_at DESC LIMIT 1", course)
    return found[0] if found else None


async def enrollments_in(actor: Actor, courses: list[UUID]) -> list[Enrollment]:
    """The actor's newest enrollment in each of *courses*."""
    marks = ", ".join(["{}"] * len(courses))
    rows = await _enrollments(actor, f"AND course IN ({marks}) ORDER BY id", *courses)
    return list({row.course: row for row in rows}.values())


async def enrollments_of(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[Enrollment]:
    """The actor's enrollments, newest first, one more than *limit* when there are more."""
    order = "ORDER BY id DESC LIMIT {}"
    if before:
        return await _enrollments(actor, f"AND id < {{}} {order}", before, limit + 1)
    return await _enrollments(actor, order, limit + 1)


GRANTED = """
SELECT extra_time_percent, more_attempts, no_time_limit FROM accommodation WHERE enrollment = {}
"""
FACTS = """
SELECT p.enrollment, p.component, p.seconds, p.last_at, p.done_at, NULL AS score, 0 AS ended
FROM progress p WHERE p.enrollment IN ({marks})
UNION ALL
SELECT a.enrollment, a.component, 0, NULL, NULL, max(a.score), count(*)
FROM attempt a WHERE a.enrollment IN ({marks}) AND a.state <> 'open'
GROUP BY a.enrollment, a.component
"""


async def facts_of(enrollments: list[UUID]) -> dict[UUID, Facts]:
    """What is recorded of each component of each enrollment, in one query."""
    if not enrollments:
        return {}
    marks = ", ".join(["{}"] * len(enrollments))
    rows = await fetch(FACTS.replace("{marks}", marks), *enrollments, *enrollments)
    found: dict[UUID, dict[str, dict[str, Any]]] = {e: {} for e in enrollments}
    for row in rows:
        fact = found[UUID(str(row["enrollment"]))].setdefault(row["component"], {})
        if row["ended"]:
            fact |= {"attempts": row["ended"], "best": row["score"]}
        else:
            fact |= {
                "seconds": row["seconds"],
                "opened": True,
                "done": row["done_at"] is not None,
            }
    return {e: {c: Fact(**fact) for c, fact in facts.items()} for e, facts in found.items()}


async def granted_in(enrollment: UUID) -> Granted | None:
    """What staff granted for one enrollment."""
    rows = await fetch(GRANTED, enrollment)
    return msgspec.convert(rows[0], Granted, strict=False) if rows else None


async def standing(enrollment: Enrollment) -> tuple[CourseContent, Facts]:
    """An enrollment's course content, with the limits that this learner has, and what is
    recorded of it."""
    granted = await granted_in(enrollment.id)
    content = accommodated(await content_of(enrollment.version), granted)
    return content, (await facts_of([enrollment.id]))[enrollment.id]


async def progress_of(enrollment: UUID, component: str) -> Progress:
    """The row of one component, made when there is none; in the caller's transaction."""
    await Progress.insert(Progress(enrollment=enrollment, component=component)).on_conflict(
        target=(Progress.enrollment, Progress.component), action="DO NOTHING"
    )
    return await one(
        Progress.objects().where(Progress.enrollment == enrollment, Progress.component == component)
    )


async def attempt_of(actor: Actor, attempt_id: UUID, *, lock: bool = False) -> Attempt:
    """The actor's own attempt. With *lock*, nobody else changes it before the transaction ends.

    Raises:
        NotFound: no such attempt, or it is somebody else's.
    """
    return (await attempt_and_version(actor, attempt_id, lock=lock))[0]


async def attempt_and_version(
    actor: Actor, attempt_id: UUID, *, lock: bool = False
) -> tuple[Attempt, UUID]:
    """The same, and the course version that it belongs to, in one query."""
    held = for_update("a") if lock else ""
    rows = await fetch(ATTEMPT + held, attempt_id, actor.id)
    if not rows:
        raise NotFound
    version = rows[0].pop("version")
    return Attempt(**rows[0], _exists_in_db=True), version


async def attempts_at(enrollment: UUID, component: str) -> list[Attempt]:
    """All attempts at one quiz, oldest first."""
    return (
        await Attempt.objects()
        .where(Attempt.enrollment == enrollment, Attempt.component == component)
        .order_by(Attempt.number)
    )


async def answers_to(attempt: UUID) -> dict[str, Any]:
    """Saved answers: question id → ``{given, saved_at}``."""
    rows = await Answer.select(Answer.question, Answer.given, Answer.saved_at).where(
        Answer.attempt == attempt
    )
    return {
        r["question"]: {
            "given": msgspec.json.decode(r["given"], type=Given),
            "saved_at": r["saved_at"],
        }
        for r in rows
    }
