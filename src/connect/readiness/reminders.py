"""The daily work on memberships: reminders before a term ends, its end, and a ledger of both."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.agencies.queries import standing_agency
from connect.agencies.tables import Agency
from connect.config import settings
from connect.db import fetch, locked, transaction
from connect.mail.actions import write_mail
from connect.policy import SYSTEM
from connect.readiness import term_rules
from connect.readiness.member_queries import RUNNING, renewals_of, terms_of
from connect.readiness.memberships import add_step, end_term, people_told
from connect.readiness.tables import Membership, MembershipNotice, MembershipState
from connect.readiness.term_rules import Decision

LONGEST = timedelta(days=367)  # from the first reminder to the end
# Terms of which something may be due, the one that ends first before the others.
ENDING = """
SELECT m.id FROM membership m WHERE m.state IN ('active', 'suspended') AND m.ends_on <= {}
ORDER BY m.ends_on, m.id
"""
# Members whose agency is called or placed otherwise than the public list says.
CHANGED = """
WITH RECURSIVE line (start, id, merged_into) AS (
  SELECT id, id, merged_into FROM agency
  UNION SELECT l.start, a.id, a.merged_into FROM agency a JOIN line l ON a.id = l.merged_into
)
SELECT m.id, s.state FROM membership m
JOIN line l ON l.start = m.agency AND l.merged_into IS NULL JOIN agency a ON a.id = l.id
JOIN membership_step s ON s.membership = m.id AND s.place = (
  SELECT max(x.place) FROM membership_step x WHERE x.membership = m.id)
WHERE m.state IN ('active', 'suspended') AND (s.agency_name <> a.name OR s.agency_kind <> a.kind
  OR s.agency_state <> a.state OR s.agency_county <> a.county)
