"""Leaving a course before its end."""

from uuid import UUID

from connect.audit import record
from connect.db import transaction
from connect.errors import Conflict
from connect.learning import rules
from connect.learning.actions import EnrollmentEnded
from connect.learning.queries import attempts_at, enrollment_of, standing
from connect.learning.requirements import GRADED
from connect.learning.tables import OPEN, Enrollment, EnrollmentState
from connect.policy import Actor, Permission


class AttemptsBegun(Conflict):
    message = (
        "You have begun {title!r}, which allows {most} attempts, so this enrollment stays. Go on "
        "with it, or write to the help address."
    )


async def withdraw_enrollment(actor: Actor, enrollment_id: UUID) -> None:
    """End the actor's own open enrollment; what was recorded stays. Done again, it does nothing.

    Raises:
        NotFound: no such enrollment, or somebody else's.
        EnrollmentEnded: it has ended in another way.
        AttemptsBegun: enrolling again would give used attempts back.
    """
    actor.must(Permission.LEARN)
    async with transaction():
        enrollment = await enrollment_of(actor, enrollment_id, lock=True)
        if enrollment.state == EnrollmentState.WITHDRAWN:
            return
        if enrollment.state not in OPEN:
            raise EnrollmentEnded
        content, facts = await standing(enrollment)
        for component in content.components:
            quiz = component.quiz
            if quiz is None or not quiz.max_attempts or quiz.purpose not in GRADED:
                continue
            done = facts.get(component.id, rules.NOTHING).done
            if not done and await attempts_at(enrollment.id, component.id):
                raise AttemptsBegun(title=component.title, most=quiz.max_attempts)
        enrollment.state = EnrollmentState.WITHDRAWN
        await enrollment.save([Enrollment.state])
        await record(actor, "enrollment.withdrawn", Enrollment, of=enrollment.id)
