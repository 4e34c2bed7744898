"""Enrolling, taking lessons, completing."""

from enum import StrEnum
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.affiliations import affiliations_on, today_of
from connect.accounts.queries import account_of
from connect.accounts.tables import Account
from connect.audit import record
from connect.catalog.content import Component, ComponentKind, CourseContent
from connect.catalog.queries import content_of, current_version
from connect.catalog.tables import CourseVersion
from connect.certificates.actions import issue_certificate
from connect.certificates.rules import CREDIT_LINES
from connect.credits.queries import credit_lines
from connect.db import locked, one, transaction
from connect.errors import Conflict, Forbidden, NotFound
from connect.jobs import enqueue
from connect.learning import rules
from connect.learning.changes import certified_title, taken_minutes
from connect.learning.cycles import carry_over
from connect.learning.queries import (
    enrollment_of,
    latest_enrollment,
    open_enrollment,
    progress_of,
    standing,
)
from connect.learning.requirements import CLOSED, Told, what_a_package_misses
from connect.learning.rules import ComponentState
from connect.learning.tables import (
    OPEN,
    Attention,
    Completion,
    Enrollment,
    EnrollmentState,
    Progress,
)
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.trainings.actions import record_training
from connect.trainings.queries import acknowledgement_of


class AddressNotProved(Forbidden):
    message = (
        "Your e-mail address is not proved yet, and a certificate needs that. Open the link in "
        "the mail we sent you, or ask for a new one on your account page."
    )


class NotVerified(Forbidden):
    message = "{rule} {way}"
    href = "/account/verification"


class AttemptsUsedUp(Conflict):
    message = (
        "All attempts at the test of this course are used up. Write to the help address; "
        "staff can open the course for you again."
    )


class EnrollmentEnded(Conflict):
    message = (
        "This enrollment has ended. What was recorded stays; enroll again to repeat the course."
    )


class ComponentLocked(Conflict):
    message = "This step opens when the one before it is done. Finish {title!r} first."


class TooEarly(Conflict):
    message = (
        "This step takes at least {needed} seconds; {left} are still to go. Your time is kept."
    )


class NotReported(TooEarly):
    message = "{why}"
    code = "package_unfinished"


class NotOpened(TooEarly):
    message = "This step was not opened yet. Open it and read it, then go on."
    code = "too_early"


BE_VERIFIED = (
    "Ask for it on your account page; it takes a minute. Public courses are open to you now."
)
OTHERS = "Public courses are open to you now."


class Event(StrEnum):
    OPEN = "open"
    HEARTBEAT = "heartbeat"
    CLOSE = "close"
    ACKNOWLEDGE = "acknowledge"


class Step(msgspec.Struct, frozen=True):
    """Where a component stands after an event."""

    state: ComponentState
    seconds: int
    min_seconds: int
    next_component: str | None


async def enroll(actor: Actor, slug: str, *, only_changes: bool = False) -> tuple[Enrollment, bool]:
    """Begin a course, or go on with the enrollment that is open; and whether it is new.

    The enrollment stays with the version that is published now. After a completion this
    begins a new cycle; the earlier one stays.

    Args:
        only_changes: leave out what has not changed since the last completion.

    Raises:
        NoShortCycle: this course has none for the actor.
        NotFound: no such course.
        AddressNotProved, NotVerified: the rule that failed.
        AttemptsUsedUp: the last enrollment ended with a failed test.
    """
    actor.must(Permission.LEARN)
    version = await current_version(slug)
    content = await content_of(version.id)
    if not actor.proved:
        raise AddressNotProved
    async with transaction():
        # Held, so that of two clicks at once the second finds the first's row.
        account = await account_of(actor, lock=True)
        if found := await open_enrollment(actor, version.course):
            return found, False
        standing_now = await _standing_of(account)
        if rule := rules.access_fault(content.access, standing_now):
            raise NotVerified(rule=rule, way=BE_VERIFIED if not standing_now.verified else OTHERS)
        latest = await latest_enrollment(actor, version.course)
        if latest and latest.state == EnrollmentState.FAILED:
            raise AttemptsUsedUp
        enrollment = Enrollment(learner=actor.id, course=version.course, version=version.id)
        await Enrollment.insert(enrollment)
        if only_changes:
            await carry_over(actor, enrollment, version)
        await record(actor, "enrollment.opened", Enrollment, of=enrollment.id, version=version.id)
    return enrollment, True