ORDER BY m.id
"""
LEDGER = """
SELECT n.membership, n.days_before, n.due_on, n.skipped, m.agency, m.agency_name, m.state
FROM membership_notice n JOIN membership m ON m.id = n.membership
WHERE n.decided_on = {} ORDER BY lower(m.agency_name), n.due_on, n.membership
"""
LAPSED = """
SELECT s.membership, s.agency_name, s.day FROM membership_step s
WHERE s.state = 'lapsed' AND s.done_by IS NULL AND s.done_at >= {} AND s.done_at < {}
"""


class Due(msgspec.Struct, frozen=True):
    """What is done about one membership on a day, or was done."""

    membership: UUID
    agency_name: str
    what: str  # reminder; lapse; renewed: a later term follows
    days_before: int | None  # None: a lapse after the day of the last reminder
    due_on: date
    state: str  # sent, skipped
    reason: str = ""
    to: list[str] = []


class _Look(msgspec.Struct, frozen=True):
    """A membership on a day: what becomes of its reminders, and whether it is over."""

    term: Any  # Membership
    agency: Agency
    reminders: list[Decision]
    over_on: date | None
    has_successor: bool
    people: list[Any]  # Told


async def look_at_terms() -> None:
    """Do what is due today, by the day in the organization's zone; job, every hour.

    Each membership is a transaction of its own: what is done stays done if a later one fails.
    """
    today = clock.today()
    for row in await fetch(ENDING, today + LONGEST):
        async with transaction():
            look = await _look(row["id"], today, lock=True)
            if look:
                await _act(look, today)
    await list_anew()


async def list_anew() -> None:
    """Have the public list say how members are called and where they are, from today on."""
    for row in await fetch(CHANGED):
        async with transaction():
            term = await _running(row["id"], lock=True)
            if term:
                agency = await standing_agency(term.agency)
                await add_step(SYSTEM, term.id, row["state"], clock.today(), agency)


async def plan(on: date) -> list[Due]:
    """What is done on a day, by name of the agency: as it was, or as it would be by all known now.

    For today both; a day to come supposes that the days until then are worked off.
    """
    today = clock.today()
    found = await _ledger(on) if on <= today else []
    if on >= today:
        for row in await fetch(ENDING, on + LONGEST):
            look = await _look(row["id"], on, only_today=on > today)
            if look:
                found += _told(look, on)
    return sorted(found, key=lambda due: (due.agency_name.lower(), due.due_on, due.membership))


async def _running(membership: UUID, *, lock: bool = False) -> Membership | None:
    query = Membership.objects().where(Membership.id == membership, Membership.state.is_in(RUNNING))
    return await (locked(query, Membership) if lock else query).first()


async def _look(
    membership: UUID, on: date, *, lock: bool = False, only_today: bool = False
) -> _Look | None:
    term = await _running(membership, lock=lock)
    if term is None:
        return None
    agency = await standing_agency(term.agency)
    renewals = (await renewals_of([term.agency]))[term.agency]
    successor = any(
        later.starts_on >= term.ends_on and later.state in RUNNING
        for later in await terms_of(term.agency)
        if later.id != term.id
    )
    under_review = any(r.closed_on is None and r.submitted_on < term.ends_on for r in renewals)
    people = await people_told(agency.id)
    why_not = (
        term_rules.RENEWED
        if successor
        else term_rules.UNDER_REVIEW
        if under_review
        else ""
        if people
        else term_rules.NOBODY
    )
    decided = await MembershipNotice.select(MembershipNotice.days_before).where(
        MembershipNotice.membership == term.id
    )
    over = term.ends_on if successor else term_rules.over_on(term.ends_on, renewals)
    is_over = over is not None and (over == on if only_today else over <= on)
    return _Look(
        term=term,
        agency=agency,
        reminders=term_rules.decisions(
            term.ends_on,
            on,
            {row["days_before"] for row in decided},
            why_not=why_not,
            only_today=only_today,
        ),
        over_on=over if is_over else None,
        has_successor=successor,
        people=people,
    )


def _told(look: _Look, on: date) -> list[Due]:
    """What ``_act`` would do."""
    lapses = look.over_on is not None and not look.has_successor
    found = [
        Due(
            look.term.id,
            look.agency.name,
            _what(decision.days_before, lapses),
            decision.days_before,
            decision.due_on,
            "skipped" if decision.skipped else "sent",
            decision.skipped,
            [] if decision.skipped else [person.email for person in look.people],
        )
        for decision in look.reminders
    ]
    if lapses and look.over_on and all(due.days_before != 0 for due in found):
        state, reason = ("sent", "") if look.people else ("skipped", term_rules.NOBODY)
        emails = [person.email for person in look.people]
        name = look.agency.name
        found.append(Due(look.term.id, name, "lapse", None, look.over_on, state, reason, emails))
    return found


def _what(days_before: int, lapses: bool) -> str:
    return "lapse" if days_before == 0 and lapses else "reminder"


async def _act(look: _Look, on: date) -> None:
    """Write the ledger, the mails, and the end of a term; in the caller's transaction."""
    term = look.term
    for decision in look.reminders:
        await MembershipNotice.insert(
            MembershipNotice(
                membership=term.id,
                days_before=decision.days_before,
                due_on=decision.due_on,
                decided_on=on,
                sent_at=None if decision.skipped else clock.now(),
                skipped=decision.skipped,
            )
        )
        if not decision.skipped and decision.days_before:
            await _mail(look, "ends", f"{term.id} {decision.days_before}", on)
    if look.over_on:
        state = MembershipState.RENEWED if look.has_successor else MembershipState.LAPSED
        await end_term(SYSTEM, term, state, look.over_on)
        if state is MembershipState.LAPSED:
            await _mail(look, "over", f"{term.id} over", on)


async def _mail(look: _Look, what: str, event: str, on: date) -> None:
    for person in look.people:
        await write_mail(
            f"readiness/membership_{what}",
            to=person.email,
            account=person.id,
            once=event,
            name=person.name,
            agency={"id": look.agency.id, "name": look.agency.name},
            ends_on=look.term.ends_on,
            ended_on=look.over_on,
            left=(look.term.ends_on - on).days,
        )


async def _ledger(on: date) -> list[Due]:
    found = []
    lapses = await _lapses(on)
    for row in await fetch(LEDGER, on):
        is_lapse = row["days_before"] == 0 and lapses.pop(row["membership"], None) is not None
        found.append(
            Due(
                row["membership"],
                row["agency_name"],
                _what(row["days_before"], is_lapse),
                row["days_before"],
                row["due_on"],
                "skipped" if row["skipped"] else "sent",
                row["skipped"],
            )
        )
    return [
        *found,
        *(Due(i, name, "lapse", None, day, "sent") for i, (name, day) in lapses.items()),
    ]


async def _lapses(on: date) -> dict[UUID, tuple[str, date]]:
    zone = settings().time_zone
    between = clock.midnight(zone, on), clock.midnight(zone, on + timedelta(days=1))
    rows = await fetch(LAPSED, *between)
    return {row["membership"]: (row["agency_name"], row["day"]) for row in rows}
