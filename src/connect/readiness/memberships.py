"""Terms of agencies in the readiness program: given, ended, suspended, revoked (R21)."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect import clock, limits
from connect.accounts.queries import USABLE_SQL
from connect.agencies.queries import standing_agency
from connect.agencies.tables import Agency
from connect.audit import record
from connect.certificates.actions import issue_certificate
from connect.certificates.revocations import end_with
from connect.certificates.tables import CertificateKind
from connect.config import settings
from connect.db import fetch, locked, one, placeholders, transaction
from connect.errors import Conflict, Invalid
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.readiness import term_rules
from connect.readiness.applications import facts_of
from connect.readiness.criteria import requirement_sets
from connect.readiness.member_queries import (
    RUNNING,
    family_with,
    over_by,
    terms_of,
)
from connect.readiness.member_queries import current_of as current_of
from connect.readiness.tables import (
    Membership,
    MembershipState,
    MembershipStep,
    Recognition,
    RecognitionTask,
    Review,
)

PROGRAM = "Missing Kids Readiness Program"
SOURCE = "membership"  # what its certificate was earned by
REASON = "Say why. The agency is told."
TOLD = """
SELECT DISTINCT a.id, a.email, a.legal_name AS name FROM role_grant g JOIN account a
  ON a.id = g.account
WHERE g.agency IN ({agencies}) AND g.role IN ('coordinator', 'executive')
  AND a.status {usable} ORDER BY a.email
""".replace("{usable}", USABLE_SQL)


class Told(msgspec.Struct, frozen=True):
    """Somebody of an agency who hears of its membership."""

    id: UUID
    email: str
    name: str


class NotActive(Conflict):
    message = "This membership is not active, so it cannot be suspended."


class NotSuspended(Conflict):
    message = "This membership is not suspended."


class IsOver(Conflict):
    message = "This term is over. Nothing of it can be changed."


async def admit(actor: Actor, review: Review, day: date) -> Membership:
    """Make the agency of an approved review a member, in the caller's transaction.

    A first term begins on *day*, the day of the decision; that of a renewal where the old one
    ends, also when it was decided later.
    """
    agency = await standing_agency(review.agency, lock=True)
    former = await _to_continue(review, agency.id, day)
    starts = former.ends_on if former else day
    term = Membership(
        agency=agency.id,
        review=review.id,
        number=former.number if former else await _new_number(day.year),
        starts_on=starts,
        ends_on=clock.months_after(starts, settings().membership_months),
        member_since=(former.member_since or former.starts_on) if former else starts,
        edition=requirement_sets()[review.requirements].edition,
        requirements=review.requirements,
        agency_name=agency.name,
        decided_on=day,
    )
    for name, value in (await _population(review)).items():
        setattr(term, name, value)
    await Membership.insert(term)
    await add_step(actor, term.id, MembershipState.ACTIVE, max(day, starts), agency)
    if former and former.ends_on <= day:
        await end_term(actor, former, MembershipState.RENEWED, day)
    await issue_certificate(
        actor,
        kind=CertificateKind.AGENCY,
        agency=agency.id,
        name=agency.name,
        title=PROGRAM,
        day=day,
        expires_on=term.ends_on,
        source_kind=SOURCE,
        source=term.id,
    )
    await RecognitionTask.insert(
        *(RecognitionTask(membership=term.id, task=task) for task in Recognition)
    )
    await record(
        actor,
        "membership.admitted",
        Membership,
        of=term.id,
        agency=agency.id,
        review=review.id,
        starts_on=starts,
        ends_on=term.ends_on,
        continues=former.id if former else None,
    )
    return term


async def _to_continue(review: Review, agency: UUID, day: date) -> Membership | None:
    """The last term of an agency that goes on until *review* is decided, which is *day*."""
    submitted = review.submitted_at and clock.day_in(settings().time_zone, review.submitted_at)
    running = [
        term
        for term in await terms_of(agency)
        if term.state in RUNNING
        and (term.ends_on > day or (submitted and submitted < term.ends_on))
    ]
    return max(running, key=lambda term: term.ends_on, default=None)


async def _new_number(year: int) -> str:
    """The next number of a year. The others of the year wait: numbers have no gaps."""
    await limits.turn("membership-number", str(year))
    rows = await fetch("SELECT number FROM membership WHERE number LIKE {}", f"M-{year}-%")
    return term_rules.next_number(year, (row["number"] for row in rows))


async def _population(review: Review) -> dict[str, str | int]:
    """What the agency wrote of the people in its jurisdiction."""
    facts = await facts_of(review)
    numbers = {n: facts[n] for n in ("population", "population_year") if n in facts}
    found: dict[str, str | int] = {n: int(v) for n, v in numbers.items() if v.isdecimal()}
    return {**found, "population_source": facts.get("population_source", "")[:120]}


async def add_step(
    actor: Actor,
    membership: UUID,
    state: str,
    day: date,
    agency: Agency,
    *,
    reason: str = "",
) -> None:
    """Write down what a membership is from *day* on, in the caller's transaction, which holds the
    agency or the membership."""
    places = await fetch(
        "SELECT max(place) AS last FROM membership_step WHERE membership = {}", membership
    )
    await MembershipStep.insert(
        MembershipStep(
            membership=membership,
            place=(places[0]["last"] or 0) + 1,
            state=state,
            day=day,
            agency_name=agency.name,
            agency_kind=agency.kind,
            agency_state=agency.state,
            agency_county=agency.county,
            reason=reason,
            done_by=actor.account_id,
        )
    )


async def end_term(actor: Actor, term: Membership, state: MembershipState, day: date) -> None:
    """End a term on a day, in the caller's transaction: lapsed, or renewed by a later one."""
    await Membership.update({Membership.state: state, Membership.ended_on: day}).where(
        Membership.id == term.id
    )
    agency = await standing_agency(term.agency)
    await add_step(actor, term.id, state, day, agency)
    await record(actor, f"membership.{state}", Membership, of=term.id, on=day)


