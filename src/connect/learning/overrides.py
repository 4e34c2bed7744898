"""Staff's word on an enrollment: a component is met, or a failed course is open again (R4)."""

from uuid import UUID

from connect import clock
from connect.accounts.queries import USABLE
from connect.accounts.tables import Account
from connect.audit import record
from connect.catalog.content import CourseContent
from connect.db import one, transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.learning import rules
from connect.learning.actions import complete_if_met
from connect.learning.queries import enrollment_for_staff, standing
from connect.learning.requirements import used_up
from connect.learning.tables import (
    OPEN,
    Attempt,
    AttemptState,
    Enrollment,
    EnrollmentState,
    Override,
    OverrideKind,
)
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission


class NotOneself(Forbidden):
    message = "Nobody does this in a course of one's own. Ask another course manager."


class HasEnded(Conflict):
    message = (
        "This enrollment has ended, and what it came to stands. Only one that is open, or that "
        "failed by a test, can be changed."
    )


class IsDone(Conflict):
    message = "This step is done already."


class NotFailed(Conflict):
    message = "This course did not fail by a test without attempts left. There is nothing to open."


class OtherIsOpen(Conflict):
    message = "This person has the same course open in a newer enrollment. Use that one."


class LearnerIsGone(Conflict):
    message = "The account of this learner is suspended, closed or joined with another one."


async def override(
    actor: Actor, enrollment_id: UUID, *, component: str | None, reason: str, evidence: str
) -> Enrollment:
    """Say that *component* is met; with none, open a failed course again.

    A component that is met counts as done, and the last one completes the course. A course that
    is open again has all attempts of the tests by which it failed anew. The learner is told.

    Raises:
        NotOneself, StepUpNeeded: who may not.
        NotFound: no such enrollment.
        Invalid: no reason, no evidence, or no such required component.
        HasEnded, IsDone, NotFailed, OtherIsOpen, LearnerIsGone: the state forbids it.
    """
    actor.must(Permission.OVERRIDE)
    actor.must_be_fresh()
    async with transaction():
        enrollment, account = await _held(actor, enrollment_id)
        content, facts = await standing(enrollment)
        _judge(content, component, reason, evidence)
        if account.status not in USABLE:
            raise LearnerIsGone
        if enrollment.state not in (*OPEN, EnrollmentState.FAILED):
            raise HasEnded
        if component and facts.get(component, rules.NOTHING).done:
            raise IsDone
        kind = OverrideKind.MET if component else OverrideKind.REOPENED
        names = [component] if component else used_up(content, facts)
        if not names or (kind is OverrideKind.REOPENED and enrollment.state in OPEN):
            raise NotFailed
        for name in names:
            row = Override(
                enrollment=enrollment.id,
                component=name,
                kind=kind,
                reason=reason.strip(),
                evidence=evidence.strip(),
                made_by=actor.id,
            )
            await Override.insert(row)
            await record(
                actor,
                f"override.{kind}",
                Enrollment,
                of=enrollment.id,
                override=row.id,
                component=name,
            )
        await _tell(account, content, names, reason, f"learning/{kind}_by_hand")
        await _renew_state(actor, enrollment)
        await complete_if_met(actor, enrollment)
    return enrollment


async def withdraw_override(
    actor: Actor, enrollment_id: UUID, *, component: str | None, reason: str
) -> Enrollment:
    """Take back that *component* is met; with none, that the course was opened again.

    Before a completion the component is open again. A completion that stands is not changed:
    what it was founded on is marked as withdrawn. The learner is told.

    Raises:
        NotOneself, StepUpNeeded: who may not.
        NotFound: no such enrollment, or nothing of this stands in it.
        Invalid: no reason.
    """
    actor.must(Permission.OVERRIDE)
    actor.must_be_fresh()
    if not reason.strip():
        raise Invalid({"reason": "Say why; the learner is told, and it stays on record."})
    async with transaction():
        enrollment, account = await _held(actor, enrollment_id)
        content, _ = await standing(enrollment)
        which = [Override.enrollment == enrollment.id, Override.withdrawn_at.is_null()]
        if component:
            which += [Override.kind == OverrideKind.MET, Override.component == component]
        else:
            which += [Override.kind == OverrideKind.REOPENED]
        taken = (
            await Override.update(
                {
                    Override.withdrawn_by: actor.id,
                    Override.withdrawn_at: clock.now(),
                    Override.withdrawal_reason: reason.strip(),
                }
            )
            .where(*which)
            .returning(Override.id, Override.component)
        )
        if not taken:
            raise NotFound
        for row in taken:
            await record(
                actor,
                "override.withdrawn",
                Enrollment,
                of=enrollment.id,
                override=row["id"],
                component=row["component"],
            )
        names = [row["component"] for row in taken]
        await _tell(
            account,
            content,
            names,
            reason,
            "learning/override_withdrawn",
            completed=enrollment.state == EnrollmentState.COMPLETED,
        )
        if enrollment.state in (*OPEN, EnrollmentState.FAILED):
            await _renew_state(actor, enrollment)
    return enrollment


async def _held(actor: Actor, enrollment_id: UUID) -> tuple[Enrollment, Account]:
    enrollment = await enrollment_for_staff(actor, enrollment_id, lock=True)
    if enrollment.learner == actor.id:
        raise NotOneself
    return enrollment, await one(Account.objects().where(Account.id == enrollment.learner))


def _judge(content: CourseContent, component: str | None, reason: str, evidence: str) -> None:
    errors = {}
    if component and component not in {c.id for c in content.components if c.required}:
        errors["component"] = "Choose one of the required steps of this course."
    if not reason.strip():
        errors["reason"] = "Say why; the learner is told, and it stays on record."
    if not evidence.strip():
        errors["evidence"] = "Say what this is founded on, such as a letter or a log, and where."
    if errors:
        raise Invalid(errors)


async def _renew_state(actor: Actor, enrollment: Enrollment) -> None:
    """Failed when a required test has no attempt left, open otherwise."""
    content, facts = await standing(enrollment)
    trying = await Attempt.exists().where(
        Attempt.enrollment == enrollment.id, Attempt.state == AttemptState.OPEN
    )
    failed = bool(used_up(content, facts)) and not trying
    if failed is (enrollment.state == EnrollmentState.FAILED):
        return
    if not failed and await Enrollment.exists().where(
        Enrollment.learner == enrollment.learner,
        Enrollment.course == enrollment.course,
        Enrollment.state.is_in(OPEN),
    ):
        raise OtherIsOpen
    enrollment.state = EnrollmentState.FAILED if failed else EnrollmentState.IN_PROGRESS
    await enrollment.save([Enrollment.state])
    act = "enrollment.failed" if failed else "enrollment.reopened"
    await record(actor, act, Enrollment, of=enrollment.id)


async def _tell(
    account: Account,
    content: CourseContent,
    components: list[str],
    reason: str,
    template: str,
    *,
    completed: bool = False,
) -> None:
    if account.status not in USABLE:
        return
    titles = {c.id: c.title for c in content.components}
    await write_mail(
        template,
        to=account.email,
        account=account.id,
        name=account.legal_name,
        course=content.title,
        slug=content.slug,
        steps=", ".join(titles[c] for c in components),
        reason=reason.strip(),
        completed=completed,
    )
