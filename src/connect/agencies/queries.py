"""Agencies as the public, their own people and registrars see them; merged ones lead on."""

from typing import Any
from uuid import UUID

import msgspec

from connect.agencies.rules import search_words, telling_words
from connect.agencies.tables import Agency, AgencyDomain, AgencyState
from connect.db import fetch, locked, one
from connect.errors import Conflict, NotFound
from connect.policy import Actor, Permission

MOST_WORDS = 10
CANDIDATES = 20

# The status is written out, and the columns of the order stand together: the partial indexes
# of the search are used for that form only.
SEARCH = """
SELECT id, kind, name, state, county, ori, psap_id FROM agency
WHERE status = 'active'{filters}
ORDER BY words, id LIMIT {limit}
"""
BEHIND = " AND (words, id) > (SELECT words, id FROM agency WHERE id = {})"
WAITING = """
SELECT id, kind, name, state, county, ori, psap_id, opened_at FROM agency
WHERE status = 'draft'{filters}
ORDER BY opened_at, id LIMIT {limit}
"""
LATER = " AND (opened_at, id) > (SELECT opened_at, id FROM agency WHERE id = {})"

# An agency, and all that were merged into it, directly or on the way.
FAMILY = """
WITH RECURSIVE family (id) AS (
  SELECT id FROM agency WHERE id = {}
  UNION SELECT a.id FROM agency a JOIN family f ON a.merged_into = f.id
)
"""
MEMBERS = (
    FAMILY
    + """
SELECT a.id FROM agency a JOIN family f ON f.id = a.id
"""
)
CODES = (
    FAMILY
    + """
SELECT c.id, c.max_uses, c.uses, c.expires_at, c.made_at FROM agency_code c
JOIN family f ON f.id = c.agency ORDER BY c.made_at DESC, c.id
"""
)
PROFILES = (
    FAMILY
    + """
SELECT p.as_of, p.population, p.population_source, p.population_year, p.employees, p.sworn,
  p.psap_level, p.ecc_scope, p.yearly_calls, p.positions, p.work_stations, p.agencies_served
FROM agency_profile p JOIN family f ON f.id = p.agency ORDER BY p.as_of DESC, p.id DESC
"""
)
DOMAINS = """
SELECT d.domain, d.is_its_alone, (SELECT count(*) FROM agency_domain o
  JOIN agency a ON a.id = o.agency
  WHERE o.domain = d.domain AND o.agency <> d.agency AND a.status = 'active') AS others
FROM agency_domain d WHERE d.agency = {} ORDER BY d.domain
"""


class NotActive(Conflict):
    message = "This agency is not active. A registrar has to screen it first."


class Seen(msgspec.Struct, frozen=True):
    """An agency, and how whoever looks stands to it."""

    agency: Any  # Agency
    manages: bool  # sees and changes what is not public
    brought: bool  # asked for it, and sees where that stands


async def agencies(
    *, q: str = "", state: str = "", kind: str = "", after: UUID | None = None, limit: int
) -> list[dict[str, Any]]:
    """Active agencies by name, one more than *limit* at most.

    Rows are ``{id, kind, name, state, county, ori, psap_id}``; the last two are not public.

    Args:
        q: parts of words that all stand in name, county, ORI or PSAP ID, in any case.
        after: the agency behind which to begin.
    """
    filters, values = "", list[Any]()
    for word in search_words(q).split()[:MOST_WORDS]:
        filters += " AND words LIKE {}"  # without letters that LIKE reads as wildcards
        values.append(f"%{word}%")
    for column, value in (("state", state), ("kind", kind)):
        if value:
            filters += f" AND {column} = {{}}"
            values.append(value)
    if after:
        filters += BEHIND
        values.append(after)
    return await fetch(_sql(SEARCH, filters, limit), *values)


async def drafts(actor: Actor, *, after: UUID | None = None, limit: int) -> list[dict[str, Any]]:
    """Agencies that wait for a screening, oldest first: all for a registrar, else the actor's own.

    Rows are those of ``agencies`` with ``opened_at``, one more than *limit* at most.
    """
    filters, values = "", list[Any]()
    if not actor.may(Permission.MANAGE_AGENCIES):
        filters += " AND opened_by = {}"
        values.append(actor.id)
    if after:
        filters += LATER
        values.append(after)
    return await fetch(_sql(WAITING, filters, limit), *values)


def _sql(statement: str, filters: str, limit: int) -> str:
    return statement.replace("{filters}", filters).replace("{limit}", str(int(limit) + 1))


async def brought_by(actor: Actor, *, limit: int = 5) -> list[dict[str, Any]]:
    """What the actor asked for and that is not listed, newest first: ``{id, name, status}``."""
    return (
        await Agency.select(Agency.id, Agency.name, Agency.status)
        .where(Agency.opened_by == actor.id, Agency.status != AgencyState.ACTIVE)
        .order_by(Agency.id, ascending=False)
        .limit(limit)
    )


