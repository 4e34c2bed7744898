"""The ledger of reminders: what is due on a day, sending it, and what was sent."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from connect import clock
from connect.assignments import rules
from connect.assignments.matching import REACHABLE, having
from connect.assignments.queries import SHARING, url_of
from connect.assignments.rules import LATE, STEPS, Decision, Item
from connect.assignments.tables import AssignmentReminder, ReminderKind, ReminderState
from connect.certificates.queries import standing
from connect.clock import months_after
from connect.config import settings
from connect.db import fetch, placeholders, transaction
from connect.jobs import enqueue
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission, Relation

AT_ONCE = 100  # people in one transaction
AT_MOST = 2000  # people in one job, which has a minute
TARGETS = """
SELECT DISTINCT m.course, m.path FROM assigned s
JOIN assignment m ON m.id = s.assignment AND m.ended_at IS NULL
WHERE s.ended_at IS NULL AND s.due_on BETWEEN {} AND {}
"""
OWN = """
SELECT s.id FROM assigned s JOIN assignment m ON m.id = s.assignment
WHERE m.only_sharing AND m.agency IN ({mine}) AND {sharing}
""".replace("{sharing}", SHARING)
EXPIRING = """
SELECT id, content ->> 'valid_months' AS months FROM course_version
WHERE content ->> 'valid_months' IS NOT NULL
"""
PERSON = "a.id AS person, a.legal_name AS name, a.email, a.status"
DUE = """
SELECT s.id AS about, s.due_on, s.assigned_on AS since, k.slug AS course_slug, p.slug AS path_slug,
  coalesce(v.title, w.title) AS title, m.only_sharing, m.agency, {person}
FROM assigned s JOIN assignment m ON m.id = s.assignment AND m.ended_at IS NULL
JOIN account a ON a.id = s.person LEFT JOIN course k ON k.id = m.course
LEFT JOIN course_version v ON v.course = m.course AND v.is_current
LEFT JOIN path p ON p.id = m.path LEFT JOIN path_version w ON w.path = m.path AND w.is_current
WHERE s.ended_at IS NULL AND s.due_on BETWEEN {} AND {} AND {target}
  AND s.person NOT IN ({having})
""".replace("{person}", PERSON)
ENDING = """
SELECT c.id AS about, c.day, e.version, k.slug AS course_slug, v.title, {person}
FROM completion c JOIN enrollment e ON e.id = c.enrollment JOIN course k ON k.id = e.course
JOIN course_version v ON v.course = k.id AND v.is_current JOIN account a ON a.id = c.learner
JOIN certificate x ON {standing}
WHERE e.version IN ({versions}) AND c.day BETWEEN {} AND {} AND x.status <> 'revoked'
  AND NOT EXISTS (SELECT 1 FROM completion d JOIN enrollment o ON o.id = d.enrollment
    WHERE d.learner = c.learner AND o.course = e.course AND d.completed_at > c.completed_at)
""".replace("{person}", PERSON).replace("{standing}", standing("x", "c.enrollment"))
PATHS_ENDING = """
SELECT c.id AS about, c.day, c.expires_on, p.slug AS path_slug, v.title, {person}
FROM path_completion c JOIN path p ON p.id = c.path
JOIN path_version v ON v.path = p.id AND v.is_current JOIN account a ON a.id = c.learner
LEFT JOIN certificate x ON {standing}
WHERE c.expires_on BETWEEN {} AND {} AND (x.id IS NULL OR x.status <> 'revoked')
  AND NOT EXISTS (SELECT 1 FROM path_completion d
    WHERE d.learner = c.learner AND d.path = c.path AND d.completed_at > c.completed_at)
