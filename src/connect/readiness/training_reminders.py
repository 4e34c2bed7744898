"""Reminding those on the roster who miss what a training rule asks, straight from the rule."""

from typing import Any
from uuid import UUID

from connect import clock
from connect.accounts.queries import USABLE_SQL
from connect.agencies.queries import NotActive
from connect.agencies.tables import Agency, AgencyState
from connect.audit import record
from connect.db import fetch, placeholders, transaction
from connect.errors import NotFound
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.readiness.coverage import rostered
from connect.readiness.criteria import TrainingRule
from connect.readiness.queries import set_of
from connect.readiness.rosters import lines_of, roster_agency
from connect.readiness.rules import Rostered
from connect.readiness.tables import RosterLine
from connect.rosters.tables import Reminder

MOST = 500  # people in one call
REACHED = """
SELECT id, legal_name AS name, email, time_zone FROM account
WHERE id IN ({ids}) AND proved_at IS NOT NULL AND status {usable}
ORDER BY lower(legal_name), id
""".replace("{usable}", USABLE_SQL)
OFFERED = """
SELECT v.code, v.title, c.slug FROM course_version v JOIN course c ON c.id = v.course
WHERE v.is_current AND v.code IN ({codes}) ORDER BY v.code, c.slug
"""


async def remind_of(actor: Actor, agency_id: UUID, rule_id: str) -> int:
    """Mail everybody who is asked by a training rule and misses something which courses meet it.

    A typed name gets nothing. Each person gets one reminder a day from an agency, whatever it is
    about; after 500 people the next call goes on.

    Returns:
        How many were written to.

    Raises:
        NotFound: no such agency of the actor's, or no such rule.
        NotActive: the agency is not listed.
    """
    async with transaction():
        agency = await roster_agency(actor, agency_id, Permission.APPLY_FOR_READINESS, lock=True)
        if agency.status != AgencyState.ACTIVE:
            raise NotActive
        asked = await set_of(agency)
        rule = next((one for one in asked.training if one.id == rule_id), None) if asked else None
        if rule is None:
            raise NotFound
        people = await rostered(agency.id, asked, clock.today())
        accounts = {str(line.account_id) for line in await lines_of(agency.id) if line.account_id}
        lacking = {p.key: p for p in people if p.key in accounts and missing_of(p, rule)}
        offered = await _offered(rule)
        sent = 0
        for row in await _reached(list(lacking)):
            if sent < MOST and await _first_today(actor, agency, row):
                await _mail(actor, agency, row, lacking[str(row["id"])], rule, offered)
                sent += 1
        await record(actor, "roster.reminded", RosterLine, of=agency.id, rule=rule.id, sent=sent)
    return sent


def missing_of(person: Rostered, rule: TrainingRule) -> list[list[str]]:
    """What somebody misses of a rule: of each list, one course by its code is enough."""
    if not person.asked & frozenset(rule.categories):
        return []
    return [
        some
        for number, some in enumerate(rule.every)
        if not person.shares or (rule.id, number) not in person.done
    ]


async def _reached(keys: list[str]) -> list[dict[str, Any]]:
    ids = [UUID(key) for key in keys]
    if not ids:
        return []
    return await fetch(REACHED.replace("{ids}", placeholders(ids)), *ids)


async def _offered(rule: TrainingRule) -> dict[str, list[dict[str, Any]]]:
    """The courses that there are, by code."""
    codes = sorted({code for some in rule.every for code in some})
    found: dict[str, list[dict[str, Any]]] = {code: [] for code in codes}
    for row in await fetch(OFFERED.replace("{codes}", placeholders(codes)), *codes):
        found[row["code"]].append(row)
    return found


async def _first_today(actor: Actor, agency: Agency, person: dict[str, Any]) -> bool:
    """Take the person's only reminder of the day; False when it was taken before."""
    row = Reminder(
        agency=agency.id,
        person=person["id"],
        day=clock.day_in(person["time_zone"], clock.now()),
        made_by=actor.id,
    )
    made = await Reminder.insert(row).on_conflict(
        target=(Reminder.agency, Reminder.person, Reminder.day), action="DO NOTHING"
    )
    return bool(made)


async def _mail(
    actor: Actor,
    agency: Agency,
    row: dict[str, Any],
    person: Rostered,
    rule: TrainingRule,
    offered: dict[str, list[dict[str, Any]]],
) -> None:
    await write_mail(
        "readiness/training",
        to=row["email"],
        account=row["id"],
        name=row["name"],
        agency=agency.name,
        sender=actor.name,
        shared=person.shares,
        rule=rule.title,
        needs=[
            {"codes": some, "courses": [one for code in some for one in offered[code]]}
            for some in missing_of(person, rule)
        ],
    )