async def _standing_of(account: Account) -> rules.Standing:
    here = await affiliations_on(account.id, today_of(account))
    return rules.Standing(
        verified=account.verified_at is not None,
        ran_out=account.reverify_since is not None,
        disciplines=frozenset(
            d for d in (account.discipline, *(row["discipline"] for row in here)) if d
        ),
        agency_kinds=frozenset(row["kind"] for row in here),
        titles=frozenset(t for t in (account.title, *(row["title"] for row in here)) if t),
    )


async def note_event(actor: Actor, enrollment_id: UUID, component_id: str, event: Event) -> Step:
    """Record that a component was opened, is being read, was closed or acknowledged.

    The server's clock alone measures. In an enrollment that has ended nothing is recorded.

    Raises:
        NotFound: no such component in the actor's enrollment.
        ComponentLocked: something before it is not done.
        TooEarly: its minimum time is not met, or it was never opened; the time so far is kept.
    """
    actor.must(Permission.LEARN)
    async with transaction():
        enrollment = await enrollment_of(actor, enrollment_id, lock=True)
        content, facts = await standing(enrollment)
        component = component_in(content, component_id)
        must_be_unlocked(content, facts, component)
        row = await progress_of(enrollment.id, component.id)
        if enrollment.state in OPEN:
            await _apply(actor, enrollment, component, row, event)
            content, facts = await standing(enrollment)
    done = facts.get(component.id, rules.NOTHING).done
    return Step(
        state=ComponentState.DONE if done else ComponentState.OPEN,
        seconds=row.seconds,
        min_seconds=component.min_seconds,
        next_component=rules.next_component(content, facts, component.id),
    )


async def _apply(
    actor: Actor, enrollment: Enrollment, component: Component, row: Progress, event: Event
) -> None:
    now = clock.now()
    if event is Event.CLOSE and row.last_at is None and row.done_at is None:
        raise NotOpened
    if event is Event.OPEN or (event is Event.HEARTBEAT and row.last_at is None):
        await _note_place(enrollment, component)
    if event is not Event.ACKNOWLEDGE:
        row.seconds += await _count_time(actor, component, row, event)
        row.beats = 0 if event is Event.OPEN else row.beats + (event is Event.HEARTBEAT)
        row.last_at = None if event is Event.CLOSE else now
    ends = event is Event.CLOSE and component.kind in CLOSED
    if ends and not _has_reported(component, row):
        raise NotReported(why=what_a_package_misses(Told(row.told)))
    if ends and row.seconds < component.min_seconds:
        raise TooEarly(needed=component.min_seconds, left=component.min_seconds - row.seconds)
    finishes = ends or (
        event is Event.ACKNOWLEDGE and component.kind == ComponentKind.ACKNOWLEDGEMENT
    )
    first_time = finishes and row.done_at is None
    if first_time:
        row.done_at = now
    await row.save()
    if event is not Event.HEARTBEAT:
        # Heartbeats are not acts: their sum stands in the progress row.
        await record(
            actor, f"component.{event}", Enrollment, of=enrollment.id, component=component.id
        )
    if first_time:
        await complete_if_met(actor, enrollment)


def _has_reported(component: Component, row: Progress) -> bool:
    if component.kind != ComponentKind.PACKAGE or row.done_at is not None:
        return True
    return bool(row.told == Told.FINISHED)


async def _count_time(actor: Actor, component: Component, row: Progress, event: Event) -> int:
    """Seconds since the last sign of life, and the mark that they are counted."""
    now = clock.now()
    await Attention.insert(Attention(learner=actor.id, counted_until=now)).on_conflict(
        target=Attention.learner, action="DO NOTHING"
    )
    attention = await one(
        locked(Attention.objects().where(Attention.learner == actor.id), Attention)
    )
    seconds = rules.counted_seconds(
        last=row.last_at,
        counted_until=attention.counted_until,
        now=now,
        closing_without_beats=event is Event.CLOSE and row.beats == 0,
        minutes=component.minutes,
    )
    if seconds:
        await Attention.update({Attention.counted_until: now}).where(Attention.learner == actor.id)
    return seconds