""".replace("{person}", PERSON).replace(
    "{standing}", standing("x", "c.enrollment", "path_enrollment")
)
LEDGER = """
SELECT about, due_on, days, kind, state, reason, person FROM reminder WHERE {filters}
ORDER BY decided_at, id
"""


class Planned(msgspec.Struct, frozen=True):
    """One step for one person: to be decided on a day, or decided on it."""

    kind: str
    about: UUID
    person: UUID
    name: str
    email: str
    title: str
    url: str
    due_on: date
    days: int
    state: str
    reason: str


class Facts(msgspec.Struct, frozen=True):
    """What a mail says of an item, and whom it is for."""

    name: str
    email: str
    title: str
    url: str
    agency: UUID | None = None
    only_sharing: bool = False


Found = dict[UUID, tuple[Item, Facts]]  # by what it is about


async def items(on: date, *, missed: timedelta = LATE) -> Found:
    """Everything with a step on the day *on*, or up to *missed* before it."""
    found = [*await _due(on, missed), *await _ending(on, missed), *await _paths_ending(on, missed)]
    decided: dict[tuple[UUID, date], set[int]] = {}
    first, last = _window(on, missed)
    filters = "due_on BETWEEN {} AND {}"
    for row in await fetch(LEDGER.replace("{filters}", filters), first, last):
        decided.setdefault((row["about"], row["due_on"]), set()).add(row["days"])
    return {
        item.about: (
            msgspec.structs.replace(
                item, decided=frozenset(decided.get((item.about, item.due_on), ()))
            ),
            facts,
        )
        for item, facts in found
    }


def _window(
    on: date, missed: timedelta, kinds: Iterable[ReminderKind] = ReminderKind
) -> tuple[date, date]:
    """The due days of which a step may be looked at on the day *on*."""
    steps = [step for kind in kinds for step in STEPS[kind]]
    return on - missed + timedelta(days=min(steps)), on + timedelta(days=max(steps))


async def _due(on: date, missed: timedelta) -> list[tuple[Item, Facts]]:
    window = _window(on, missed, [ReminderKind.DUE])
    found = []
    for target in await fetch(TARGETS, *window):
        has, values = await having(target["course"], target["path"], on)
        column = "course" if target["course"] else "path"
        sql = DUE.replace(
            "{target}", "m.course = {}" if target["course"] else "m.path = {}"
        ).replace("{having}", has)
        rows = await fetch(sql, *window, target[column], *values)
        found += [
            _item(ReminderKind.DUE, row, row["due_on"], row["since"], row["agency"]) for row in rows
        ]
    return found


async def _ending(on: date, missed: timedelta) -> list[tuple[Item, Facts]]:
    first, last = _window(on, missed, [ReminderKind.RENEWAL])
    by_months: dict[int, list[UUID]] = {}
    for row in await fetch(EXPIRING):
        by_months.setdefault(int(row["months"]), []).append(row["id"])
    found = []
    for months, versions in by_months.items():
        # Months differ in length: a few days more, and the exact day is looked at below.
        days = months_after(first, -months), months_after(last, -months) + timedelta(days=4)
        sql = ENDING.replace("{versions}", placeholders(versions))
        for row in await fetch(sql, *versions, days[0] - timedelta(days=4), days[1]):
            ends = months_after(row["day"], months)
            if first <= ends <= last:
                found.append(_item(ReminderKind.RENEWAL, row, ends, row["day"]))
    return found


async def _paths_ending(on: date, missed: timedelta) -> list[tuple[Item, Facts]]:
    rows = await fetch(PATHS_ENDING, *_window(on, missed, [ReminderKind.RENEWAL]))
    return [_item(ReminderKind.RENEWAL, row, row["expires_on"], row["day"]) for row in rows]


def _item(
    kind: ReminderKind, row: dict[str, Any], due_on: date, since: date, agency: UUID | None = None
) -> tuple[Item, Facts]:
    item = Item(
        kind=kind,
        about=row["about"],
        person=row["person"],
        due_on=due_on,
        since=since,
        reachable=row["status"] in REACHABLE,
    )
    url = url_of(row.get("course_slug"), row.get("path_slug"))
    sharing = bool(row.get("only_sharing"))
    return item, Facts(row["name"], row["email"], row["title"], url, agency, sharing)


async def remind() -> None:
    """Decide on every step that is due today, once; mail what is sent; job, every hour.

    A person gets one mail of a kind for all that is due.
    """
    if clock.now().astimezone(ZoneInfo(settings().time_zone)).hour < rules.FROM_HOUR:
        return
    done = await decide(clock.today(), most=AT_MOST)
    if len({d.item.person for d in done}) == AT_MOST:
        await enqueue("assignments.remind")


async def decide(on: date, *, most: int | None = None) -> list[Decision]:
    """Write down what becomes of each step that is due on *on*, and mail it; what was decided.

    Args:
        most: of how many people; without it, of all.
    """
    found = await items(on)
    by_person: dict[UUID, list[Decision]] = {}
    for decision in rules.decisions([item for item, _ in found.values()], on):
        by_person.setdefault(decision.item.person, []).append(decision)
    people = list(by_person.values())[:most]
    done: list[Decision] = []
    for first in range(0, len(people), AT_ONCE):
        async with transaction():
            for decisions in people[first : first + AT_ONCE]:
                kept = await _written(decisions, on)
                await _mail(kept, found, on)
                done += kept
    return done


async def _written(decisions: list[Decision], on: date) -> list[Decision]:
    """Those of *decisions* that nobody wrote into the ledger before."""
    rows = [
        AssignmentReminder(
            kind=d.item.kind,
            person=d.item.person,
            about=d.item.about,
            due_on=d.item.due_on,
            days=d.days,
            state=d.state,
            reason=d.reason,
            decided_on=on,
        )
        for d in decisions
    ]
    new = await AssignmentReminder.insert(*rows).on_conflict(
        target=(AssignmentReminder.about, AssignmentReminder.due_on, AssignmentReminder.days),
        action="DO NOTHING",
    )
    ids = {row["id"] for row in new}
    return [d for d, row in zip(decisions, rows, strict=True) if row.id in ids]


async def _mail(decisions: list[Decision], found: Found, on: date) -> None:
    for kind in ReminderKind:
        sent = [d for d in decisions if d.state is ReminderState.SENT and d.item.kind is kind]
        if not sent:
            continue
        facts = found[sent[0].item.about][1]
        await write_mail(
            f"assignments/{kind}",
            to=facts.email,
            account=sent[0].item.person,
            name=facts.name,
            today=on,
            things=[
                {
                    "title": found[d.item.about][1].title,
                    "url": found[d.item.about][1].url,
                    "due_on": d.item.due_on,
                }
                for d in sorted(sent, key=lambda d: d.item.due_on)
            ],
        )


async def plan(on: date) -> list[Planned]:
    """What is sent and skipped on a day, by name: as decided, or as it would be by all known now.

    For today both; a day to come supposes that the days until then are worked off.
    """
    now = clock.today()
    found: list[Planned] = []
    if on >= now:
        missed = LATE if on == now else timedelta(0)
        there = await items(on, missed=missed)
        decided = rules.decisions([item for item, _ in there.values()], on, missed=missed)
        found += [_planned(d, there[d.item.about][1]) for d in decided]
    if on <= now:
        found += await _ledger(on)
    return sorted(found, key=lambda p: (p.name.lower(), p.due_on, p.about, -p.days))


def _planned(d: Decision, facts: Facts) -> Planned:
    return Planned(
        kind=d.item.kind,
        about=d.item.about,
        person=d.item.person,
        name=facts.name,
        email=facts.email,
        title=facts.title,
        url=facts.url,
        due_on=d.item.due_on,
        days=d.days,
        state="due" if d.state is ReminderState.SENT else d.state,
        reason=d.reason,
    )


DECIDED = """
SELECT r.kind, r.about, r.person, a.legal_name AS name, a.email, r.due_on, r.days, r.state,
  r.reason, coalesce(v.title, w.title, cv.title, pv.title) AS title,
  coalesce(k.slug, ck.slug) AS course_slug, coalesce(p.slug, pk.slug) AS path_slug
