"""Memberships that were given elsewhere, out of a file, with their terms and former numbers: so
their renewals come due."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from connect import audit, clock
from connect.agencies.imports import named_agencies
from connect.agencies.tables import Agency
from connect.config import settings
from connect.db import fetch, placeholders
from connect.policy import Actor
from connect.readiness import member_rows
from connect.readiness.criteria import current_set
from connect.readiness.member_rows import FIELDS as FIELDS
from connect.readiness.member_rows import NEEDED as NEEDED
from connect.readiness.tables import Membership, MembershipState, MembershipStep

AT_ONCE = 400  # rows in one statement; PostgreSQL takes 32,767 parameters
Rows = Sequence[tuple[int, dict[str, Any]]]
Taken = tuple[int, int, dict[int, dict[str, str]]]  # taken, unchanged, row → field → sentence
PRESENT = """
SELECT agency, number, starts_on, ends_on, ended_on, member_since FROM membership
WHERE agency IN ({agencies}) ORDER BY starts_on
"""
NUMBERED = "SELECT number, agency FROM membership WHERE number IN ({numbers})"


def row_of(cells: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The membership that a row of a table describes, and what is wrong with it."""
    return member_rows.row_of(cells, settings().membership_months)


async def take_memberships(actor: Actor, rows: Rows, *, dry_run: bool) -> Taken:
    """Write the terms that are not there yet, in the caller's transaction, marked as brought in.

    A term that is over is history, and is listed on no day. One that goes on is on the public
    list from today: earlier lists stay as they were.

    Args:
        rows: number of the row and what ``row_of`` made of it.
    """
    meant = await named_agencies({(f["agency"], f["state"]) for _, f in rows})
    ids = sorted({found for found in meant.values() if isinstance(found, UUID)})
    agencies = await _agencies(ids)
    terms = await _present(ids)
    holders = await _holders({f["number"] for _, f in rows if f["number"]})
    today = clock.today()
    faults: dict[int, dict[str, str]] = {}
    new: list[Membership] = []
    unchanged = 0
    for number, facts in sorted(rows, key=lambda row: (row[1]["starts_on"], row[0])):
        agency = meant[facts["agency"], facts["state"]]
        if isinstance(agency, str):
            faults[number] = {"agency": agency}
            continue
        theirs = terms.setdefault(agency, [])
        same = next((t for t in theirs if t["starts_on"] == facts["starts_on"]), None)
        if same and (same["number"], same["ends_on"]) == (facts["number"], facts["ends_on"]):
            unchanged += 1
            continue
        fault = _fault(facts, theirs, same, today) or _number_fault(facts, agency, holders)
        if fault:
            faults[number] = fault
            continue
        before = next((t for t in theirs if t["ends_on"] == facts["starts_on"]), None)
        row = _row(agencies[agency], facts, before["member_since"] if before else None, today)
        holders.setdefault(row.number, agency)
        theirs.append({n: getattr(row, n) for n in ("starts_on", "ends_on", "ended_on", "number")})
        theirs[-1]["member_since"] = row.member_since
        new.append(row)
    _mark_renewed(new)
    if not dry_run:
        await _write(actor, new, agencies, today)
    return len(new), unchanged, faults


def _fault(
    facts: dict[str, Any],
    theirs: list[dict[str, Any]],
    same: dict[str, Any] | None,
    today: date,
) -> dict[str, str]:
    if facts["starts_on"] > today:
        return {"starts_on": "This day is still to come. A term is brought in once it began."}
    if same:
        words = f"This term stands already, with the number {same['number'] or 'none'} and the end"
        return {"starts_on": f"{words} {same['ends_on']}."}
    for term in theirs:
        if term["starts_on"] < facts["ends_on"] and facts["starts_on"] < (
            term["ended_on"] or term["ends_on"]
        ):
            return {
                "starts_on": f"The agency has a term from {term['starts_on']} to "
                f"{term['ends_on']} already, and terms do not overlap."
            }
    return {}


def _number_fault(facts: dict[str, Any], agency: UUID, holders: dict[str, UUID]) -> dict[str, str]:
    if facts["number"] and holders.get(facts["number"], agency) != agency:
        return {"number": "Another agency has this number."}
    return {}


def _row(agency: Agency, facts: dict[str, Any], since: date | None, today: date) -> Membership:
    asked = current_set(agency.kind, facts["starts_on"]) or current_set(agency.kind, today)
    is_over = facts["ends_on"] <= today
    names = ["number", "starts_on", "ends_on", "decided_on", "edition"]
    names += ["population", "population_source", "population_year"]
    return Membership(
        **{name: facts[name] for name in names},
        agency=agency.id,
        agency_name=agency.name,
        state=MembershipState.LAPSED if is_over else MembershipState.ACTIVE,
        ended_on=facts["ends_on"] if is_over else None,
        member_since=since or facts["starts_on"],
        requirements=asked.key if asked else "",
        is_brought_in=True,
    )


def _mark_renewed(new: list[Membership]) -> None:
    """Of terms that are over, those that another of the same agency followed without a gap."""
    begun = {(row.agency, row.starts_on) for row in new}
    for row in new:
        if row.state == MembershipState.LAPSED and (row.agency, row.ends_on) in begun:
            row.state = MembershipState.RENEWED


async def _write(
    actor: Actor, new: list[Membership], agencies: dict[UUID, Agency], today: date
) -> None:
    steps = [
        MembershipStep(
            membership=row.id,
            place=1,
            state=row.state,
            day=today,
            agency_name=agencies[row.agency].name,
            agency_kind=agencies[row.agency].kind,
            agency_state=agencies[row.agency].state,
            agency_county=agencies[row.agency].county,
            reason="Brought in from a file.",
            done_by=actor.account_id,
        )
        for row in new
    ]
    for first in range(0, len(new), AT_ONCE):
        await Membership.insert(*new[first : first + AT_ONCE])
        await MembershipStep.insert(*steps[first : first + AT_ONCE])
    acts = [(row.id, "membership.brought_in") for row in new]
    await audit.record_many(actor, Membership, acts)


async def _agencies(ids: list[UUID]) -> dict[UUID, Agency]:
    found: dict[UUID, Agency] = {}
    for part in _parts(ids):
        rows: list[Agency] = await Agency.objects().where(Agency.id.is_in(part))
        found |= {row.id: row for row in rows}
    return found


async def _present(ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The terms that stand of these agencies."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for part in _parts(ids):
        sql = PRESENT.replace("{agencies}", placeholders(part))
        for row in await fetch(sql, *part):
            found.setdefault(row["agency"], []).append(row)
    return found


async def _holders(numbers: set[str]) -> dict[str, UUID]:
    found: dict[str, UUID] = {}
    for part in _parts(sorted(numbers)):
        sql = NUMBERED.replace("{numbers}", placeholders(part))
        found |= {row["number"]: row["agency"] for row in await fetch(sql, *part)}
    return found


def _parts(items: list[Any]) -> Iterable[list[Any]]:
    return (items[first : first + AT_ONCE] for first in range(0, len(items), AT_ONCE))
