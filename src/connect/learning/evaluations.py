"""The evaluation of a course: what is asked at its end, and handing it in."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.queries import account_of
from connect.audit import record
from connect.catalog.content import CourseContent
from connect.catalog.evaluations import EVALUATION, Evaluation
from connect.db import transaction
from connect.errors import Conflict, Invalid, NotFound
from connect.learning import evaluation_rules as rules
from connect.learning.actions import (
    EnrollmentEnded,
    complete_if_met,
    component_in,
    must_be_unlocked,
)
from connect.learning.queries import enrollment_of, progress_of, standing
from connect.learning.tables import OPEN, Enrollment, EvaluationResponse, Progress
from connect.policy import Actor, Permission


class AlreadyGiven(Conflict):
    message = "Your view of this course is in already, and it counts once. Thank you."


def evaluation_in(content: CourseContent) -> Evaluation:
    """What a course asks at its end.

    Raises:
        NotFound: it asks for nothing.
    """
    found = component_in(content, EVALUATION).evaluation
    if found is None:
        raise NotFound
    return found


async def is_given(enrollment: UUID) -> bool:
    """Whether the evaluation of an enrollment is in."""
    return await EvaluationResponse.exists().where(EvaluationResponse.enrollment == enrollment)


async def give_evaluation(
    actor: Actor, enrollment_id: UUID, answers: Mapping[str, rules.Value]
) -> Enrollment:
    """Hand in the evaluation of a course; as the last missing fact it completes the course.

    The trail tells that it was done and nothing of what was answered, since auditors read it
    with names. Field and state are kept as they were on the day, for the groups of a report.

    Args:
        answers: question id → a step of its scale, the id of a choice, ids, or own words.

    Raises:
        NotFound: no such enrollment of the actor, or its course asks for no evaluation.
        AlreadyGiven, EnrollmentEnded, ComponentLocked: it is not its turn.
        Invalid: every question whose answer needs another look.
    """
    actor.must(Permission.LEARN)
    async with transaction():
        enrollment = await enrollment_of(actor, enrollment_id, lock=True)
        content, facts = await standing(enrollment)
        evaluation = evaluation_in(content)
        if await is_given(enrollment.id):
            raise AlreadyGiven
        if enrollment.state not in OPEN:
            raise EnrollmentEnded
        must_be_unlocked(content, facts, component_in(content, EVALUATION))
        asked = evaluation.wordings[evaluation.language].questions
        view, faults = rules.read(asked, answers)
        if faults:
            raise Invalid(faults)
        account = await account_of(actor)
        now = clock.now()
        await EvaluationResponse.insert(
            EvaluationResponse(
                enrollment=enrollment.id,
                day=clock.day_in(account.time_zone, now),
                discipline=account.discipline,
                state=account.state,
                marks=msgspec.json.encode(view.marks).decode(),
                texts=msgspec.json.encode(view.texts).decode(),
            )
        )
        row = await progress_of(enrollment.id, EVALUATION)
        await Progress.update({Progress.done_at: now}).where(Progress.id == row.id)
        await record(actor, "evaluation.given", Enrollment, of=enrollment.id)
        await complete_if_met(actor, enrollment)
    return enrollment