FROM reminder r JOIN account a ON a.id = r.person
LEFT JOIN assigned s ON s.id = r.about LEFT JOIN assignment m ON m.id = s.assignment
LEFT JOIN course k ON k.id = m.course
LEFT JOIN course_version v ON v.course = m.course AND v.is_current
LEFT JOIN path p ON p.id = m.path LEFT JOIN path_version w ON w.path = m.path AND w.is_current
LEFT JOIN completion c ON c.id = r.about LEFT JOIN enrollment e ON e.id = c.enrollment
LEFT JOIN course ck ON ck.id = e.course
LEFT JOIN course_version cv ON cv.course = e.course AND cv.is_current
LEFT JOIN path_completion pc ON pc.id = r.about LEFT JOIN path pk ON pk.id = pc.path
LEFT JOIN path_version pv ON pv.path = pc.path AND pv.is_current
WHERE r.decided_on = {}
"""


async def _ledger(on: date) -> list[Planned]:
    return [
        Planned(
            **{n: row[n] for n in Planned.__struct_fields__ if n != "url"},
            url=url_of(row["course_slug"], row["path_slug"]),
        )
        for row in await fetch(DECIDED, on)
    ]


async def plan_for(actor: Actor, on: date) -> list[Planned]:
    """The part of ``plan`` that is for the actor: a coordinator's own assignments."""
    actor.must(Permission.ASSIGN)
    found = await plan(on)
    if actor.relation(Permission.ASSIGN) is Relation.ANY:
        return found
    agencies = sorted(actor.agencies(Permission.ASSIGN))
    own = {
        row["id"] for row in await fetch(OWN.replace("{mine}", placeholders(agencies)), *agencies)
    }
    return [planned for planned in found if planned.about in own]


def mails(found: Iterable[Planned]) -> int:
    """How many mails the steps come to: one of a kind for each person."""
    return len({(p.person, p.kind) for p in found if p.state != ReminderState.SKIPPED})
