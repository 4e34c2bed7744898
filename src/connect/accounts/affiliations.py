"""Who works for which agency, from when to when."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from connect import clock
from connect.accounts.tables import Account, Affiliation
from connect.agencies.tables import Agency
from connect.audit import record
from connect.db import fetch, locked, one, transaction
from connect.errors import Conflict, Invalid, NotFound
from connect.lists import DISCIPLINES, ROSTER_CATEGORIES
from connect.policy import Actor, Permission

MOST = 2  # at a time
CURRENT = """
SELECT f.id, f.agency, g.name AS agency_name, g.kind, f.title, f.discipline, f.category,
  f.is_supervisor, f.is_primary, f.since, f.until, f.consented_at
FROM affiliation f JOIN agency g ON g.id = f.agency
WHERE f.account = {} AND f.since <= {} AND (f.until IS NULL OR f.until >= {})
ORDER BY f.is_primary DESC, f.since, f.id
"""


class TwoAlready(Conflict):
    message = "You work for two agencies already. End one of them on its page first."


class WorksThere(Conflict):
    message = "This person works for that agency already."


def today_of(account: Account) -> date:
    """The day it is for a person."""
    return clock.day_in(account.time_zone, clock.now())


async def affiliations_on(account: UUID, day: date) -> list[dict[str, Any]]:
    """Where somebody worked on *day*, the primary one first."""
    return await fetch(CURRENT, account, day, day)


async def affiliate(
    actor: Actor,
    account: Account,
    agency: Agency,
    *,
    title: str = "",
    discipline: str | None = None,
    category: str | None = None,
    is_supervisor: bool = False,
    consent: bool = False,
) -> Affiliation:
    """Begin somebody's work for an agency today, in the caller's transaction.

    The first affiliation of a person is the primary one.

    Raises:
        TwoAlready, WorksThere: by the rules of a person's affiliations.
        Invalid: an unknown discipline or category.
    """
    _must_be_known(discipline=discipline, category=category)
    today = today_of(account)
    present = await affiliations_on(account.id, today)
    if any(row["agency"] == agency.id for row in present):
        raise WorksThere
    if len(present) >= MOST:
        raise TwoAlready
    row = Affiliation(
        account=account.id,
        agency=agency.id,
        title=title or account.title,
        discipline=discipline or account.discipline,
        category=category,
        is_supervisor=is_supervisor,
        is_primary=not present,
        since=today,
        consented_at=clock.now() if consent else None,
    )
    await Affiliation.insert(row)
    await record(actor, "affiliation.begun", Affiliation, of=row.id, agency=agency.id)
    return row


async def change_affiliation(
    actor: Actor, affiliation_id: UUID, changes: Mapping[str, Any]
) -> Affiliation:
    """Change one's own affiliation: ``title, is_primary, consent``, or ``ended`` as of today.

    Trainings that were counted for the agency stay counted for it.

    Raises:
        NotFound: it is not the actor's.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    async with transaction():
        account = await one(locked(Account.objects().where(Account.id == actor.id), Account))
        row = (
            await Affiliation.objects()
            .where(Affiliation.id == affiliation_id, Affiliation.account == account.id)
            .first()
        )
        if row is None:
            raise NotFound
        if "title" in changes:
            row.title = changes["title"]
        if "consent" in changes:
            row.consented_at = (row.consented_at or clock.now()) if changes["consent"] else None
        if changes.get("is_primary"):
            await Affiliation.update({Affiliation.is_primary: False}).where(
                Affiliation.account == account.id
            )
            row.is_primary = True
        if changes.get("ended") and row.until is None:
            # The last day is yesterday, unless it began today: then it was one day.
            row.until = max(row.since, today_of(account) - timedelta(days=1))
        await row.save()
        await record(actor, "affiliation.changed", Affiliation, of=row.id, changed=sorted(changes))
    return row


def _must_be_known(*, discipline: str | None, category: str | None) -> None:
    wrong = {}
    if discipline and discipline not in DISCIPLINES:
        wrong["discipline"] = "Choose a discipline from the list."
    if category and category not in ROSTER_CATEGORIES:
        wrong["category"] = "Choose a category from the list."
    if wrong:
        raise Invalid(wrong)