async def _note_place(enrollment: Enrollment, component: Component) -> None:
    enrollment.last_component = component.id
    enrollment.state = EnrollmentState.IN_PROGRESS
    await enrollment.save([Enrollment.last_component, Enrollment.state])


async def complete_if_met(actor: Actor, enrollment: Enrollment) -> bool:
    """Complete the enrollment when nothing is missing, in the caller's transaction.

    Completion, certificate, training instance and mail appear together or not at all. All are
    the learner's, whoever wrote the last fact (R4). The caller holds the enrollment's lock. Safe
    to call after every fact.
    """
    if enrollment.state not in OPEN:
        return False
    content, facts = await standing(enrollment)
    if rules.missing(content, facts):
        return False
    account = await one(Account.objects().where(Account.id == enrollment.learner))
    now = clock.now()
    day = clock.day_in(account.time_zone, now)
    version = await _version_number(enrollment)
    over = {c for c, fact in facts.items() if fact.carried}
    minutes = taken_minutes(content, over)
    here = await affiliations_on(account.id, day)
    employer = here[0] if here else None
    training = None
    if content.counts:
        training = await record_training(
            actor,
            person=account.id,
            day=day,
            minutes=minutes,
            course=content.slug,
            course_title=content.title,
            version=version,
            discipline=account.discipline,
            state=account.state,
            title=employer["title"] if employer else account.title,
            agency=employer["agency"] if employer else None,
            agency_name=employer["agency_name"] if employer else None,
            source=enrollment.id,
        )
    certificate = await issue_certificate(
        actor,
        holder=account.id,
        name=account.certificate_name or account.legal_name,
        title=certified_title(content.title, over),
        version=version,
        minutes=minutes,
        day=day,
        # A board gives credit for the whole course.
        credit_lines=[]
        if over
        else await credit_lines(
            content, enrollment.course, day, state=account.state, most=CREDIT_LINES
        ),
        valid_months=content.valid_months,
        language=content.language,
        source_kind="enrollment",
        source=enrollment.id,
        acknowledgement=await acknowledgement_of(training) if training else "",
    )
    await Completion.insert(
        Completion(
            enrollment=enrollment.id,
            learner=account.id,
            day=day,
            zone=account.time_zone,
            minutes=minutes,
            completed_at=now,
            certificate=certificate.id,
            training=training,
        )
    )
    enrollment.state = EnrollmentState.COMPLETED
    enrollment.completed_at = now
    await enrollment.save([Enrollment.state, Enrollment.completed_at])
    await record(actor, "enrollment.completed", Enrollment, of=enrollment.id)
    await enqueue("paths.look", learner=account.id)  # it may complete a path, too
    await write_mail(
        "learning/completed",
        to=account.email,
        account=account.id,
        once=str(enrollment.id),
        name=account.legal_name,
        course=content.title,
        number=certificate.number,
    )
    return True


async def _version_number(enrollment: Enrollment) -> int:
    row = await one(CourseVersion.objects().where(CourseVersion.id == enrollment.version))
    return int(row.number)


def component_in(content: CourseContent, component_id: str) -> Component:
    """One component of a course.

    Raises:
        NotFound: the course has none with this id.
    """
    found = next((c for c in content.components if c.id == component_id), None)
    if found is None:
        raise NotFound
    return found


def must_be_unlocked(content: CourseContent, facts: rules.Facts, component: Component) -> None:
    """Do nothing when the component may be worked on.

    Raises:
        ComponentLocked: a required one before it is not done.
    """
    now = rules.states(content, facts)
    if now[component.id] is ComponentState.LOCKED:
        first = next(
            c for c in content.components if now[c.id] is ComponentState.OPEN and c.required
        )
        raise ComponentLocked(title=first.title)
