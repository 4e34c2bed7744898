"""Memberships as they stand, and as they stood on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.config import settings
from connect.db import fetch, placeholders
from connect.readiness import term_rules
from connect.readiness.tables import OPEN, Membership, MembershipState
from connect.readiness.term_rules import Renewal

RUNNING = [MembershipState.ACTIVE, MembershipState.SUSPENDED]
# Which step counts on a day: the last one of those up to it.
STANDING = """
FROM membership m JOIN membership_step s ON s.membership = m.id AND s.day <= {}
  AND s.place = (SELECT max(x.place) FROM membership_step x
    WHERE x.membership = m.id AND x.day <= {})
WHERE m.starts_on <= {}
"""
LISTED = (
    """
SELECT m.id, m.agency AS agency_id, s.agency_name AS name, s.agency_kind AS kind,
  s.agency_state AS state, s.agency_county AS county, m.member_since AS since, m.ends_on AS until
"""
    + STANDING
    + " AND s.state = 'active'{filters} ORDER BY lower(s.agency_name), s.agency_name, m.id"
)
IN_FORCE = "SELECT m.id" + STANDING + " AND s.state IN ('active', 'suspended')"
# Terms whose end has come, and that no daily job has ended: whether they are over is worked out.
ENDING = """
SELECT m.id, m.agency, m.ends_on, EXISTS (SELECT 1 FROM membership n
  WHERE n.agency = m.agency AND n.starts_on = m.ends_on) AS is_followed
FROM membership m
WHERE m.state IN ('active', 'suspended') AND m.ends_on <= {}
"""
SUBMITTED = """
SELECT r.agency, r.submitted_at, r.state, r.state_since FROM readiness_review r
WHERE r.submitted_at IS NOT NULL AND r.agency IN ({agencies})
"""

# All agencies that are one with an agency: the one that stands, and those merged into it.
WHOLE_FAMILY = """
WITH RECURSIVE line (id, merged_into) AS (
  SELECT id, merged_into FROM agency WHERE id = {}
  UNION SELECT a.id, a.merged_into FROM agency a JOIN line l ON a.id = l.merged_into
), family (id) AS (
  SELECT id FROM line WHERE merged_into IS NULL
  UNION SELECT a.id FROM agency a JOIN family f ON a.merged_into = f.id
)
"""
MEMBERS_OF_IT = (
    WHOLE_FAMILY
    + """
SELECT id FROM family
"""
)
TERMS = (
    WHOLE_FAMILY
    + """
SELECT m.id FROM membership m JOIN family f ON f.id = m.agency
"""
)
STEPS = """
SELECT s.state, s.day, s.reason, s.agency_name, s.done_at, s.done_by FROM membership_step s
WHERE s.membership = {} ORDER BY s.place
"""
NOTICES = """
SELECT n.days_before, n.due_on, n.decided_on, n.sent_at, n.skipped FROM membership_notice n
WHERE n.membership = {} ORDER BY n.days_before DESC
"""


class Member(msgspec.Struct, frozen=True):
    """A line of the public list, as it was shown on its day."""

    id: UUID
    agency_id: UUID
    name: str
    kind: str
    state: str
    county: str
    since: date
    until: date  # exclusive; earlier than the day of the list while a renewal is under review


async def members(on: date, *, q: str = "", state: str = "", kind: str = "") -> list[Member]:
    """The members on a day, by name: as the list was at the end of that day.

    Args:
        q: part of a name or county, in any case.
        state, kind: codes of ``connect.lists``.
    """
    filters, values = "", list[Any]()
    for column, value in (("s.agency_state", state), ("s.agency_kind", kind)):
        if value:
            filters += f" AND {column} = {{}}"
            values.append(value)
    rows = await fetch(LISTED.replace("{filters}", filters), on, on, on, *values)
    over = await over_by(on)
    found = [Member(**row) for row in rows if row["id"] not in over]
    wanted = q.casefold().split()
    return [m for m in found if all(w in f"{m.name} {m.county}".casefold() for w in wanted)]


async def over_by(on: date) -> set[UUID]:
    """The memberships that are over by a day although no daily job has ended them yet."""
    rows = await fetch(ENDING, on)
    renewals = await renewals_of([row["agency"] for row in rows])
    over = set()
    for row in rows:
        # A later application does not keep a term that another one follows.
        its = [] if row["is_followed"] else renewals.get(row["agency"], [])
        day = term_rules.over_on(row["ends_on"], its)
        if day is not None and day <= on:
            over.add(row["id"])
    return over


async def renewals_of(agencies: Sequence[UUID]) -> dict[UUID, list[Renewal]]:
    """The reviews that were ever submitted for each of *agencies*, or for what stands for it."""
    found: dict[UUID, list[Renewal]] = {}
    zone = settings().time_zone
    for agency in set(agencies):
        family = await family_with(agency)
        sql = SUBMITTED.replace("{agencies}", placeholders(family))
        found[agency] = [
            Renewal(
                clock.day_in(zone, row["submitted_at"]),
                None if row["state"] in OPEN else clock.day_in(zone, row["state_since"]),
            )
            for row in await fetch(sql, *family)
        ]
    return found


async def family_with(agency_id: UUID) -> list[UUID]:
    """All agencies that are one with this one."""
    return [row["id"] for row in await fetch(MEMBERS_OF_IT, agency_id)]


async def current_of(agency_id: UUID, on: date) -> Membership | None:
    """The term that an agency is in on a day, active or suspended; None: it is no member.

    A term whose renewal was submitted in time goes on until the decision.
    """
    family = await family_with(agency_id)
    sql = f"{IN_FORCE} AND m.agency IN ({placeholders(family)})"
    rows = await fetch(f"{sql} ORDER BY m.starts_on DESC, m.id", on, on, on, *family)
    over = await over_by(on) if rows else set()
    ids = [row["id"] for row in rows if row["id"] not in over]
    return await Membership.objects().where(Membership.id == ids[0]).first() if ids else None


async def terms_of(agency_id: UUID) -> list[Membership]:
    """All terms of an agency, the newest first."""
    ids = [row["id"] for row in await fetch(TERMS, agency_id)]
    if not ids:
        return []
    rows = Membership.objects().where(Membership.id.is_in(ids))
    return await rows.order_by(Membership.starts_on, Membership.made_at, ascending=False)


async def steps_of(membership: UUID) -> list[dict[str, Any]]:
    """A term's steps in order: ``{state, day, reason, agency_name, done_at, done_by}``."""
    return await fetch(STEPS, membership)


async def notices_of(membership: UUID) -> list[dict[str, Any]]:
    """The ledger of a term: ``{days_before, due_on, decided_on, sent_at, skipped}``."""
    return await fetch(NOTICES, membership)
