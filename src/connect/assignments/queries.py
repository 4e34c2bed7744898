"""Assignments as their makers and their people see them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.assignments.matching import having
from connect.assignments.tables import Assignment
from connect.db import fetch, placeholders
from connect.errors import NotFound
from connect.learning.enrolling import faults_of
from connect.lists import DISCIPLINES, ROSTER_CATEGORIES
from connect.policy import Actor, Permission, Relation

SHOWN = """
SELECT m.id, m.course, m.path, k.slug AS course_slug, p.slug AS path_slug,
  coalesce(v.title, w.title) AS title, m.discipline, m.title AS person_title, m.role, m.category,
  m.agency, g.name AS agency_name, m.only_sharing, m.due_on, m.due_days, m.made_at, m.ended_at,
  (SELECT count(*) FROM assigned s WHERE s.assignment = m.id AND s.ended_at IS NULL) AS people
FROM assignment m LEFT JOIN course k ON k.id = m.course
LEFT JOIN course_version v ON v.course = m.course AND v.is_current
LEFT JOIN path p ON p.id = m.path LEFT JOIN path_version w ON w.path = m.path AND w.is_current
LEFT JOIN agency g ON g.id = m.agency
WHERE {filters} ORDER BY m.id DESC{limit}
"""
PEOPLE = """
SELECT s.id, s.person, a.legal_name AS name, s.due_on, s.assigned_on,
  CASE WHEN s.person IN ({having}) THEN 1 ELSE 0 END AS done
FROM assigned s JOIN account a ON a.id = s.person JOIN assignment m ON m.id = s.assignment
WHERE s.assignment = {} AND s.ended_at IS NULL AND {sharing}
ORDER BY s.due_on, lower(a.legal_name), s.id{limit}
"""
# A consent that ended since the last look: nothing is told of that person any more.
SHARING = """(NOT m.only_sharing OR EXISTS (SELECT 1 FROM affiliation f
  WHERE f.account = s.person AND f.agency = m.agency AND f.consented_at IS NOT NULL))"""
MINE = """
SELECT s.due_on, m.course, m.path, k.slug AS course_slug, p.slug AS path_slug,
  coalesce(v.title, w.title) AS title, g.name AS agency_name
FROM assigned s JOIN assignment m ON m.id = s.assignment AND m.ended_at IS NULL
LEFT JOIN course k ON k.id = m.course
LEFT JOIN course_version v ON v.course = m.course AND v.is_current
LEFT JOIN path p ON p.id = m.path LEFT JOIN path_version w ON w.path = m.path AND w.is_current
LEFT JOIN agency g ON g.id = m.agency
WHERE s.person = {} AND s.ended_at IS NULL ORDER BY s.due_on, s.id
"""


class Shown(msgspec.Struct, frozen=True):
    """An assignment with its names, and how many people it has."""

    id: UUID
    course: UUID | None
    path: UUID | None
    course_slug: str | None
    path_slug: str | None
    title: str
    discipline: str | None
    person_title: str
    role: str | None
    category: str | None
    agency: UUID | None
    agency_name: str | None
    only_sharing: bool
    due_on: date | None
    due_days: int | None
    made_at: datetime
    ended_at: datetime | None
    people: int

    @property
    def url(self) -> str:
        return url_of(self.course_slug, self.path_slug)

    @property
    def whom(self) -> str:
        """Of whom it is asked, in words."""
        parts = [
            DISCIPLINES[self.discipline].label if self.discipline else "",
            f"title with “{self.person_title}”" if self.person_title else "",
            f"role {self.role}" if self.role else "",
            ROSTER_CATEGORIES[self.category].label if self.category else "",
            self.agency_name or "",
        ]
        return ", ".join(part for part in parts if part)


class Person(msgspec.Struct, frozen=True):
    """Somebody of whom something is asked now."""

    id: UUID  # of the row
    person: UUID
    name: str
    due_on: date
    assigned_on: date
    done: bool


class Mine(msgspec.Struct, frozen=True):
    """Something that is asked of the one who looks, and not done."""

    title: str
    url: str
    due_on: date
    agency: str
    cannot: str  # the rule by which it cannot be begun yet; empty when it can


def url_of(course_slug: str | None, path_slug: str | None) -> str:
    return f"/courses/{course_slug}" if course_slug else f"/paths/{path_slug}"


def _reach(actor: Actor) -> tuple[str, list[Any]]:
    """The condition that an assignment is for the actor to see."""
    actor.must(Permission.ASSIGN)
    if actor.relation(Permission.ASSIGN) is Relation.ANY:
        return "1 = 1", []
    agencies = sorted(actor.agencies(Permission.ASSIGN))
    return f"m.only_sharing AND m.agency IN ({placeholders(agencies)})", [*agencies]


async def assignments(actor: Actor, *, before: UUID | None = None, limit: int) -> list[Shown]:
    """Assignments that are not ended, newest first, one more than *limit* at most."""
    condition, values = _reach(actor)
    filters = f"m.ended_at IS NULL AND {condition}"
    if before:
        filters += " AND m.id < {}"
        values.append(before)
    sql = SHOWN.replace("{filters}", filters).replace("{limit}", f" LIMIT {int(limit) + 1}")
    return msgspec.convert(await fetch(sql, *values), list[Shown], strict=False)


async def assignment_of(actor: Actor, assignment_id: UUID) -> Shown:
    """One assignment, ended or not.

    Raises:
        NotFound: no such assignment, or it is not for the actor.
    """
    condition, values = _reach(actor)
    sql = SHOWN.replace("{filters}", f"m.id = {{}} AND {condition}").replace("{limit}", "")
    found = await fetch(sql, assignment_id, *values)
    if not found:
        raise NotFound
    return msgspec.convert(found[0], Shown, strict=False)


async def people_of(
    row: Shown | Assignment, *, on: date | None = None, limit: int | None = None
) -> list[Person]:
    """Of whom an assignment asks now, those first whose day comes first; without *limit*, all."""
    sql, values = await having(row.course, row.path, on or clock.today())
    sql = PEOPLE.replace("{having}", sql).replace("{sharing}", SHARING)
    sql = sql.replace("{limit}", "" if limit is None else f" LIMIT {int(limit)}")
    return msgspec.convert(await fetch(sql, *values, row.id), list[Person], strict=False)


async def assigned_to(actor: Actor) -> list[Mine]:
    """What is asked of the actor and not done, by due day; the same thing asked twice once."""
    rows = await fetch(MINE, actor.id)
    on = clock.day_in(actor.time_zone, clock.now())
    found: dict[str, Mine] = {}
    for row in rows:
        url = url_of(row["course_slug"], row["path_slug"])
        if url in found or await _has(actor.id, row, on):
            continue
        cannot = ""
        if row["course_slug"]:
            cannot = (await faults_of([actor.id], row["course_slug"])).get(actor.id, "")
        found[url] = Mine(row["title"], url, row["due_on"], row["agency_name"] or "", cannot)
    return list(found.values())


async def _has(person: UUID, row: dict[str, Any], on: date) -> bool:
    sql, values = await having(row["course"], row["path"], on)
    one = f"SELECT 1 FROM ({sql}) h WHERE h.learner = {{}} LIMIT 1"  # noqa: S608 -- our own words
    return bool(await fetch(one, *values, person))
