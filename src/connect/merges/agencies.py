"""What joining two agencies comes to: the plan that a preview shows and a merge carries out.

Trainings keep the agency that they were counted for, and profiles the one that they describe.
What the constraints ask for: ``agency_domain_once``, ``role_grant_once`` and one affiliation of a
person with an agency at a time. A domain that both list stays where it is; of two equal roles one
ends; of two current affiliations of a person the kept agency's goes on and the other ends.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from connect import clock
from connect.accounts.tables import Affiliation, EligibilityCase, RoleGrant
from connect.agencies.tables import Agency, AgencyDomain, AgencyState
from connect.lists import AGENCY_KINDS, STATES
from connect.merges.rules import AGENCIES, Fact, Fate, Plan, Step
from connect.merges.steps import ends, moves, referring, rows_where

MOST_LEVELS = 20  # of agencies above each other


async def plan_of_agencies(keep: Agency, gone: Agency) -> Plan:
    """All that making *keep* stand for *gone* does, in order; nothing is changed yet."""
    others = await referring(AGENCIES, Fate.MOVES, gone.id)
    cases = await rows_where(
        EligibilityCase, EligibilityCase.agency == gone.id, EligibilityCase.decided_at.is_null()
    )
    steps = [
        *await _affiliations(keep, gone),
        *await _roles(keep, gone),
        *await _domains(keep, gone),
        *(s for table, column, rows in others for s in moves(table, rows, column, keep.id)),
        *moves(EligibilityCase, cases, EligibilityCase.agency, keep.id),
        *await _family(keep, gone),
        Step("agency", str(gone.id), "status", gone.status, AgencyState.MERGED),
        Step("agency", str(gone.id), "merged_into", None, keep.id),
    ]
    return Plan(steps=steps, facts=_facts(keep, gone))


async def _affiliations(keep: Agency, gone: Agency) -> list[Step]:
    today = clock.today()
    current = await rows_where(
        Affiliation,
        Affiliation.agency.is_in([keep.id, gone.id]),
        Affiliation.until.is_null() | (Affiliation.until >= today),
    )
    own = {row["account"]: row for row in current if row["agency"] == keep.id}
    found: list[Step] = []
    moving = []
    for row in current:
        if row["agency"] == keep.id:
            continue
        twin = own.get(row["account"])
        if twin is None:
            moving.append(row)
            continue
        last = max(row["since"], today - timedelta(days=1))
        found += moves(Affiliation, [row], Affiliation.until, last)
        if row["is_primary"]:
            found += moves(Affiliation, [row], Affiliation.is_primary, False)
            found += moves(Affiliation, [twin], Affiliation.is_primary, True)
    return found + moves(Affiliation, moving, Affiliation.agency, keep.id)


async def _roles(keep: Agency, gone: Agency) -> list[Step]:
    rows = await rows_where(RoleGrant, RoleGrant.agency.is_in([keep.id, gone.id]))
    own = {(row["account"], row["role"]) for row in rows if row["agency"] == keep.id}
    theirs = [row for row in rows if row["agency"] == gone.id]
    twice = [row for row in theirs if (row["account"], row["role"]) in own]
    new = [row for row in theirs if (row["account"], row["role"]) not in own]
    return ends(RoleGrant, twice) + moves(RoleGrant, new, RoleGrant.agency, keep.id)


async def _domains(keep: Agency, gone: Agency) -> list[Step]:
    rows = await rows_where(AgencyDomain, AgencyDomain.agency.is_in([keep.id, gone.id]))
    own = {row["domain"] for row in rows if row["agency"] == keep.id}
    new = [row for row in rows if row["domain"] not in own]
    return moves(AgencyDomain, new, AgencyDomain.agency, keep.id)


async def _family(keep: Agency, gone: Agency) -> list[Step]:
    """Those below *gone* stand below *keep*; a *keep* that stood below it takes its place."""
    found: list[Step] = []
    if gone.id in await _above(keep):
        own = await rows_where(Agency, Agency.id == keep.id)
        found += moves(Agency, own, Agency.parent, gone.parent)
    below = await rows_where(Agency, Agency.parent == gone.id, Agency.id != keep.id)
    return found + moves(Agency, below, Agency.parent, keep.id)


async def _above(agency: Agency) -> list[UUID]:
    found: list[UUID] = []
    parent: UUID | None = agency.parent
    while parent and len(found) < MOST_LEVELS:
        found.append(parent)
        row = await Agency.select(Agency.parent).where(Agency.id == parent).first()
        parent = row["parent"] if row else None
    return found


def _facts(keep: Agency, gone: Agency) -> list[Fact]:
    def shown(name: str, of: Any) -> Fact:
        return Fact(name, of(keep) or "Not reported", of(gone) or "Not reported")

    return [
        shown("Name", lambda a: a.name),
        shown("Kind", lambda a: AGENCY_KINDS[a.kind].label),
        shown("State", lambda a: STATES[a.state].label),
        shown("County", lambda a: a.county),
        shown("ORI", lambda a: a.ori),
        shown("FCC PSAP ID", lambda a: a.psap_id),
    ]
