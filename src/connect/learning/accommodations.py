"""Accommodations: more time, more attempts, no time limit, for one person in one enrollment."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from connect import clock
from connect.audit import record
from connect.catalog.content import CourseContent, Purpose
from connect.db import locked, one, transaction
from connect.errors import Invalid
from connect.learning import rules
from connect.learning.queries import standing
from connect.learning.tables import (
    OPEN,
    Accommodation,
    Attempt,
    AttemptState,
    Enrollment,
    EnrollmentState,
)
from connect.policy import Actor, Permission

MOST_PERCENT, MOST_ATTEMPTS = 400, 20
NO_REASON = "Write why; only staff will see it."


async def accommodate(
    actor: Actor, enrollment_id: UUID, granted: rules.Granted, *, private_reason: str
) -> None:
    """Grant *granted* and nothing else; an attempt under way gets its time, a failed test opens.

    Args:
        private_reason: for staff only; the learner and the trail never tell it.

    Raises:
        NotFound: no such enrollment.
        Invalid: something is granted without a reason.
    """
    actor.must(Permission.ACCOMMODATE)
    if granted != rules.Granted() and not private_reason.strip():
        raise Invalid({"private_reason": NO_REASON})
    async with transaction():
        enrollment = await one(locked(Enrollment.objects().where(Enrollment.id == enrollment_id)))
        row = Accommodation(
            enrollment=enrollment.id,
            extra_time_percent=granted.extra_time_percent,
            more_attempts=granted.more_attempts,
            no_time_limit=granted.no_time_limit,
            private_reason=private_reason.strip(),
            made_by=actor.id,
            made_at=clock.now(),
        )
        await Accommodation.delete().where(Accommodation.enrollment == enrollment.id)
        await Accommodation.insert(row)
        content, facts = await standing(enrollment)
        await _lengthen(enrollment, content)
        opened = await _open_again(enrollment, content, facts)
        await record(
            actor,
            "enrollment.accommodated",
            Enrollment,
            of=enrollment.id,
            extra_time_percent=granted.extra_time_percent,
            more_attempts=granted.more_attempts,
            no_time_limit=granted.no_time_limit,
            reason_given=bool(private_reason.strip()),
            opened_again=opened,
        )


async def _lengthen(enrollment: Enrollment, content: CourseContent) -> None:
    """Give attempts under way their time; none gets less than it was told."""
    quizzes = {c.id: c.quiz for c in content.components}
    for attempt in await Attempt.objects().where(
        Attempt.enrollment == enrollment.id, Attempt.state == AttemptState.OPEN
    ):
        quiz = quizzes.get(attempt.component)
        if quiz is None or attempt.expires_at is None:
            continue
        until = attempt.started_at + timedelta(minutes=quiz.time_limit_minutes)
        attempt.expires_at = max(until, attempt.expires_at) if quiz.time_limit_minutes else None
        await attempt.save([Attempt.expires_at])


async def _open_again(enrollment: Enrollment, content: CourseContent, facts: rules.Facts) -> bool:
    """Let a learner go on whose attempts were used up, if there are some now."""
    if enrollment.state != EnrollmentState.FAILED:
        return False
    for component in content.components:
        fact = facts.get(component.id, rules.NOTHING)
        graded = component.quiz and component.quiz.purpose in (Purpose.POST, Purpose.FINAL)
        if not (component.quiz and graded and component.required) or fact.done:
            continue
        if rules.attempts_left(component.quiz, fact.attempts, fact.reopened) == 0:
            return False
    others = Enrollment.count().where(
        Enrollment.learner == enrollment.learner,
        Enrollment.course == enrollment.course,
        Enrollment.state.is_in(OPEN),
    )
    if await others:
        return False
    enrollment.state = EnrollmentState.IN_PROGRESS
    await enrollment.save([Enrollment.state])
    return True


async def accommodations_of(actor: Actor, enrollment_id: UUID) -> tuple[Enrollment, dict[str, Any]]:
    """An enrollment as staff see it, and what is granted in it, with the private reason.

    Raises:
        NotFound: no such enrollment.
    """
    actor.must(Permission.ACCOMMODATE)
    enrollment = await one(Enrollment.objects().where(Enrollment.id == enrollment_id))
    row = await Accommodation.objects().where(Accommodation.enrollment == enrollment_id).first()
    names = ("extra_time_percent", "more_attempts", "no_time_limit", "private_reason")
    return enrollment, {name: getattr(row, name) for name in names} if row else {}