async def suspend(actor: Actor, membership_id: UUID, *, reason: str) -> Membership:
    """Take an agency off the public list until it is reinstated; its term goes on.

    Raises:
        StepUpNeeded: the actor's last proof of who it is is too old.
        Invalid: no reason.
        NotFound, IsOver, NotActive.
    """
    term = await _change(actor, membership_id, MembershipState.SUSPENDED, reason)
    if term is None:
        raise NotActive
    return term


async def reinstate(actor: Actor, membership_id: UUID, *, reason: str) -> Membership:
    """End a suspension.

    Raises:
        StepUpNeeded, Invalid, NotFound, IsOver: as ``suspend``.
        NotSuspended: it is not.
    """
    term = await _change(actor, membership_id, MembershipState.ACTIVE, reason)
    if term is None:
        raise NotSuspended
    return term


async def revoke(actor: Actor, membership_id: UUID, *, reason: str) -> Membership:
    """End a membership for good, today. A later one begins with a new application.

    Raises:
        StepUpNeeded, Invalid, NotFound, IsOver: as ``suspend``.
    """
    term = await _change(actor, membership_id, MembershipState.REVOKED, reason)
    if term is None:
        raise IsOver
    return term


FROM = {
    MembershipState.SUSPENDED: [MembershipState.ACTIVE],
    MembershipState.ACTIVE: [MembershipState.SUSPENDED],
    MembershipState.REVOKED: RUNNING,
}


async def _change(
    actor: Actor, membership_id: UUID, to: MembershipState, reason: str
) -> Membership | None:
    """Change a term, and the one after it where it was approved; None: its state differs."""
    actor.must(Permission.MANAGE_MEMBERSHIPS)
    actor.must_be_fresh()
    if not reason.strip():
        raise Invalid({"reason": REASON})
    today = clock.today()
    async with transaction():
        row = await one(Membership.objects().where(Membership.id == membership_id))
        agency = await standing_agency(row.agency, lock=True)
        term = await one(
            locked(Membership.objects().where(Membership.id == membership_id), Membership)
        )
        if term.state not in RUNNING or term.id in await over_by(today):
            raise IsOver
        if term.state not in FROM[to]:
            return None
        later = [t for t in await terms_of(agency.id) if t.starts_on >= term.ends_on]
        for each in [term, *(t for t in later if t.state in FROM[to])]:
            changes: dict[Any, Any] = {Membership.state: to, Membership.reason: reason.strip()}
            if to is MembershipState.REVOKED:
                changes[Membership.ended_on] = today
            await Membership.update(changes).where(Membership.id == each.id)
            await add_step(actor, each.id, to, today, agency, reason=reason.strip())
            act = "reinstated" if to is MembershipState.ACTIVE else str(to)
            await record(actor, f"membership.{act}", Membership, of=each.id, reason=reason.strip())
            if to is MembershipState.REVOKED:
                await end_with(actor, SOURCE, each.id, reason=reason.strip())
        await _tell(term, agency, to, reason.strip())
        return await one(Membership.objects().where(Membership.id == membership_id))


async def people_told(agency: UUID) -> list[Told]:
    """Who hears of an agency's membership: its coordinators and executives."""
    family = await family_with(agency)
    rows = await fetch(TOLD.replace("{agencies}", placeholders(family)), *family)
    return [Told(**row) for row in rows]


async def _tell(term: Membership, agency: Agency, to: MembershipState, reason: str) -> None:
    for person in await people_told(agency.id):
        await write_mail(
            "readiness/membership_changed",
            to=person.email,
            account=person.id,
            name=person.name,
            agency={"id": agency.id, "name": agency.name},
            state=to,
            reason=reason,
            ends_on=term.ends_on,
        )
