"""Requiring courses of an agency's people, and reminding them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.queries import USABLE
from connect.accounts.tables import AccountStatus, Affiliation
from connect.agencies.queries import active_agency, managed_agency
from connect.agencies.tables import Agency
from connect.audit import record
from connect.catalog.queries import current_version
from connect.db import one, transaction
from connect.errors import Invalid
from connect.mail.actions import write_mail
from connect.policy import Actor
from connect.rosters import rules
from connect.rosters.queries import Person, chosen, is_current, required_course
from connect.rosters.rules import Required, State
from connect.rosters.tables import Reminder, RequiredCourse

MOST_REQUIRED = 20  # courses of one agency
MOST_REMINDED = 500  # people in one call
REACHABLE = {*USABLE} - {AccountStatus.PENDING_EMAIL}


class Skipped(msgspec.Struct, frozen=True):
    """Somebody who got no reminder; *reason* is a stable word."""

    id: UUID
    reason: str


class Reminded(msgspec.Struct, frozen=True):
    sent: int
    skipped: list[Skipped]


async def require_course(
    actor: Actor,
    agency_id: UUID,
    slug: str,
    *,
    category: str | None = None,
    valid_months: int | None = None,
) -> Required:
    """Ask a course of an agency's people; again, it changes of whom and for how long.

    Args:
        category: of whom; None: of everybody.
        valid_months: for how long a completion counts; None: always.

    Raises:
        NotFound: no such agency, it is not the actor's, or there is no such course.
        NotActive: the agency is not listed.
        Invalid: every bad value.
    """
    async with transaction():
        agency = await active_agency(actor, agency_id)
        if wrong := rules.required_faults(category=category, valid_months=valid_months):
            raise Invalid(wrong)
        course = (await current_version(slug)).course
        current = (RequiredCourse.agency == agency.id) & RequiredCourse.ended_at.is_null()
        row = await RequiredCourse.objects().where(current, RequiredCourse.course == course).first()
        if row is None or (row.category, row.valid_months) != (category, valid_months):
            if row:
                await _end(actor, row)
            elif await RequiredCourse.count().where(current) >= MOST_REQUIRED:
                raise Invalid({"course": f"Require at most {MOST_REQUIRED} courses."})
            await RequiredCourse.insert(
                RequiredCourse(
                    agency=agency.id,
                    course=course,
                    category=category,
                    valid_months=valid_months,
                    made_by=actor.id,
                )
            )
            await record(
                actor,
                "agency.course_required",
                Agency,
                of=agency.id,
                course=slug,
                category=category,
                valid_months=valid_months,
            )
        return await required_course(agency.id, slug)


async def release_course(actor: Actor, agency_id: UUID, slug: str) -> None:
    """Ask a course of an agency's people no longer. What they completed stays.

    Raises:
        NotFound: no such agency, it is not the actor's, or it does not require the course.
    """
    async with transaction():
        agency = await managed_agency(actor, agency_id, lock=True)
        row = await one(
            RequiredCourse.objects().where(
                RequiredCourse.agency == agency.id,
                RequiredCourse.course.slug == slug,
                RequiredCourse.ended_at.is_null(),
            )
        )
        await _end(actor, row)
        await record(actor, "agency.course_released", Agency, of=agency.id, course=slug)


async def _end(actor: Actor, row: RequiredCourse) -> None:
    row.ended_by, row.ended_at = actor.id, clock.now()
    await row.save([RequiredCourse.ended_by, RequiredCourse.ended_at])


async def remind(actor: Actor, agency_id: UUID, ids: Sequence[UUID], *, note: str = "") -> Reminded:
    """Mail those of an agency's people who miss a required course, or let one expire.

    Who does not share completions is told of all required courses, and what they completed
    plays no part. Each person gets one mail a day from an agency, on their own calendar.

    Args:
        ids: of affiliations, 500 at most; the same twice is once.
        note: a few words of the coordinator's own, put into the mail.

    Raises:
        NotFound: no such agency, or it is not the actor's.
        NotActive: it is not listed.
        Invalid: every bad value.
    """
    note = note.strip()
    wanted = list(dict.fromkeys(ids))
    wrong = {}
    if not 1 <= len(wanted) <= MOST_REMINDED:
        wrong["people"] = f"Choose 1 to {MOST_REMINDED} people."
    if fault := rules.note_fault(note):
        wrong["note"] = fault
    if wrong:
        raise Invalid(wrong)
    async with transaction():
        agency = await active_agency(actor, agency_id)
        found = {person.id: person for person in await chosen(agency.id, wanted)}
        skipped, sent = [], 0
        for affiliation in wanted:
            person = found.get(affiliation)
            reason = _reason(person, clock.today()) if person else "not_found"
            if person and not reason and not await _first_today(actor, agency.id, person):
                reason = "reminded_today"
            if person is None or reason:
                skipped.append(Skipped(affiliation, reason))
                continue
            await _mail(actor, agency.name, person, note)
            await record(actor, "affiliation.reminded", Affiliation, of=person.id, agency=agency.id)
            sent += 1
    return Reminded(sent, skipped)


def _reason(person: Person, on: date) -> str:
    """Why somebody gets no reminder; empty for whoever gets one."""
    if not is_current(person, on):
        return "former"
    if not person.courses:
        return "nothing_required"
    if person.state is State.COMPLETE:
        return "complete"
    return "" if person.status in REACHABLE else "no_address"


async def _first_today(actor: Actor, agency: UUID, person: Person) -> bool:
    """Take the person's only reminder of the day; False when somebody was quicker."""
    row = Reminder(
        agency=agency,
        person=person.account,
        day=clock.day_in(person.time_zone, clock.now()),
        made_by=actor.id,
    )
    made = await Reminder.insert(row).on_conflict(
        target=(Reminder.agency, Reminder.person, Reminder.day), action="DO NOTHING"
    )
    return bool(made)


async def _mail(actor: Actor, agency: str, person: Person, note: str) -> None:
    lacking = [s for s in person.courses if s.state is not State.COMPLETE]
    await write_mail(
        "rosters/reminder",
        to=person.email,
        account=person.account,
        name=person.name,
        agency=agency,
        sender=actor.name,
        shared=person.consented,
        courses=[
            {
                "title": s.required.title,
                "slug": s.required.slug,
                "expires_on": s.expires_on if s.state is State.EXPIRING else None,
            }
            for s in lacking
        ],
        note=note,
    )