async def similar(agency: Agency, *, q: str = "", limit: int = CANDIDATES) -> list[dict[str, Any]]:
    """Active agencies that *agency* may be the same as, in its state: rows of ``agencies``.

    Args:
        q: look for these words instead of those that tell its name from others.
    """
    if q:
        found = await agencies(q=q, limit=limit)
    else:
        words = telling_words(agency.name)[:MOST_WORDS]
        filters = " AND state = {}"
        if words:
            filters += f" AND ({' OR '.join(['words LIKE {}'] * len(words))})"
        found = await fetch(
            _sql(SEARCH, filters, limit), agency.state, *(f"%{word}%" for word in words)
        )
    return [row for row in found if row["id"] != agency.id][:limit]


async def standing_agency(agency_id: UUID, *, lock: bool = False) -> Agency:
    """The agency with this id, or the one that it was merged into.

    With *lock*, nobody else changes it before the transaction ends.

    Raises:
        NotFound: there is none.
    """
    while True:
        query = Agency.objects().where(Agency.id == agency_id)
        row = await one(locked(query, Agency) if lock else query)
        if row.status != AgencyState.MERGED or row.merged_into is None:
            return row
        agency_id = row.merged_into  # never a circle: what was merged away takes no other


async def managed_agency(actor: Actor, agency_id: UUID, *, lock: bool = False) -> Agency:
    """An agency that the actor manages, by this id or that of one that was merged into it.

    Raises:
        NotSignedIn, Forbidden: the actor manages none at all.
        NotFound: no such agency, or it is not the actor's to manage.
    """
    actor.must(Permission.MANAGE_OWN_AGENCY)
    row = await standing_agency(agency_id, lock=lock)
    if not actor.may(Permission.MANAGE_OWN_AGENCY, agency=row.id):
        raise NotFound
    return row


async def active_agency(actor: Actor, agency_id: UUID) -> Agency:
    """As ``managed_agency`` with its lock, but active.

    Raises:
        NotActive: it waits for a screening, or was declined.
    """
    row = await managed_agency(actor, agency_id, lock=True)
    if row.status != AgencyState.ACTIVE:
        raise NotActive
    return row


async def unlisted(agency_id: UUID) -> str:
    """Why nobody can be tied to the agency with this id; empty for one that is active."""
    row = await Agency.objects().where(Agency.id == agency_id).first()
    if row is None:
        return "There is no such agency. Search for it again."
    if row.status == AgencyState.MERGED:
        return "This agency was merged into another one. Name that one."
    return "" if row.status == AgencyState.ACTIVE else NotActive.message


async def seen_agency(actor: Actor, agency_id: UUID) -> Seen:
    """An agency as the actor may see it.

    Who asked for one sees that request as it stands, also when it was declined or when the
    agency turned out to be listed; for everybody else a merged one leads on.

    Raises:
        NotFound: there is none, or it is not active and the actor has no part in it.
    """
    row = await one(Agency.objects().where(Agency.id == agency_id))
    brought = actor.signed_in and _brought(row, actor.id)
    if row.status == AgencyState.MERGED and not brought:
        row = await standing_agency(agency_id)
    manages = actor.may(Permission.MANAGE_OWN_AGENCY, agency=row.id)
    if row.status != AgencyState.ACTIVE and not brought and not manages:
        raise NotFound
    return Seen(row, manages, brought)


async def family_of(agency_id: UUID) -> list[UUID]:
    """The ids of an agency and of all that were merged into it."""
    return [row["id"] for row in await fetch(MEMBERS, agency_id)]


def _brought(row: Agency, account: UUID) -> bool:
    return row.opened_by == account and row.screened_by != account  # not by listing it oneself


async def domains_of(agency_id: UUID) -> list[dict[str, Any]]:
    """An agency's e-mail domains: ``{domain, is_its_alone, others}``.

    ``is_its_alone`` is a registrar's word; ``others`` counts the active agencies that list it too.
    Only with that word and without others does an address prove more than employment.
    """
    return await fetch(DOMAINS, agency_id)


async def codes_of(agency_id: UUID) -> list[dict[str, Any]]:
    """An agency's codes, newest first: ``{id, max_uses, uses, expires_at, made_at}``."""
    return await fetch(CODES, agency_id)


async def profiles_of(agency_id: UUID) -> list[dict[str, Any]]:
    """What an agency was like, newest day first: the columns of ``AgencyProfile``."""
    return await fetch(PROFILES, agency_id)


async def listed_elsewhere(agency_id: UUID, domain: str) -> bool:
    """Whether another active agency lists *domain*."""
    return await AgencyDomain.exists().where(
        AgencyDomain.domain == domain,
        AgencyDomain.agency != agency_id,
        AgencyDomain.agency.status == AgencyState.ACTIVE,
    )
