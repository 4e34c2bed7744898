"""What is recorded of a learner; rows are found only for their owner."""

from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.content import CourseContent
from connect.catalog.queries import content_of
from connect.db import fetch, locked, one
from connect.learning.rules import Fact, Facts
from connect.learning.tables import (
    OPEN,
    Answer,
    Attempt,
    AttemptState,
    Completion,
    Enrollment,
    Progress,
)
from connect.policy import Actor

ENDED = [AttemptState.PASSED, AttemptState.FAILED, AttemptState.EXPIRED]


async def enrollment_of(actor: Actor, enrollment_id: UUID, *, lock: bool = False) -> Enrollment:
    """The actor's own enrollment. With *lock*, nobody else changes it before the transaction ends.

    Raises:
        NotFound: no such enrollment, or it is somebody else's.
    """
    query = Enrollment.objects().where(
        Enrollment.id == enrollment_id, Enrollment.learner == actor.id
    )
    return await one(locked(query, Enrollment) if lock else query)


async def open_enrollment(actor: Actor, course: UUID) -> Enrollment | None:
    """The actor's enrollment in *course* that is not ended."""
    return (
        await Enrollment.objects()
        .where(
            Enrollment.learner == actor.id,
            Enrollment.course == course,
            Enrollment.state.is_in(OPEN),
        )
        .first()
    )


async def latest_enrollment(actor: Actor, course: UUID) -> Enrollment | None:
    """The actor's newest enrollment in *course*, ended or not."""
    return (
        await Enrollment.objects()
        .where(Enrollment.learner == actor.id, Enrollment.course == course)
        .order_by(Enrollment.enrolled_at, ascending=False)
        .first()
    )


async def enrollments_in(actor: Actor, courses: list[UUID]) -> list[Enrollment]:
    """The actor's newest enrollment in each of *courses*."""
    rows = (
        await Enrollment.objects()
        .where(Enrollment.learner == actor.id, Enrollment.course.is_in(courses))
        .order_by(Enrollment.id)
    )
    return list({row.course: row for row in rows}.values())


async def enrollments_of(
    actor: Actor, *, before: UUID | None = None, limit: int
) -> list[Enrollment]:
    """The actor's enrollments, newest first, one more than *limit* when there are more."""
    query = Enrollment.objects().where(Enrollment.learner == actor.id)
    if before:
        query = query.where(Enrollment.id < before)
    return await query.order_by(Enrollment.id, ascending=False).limit(limit + 1)


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


async def standing(enrollment: Enrollment) -> tuple[CourseContent, Facts]:
    """An enrollment's course content, and what is recorded of it."""
    content = await content_of(enrollment.version)
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
    query = Attempt.objects().where(
        Attempt.id == attempt_id, Attempt.enrollment.learner == actor.id
    )
    return await one(locked(query, Attempt) if lock else query)


async def attempts_at(enrollment: UUID, component: str) -> list[Attempt]:
    """All attempts at one quiz, oldest first."""
    return (
        await Attempt.objects()
        .where(Attempt.enrollment == enrollment, Attempt.component == component)
        .order_by(Attempt.number)
    )


async def answers_to(attempt: UUID) -> dict[str, Any]:
    """Saved answers: question id → ``{choices, saved_at}``."""
    rows = await Answer.select(Answer.question, Answer.choices, Answer.saved_at).where(
        Answer.attempt == attempt
    )
    return {
        r["question"]: {
            "choices": msgspec.json.decode(r["choices"], type=list[str]),
            "saved_at": r["saved_at"],
        }
        for r in rows
    }


async def completion_of(enrollment: UUID) -> dict[str, Any] | None:
    """The completion of an enrollment with its certificate's number."""
    return (
        await Completion.select(
            Completion.completed_at,
            Completion.day,
            Completion.certificate.number.as_alias("number"),
        )
        .where(Completion.enrollment == enrollment)
        .first()
    )
