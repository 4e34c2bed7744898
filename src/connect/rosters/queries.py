"""An agency's people and the courses that it requires, for its coordinators."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.agencies.queries import family_of, standing_agency
from connect.agencies.tables import Agency
from connect.certificates.queries import standing
from connect.db import fetch, placeholders, snapshot
from connect.errors import Invalid, NotFound
from connect.learning.queries import BY_HAND
from connect.lists import ROSTER_CATEGORIES
from connect.policy import Actor, Permission
from connect.rosters import rules
from connect.rosters.rules import Done, Required, Standing, State

AT_ONCE = 500  # people, of whom completions are read in one statement

REQUIRED = """
SELECT r.course, k.slug, v.title, r.category, r.valid_months FROM required_course r
JOIN course k ON k.id = r.course JOIN course_version v ON v.course = k.id AND v.is_current
WHERE r.agency = {} AND r.ended_at IS NULL ORDER BY v.title, k.slug
"""
PEOPLE = """
SELECT f.id, f.account, a.legal_name AS name, a.email, a.status, a.time_zone, f.title, f.category,
  f.is_supervisor, f.since, f.until, f.consented_at
FROM affiliation f JOIN account a ON a.id = f.account{latest}
WHERE f.agency IN ({agencies}) AND a.status <> 'merged'{filters}
ORDER BY lower(a.legal_name), f.id{limit}
"""
# Whose last day is not over, and whose account is open.
CURRENT = " AND (f.until IS NULL OR f.until >= {}) AND a.status NOT IN ('closed', 'erased')"
BEHIND = """ AND (lower(a.legal_name), f.id) > (SELECT lower(b.legal_name), g.id
  FROM affiliation g JOIN account b ON b.id = g.account
  WHERE g.id = {} AND g.agency IN ({agencies}))
"""
# What coordinators may know of completions: of those who consented, and of the time when they
# worked there. Every statement that reads a completion is made with it.
SHARED = """
FROM affiliation f JOIN completion c ON c.learner = f.account
JOIN enrollment e ON e.id = c.enrollment{numbered}
WHERE f.consented_at IS NOT NULL AND (f.until IS NULL OR c.day <= f.until)
  AND c.enrollment NOT IN (SELECT source FROM certificate
    WHERE source_kind = 'enrollment' AND status = 'revoked')
"""
# What was accepted of other providers and stands for a course of ours (R17), under the same terms.
ELSEWHERE = """
FROM affiliation f JOIN external_completion c ON c.account = f.account
WHERE f.consented_at IS NOT NULL AND (f.until IS NULL OR c.day <= f.until)
  AND c.state = 'accepted'
"""
NUMBERED = f" JOIN certificate x ON {standing('x', 'c.enrollment')}"
COMPLETIONS = f"""
SELECT f.id, e.course, c.day, x.number, {BY_HAND} AS by_hand,
  1 = 0 AS elsewhere{SHARED.replace("{numbered}", NUMBERED)}
  AND f.id IN ({{people}}) AND e.course IN ({{courses}})
UNION ALL SELECT f.id, c.course, c.day, '', 1 = 0, 1 = 1{ELSEWHERE}
  AND f.id IN ({{people}}) AND c.course IN ({{courses}})
"""
LATEST = f"""
LEFT JOIN (SELECT s.id, {{columns}} FROM (
  SELECT f.id, e.course, c.day{SHARED.replace("{numbered}", "")}
    AND f.agency IN ({{agencies}}) AND e.course IN ({{courses}})
  UNION ALL SELECT f.id, c.course, c.day{ELSEWHERE}
    AND f.agency IN ({{agencies}}) AND c.course IN ({{courses}})
) s GROUP BY s.id) d ON d.id = f.id
"""  # noqa: S608 -- our own words


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which of an agency's people are asked for; empty: all who work there now."""

    q: str = ""  # parts of words that all stand in the name, in any case
    category: str = ""
    state: str = ""  # of the person, or of the course when one is named
    course: str = ""  # slug of a required course: those of whom it is asked
    include_former: bool = False


class Person(msgspec.Struct, frozen=True):
    """One of an agency's people, as its coordinators see them."""

    id: UUID  # of the affiliation
    account: UUID
    name: str
    email: str
    status: str  # of the account
    time_zone: str
    title: str
    category: str | None
    is_supervisor: bool
    since: date
    until: date | None
    consented: bool
    state: State
    courses: list[Standing]


async def roster_agency(actor: Actor, agency_id: UUID) -> Agency:
    """The agency whose people the actor may see, by this id or one that was merged into it.

    Raises:
        NotFound: no such agency, or its people are not for the actor.
    """
    actor.must(Permission.READ_AGENCY_PEOPLE)
    row = await standing_agency(agency_id)
    if not actor.may(Permission.READ_AGENCY_PEOPLE, agency=row.id):
        raise NotFound
    return row


async def required_courses(agency: UUID) -> list[Required]:
    """The courses that an agency requires now, by title."""
    return msgspec.convert(await fetch(REQUIRED, agency), list[Required])


async def required_course(agency: UUID, slug: str) -> Required:
    """One course that an agency requires now.

    Raises:
        NotFound: it does not.
    """
    found = next((r for r in await required_courses(agency) if r.slug == slug), None)
    if found is None:
        raise NotFound
    return found


async def people(
    agency: UUID, filters: Filters, *, after: UUID | None = None, limit: int | None = None
) -> list[Person]:
    """An agency's people by name, one more than *limit* when there are more; without it, all.

    Who may see them was asked before, by ``roster_agency``.

    Args:
        after: the affiliation behind which to begin.

    Raises:
        Invalid: a filter names what is not there.
    """
    family = await family_of(agency)
    async with snapshot():  # a consent that ends in between must not read as "missing"
        required = await required_courses(agency)
        rows = await _rows(family, filters, required, after, limit)
        return await _judged(rows, required)


async def chosen(agency: UUID, ids: list[UUID]) -> list[Person]:
    """Those of *ids* who are an agency's people, former ones too, in no order."""
    family = await family_of(agency)
    required = await required_courses(agency)
    if not ids:
        return []
    sql = PEOPLE.replace("{latest}", "").replace("{limit}", "")
    sql = sql.replace("{agencies}", placeholders(family))
    sql = sql.replace("{filters}", f" AND f.id IN ({placeholders(ids)})")
    return await _judged(await fetch(sql, *family, *ids), required)


def is_current(person: Person, on: date) -> bool:
    """As ``CURRENT`` says it."""
    ended = person.until is not None and person.until < on
    return not ended and person.status not in ("closed", "erased")


async def _rows(
    family: list[UUID],
    filters: Filters,
    required: list[Required],
    after: UUID | None,
    limit: int | None,
) -> list[dict[str, Any]]:
    on = clock.today()
    where, values = "", list[Any]()
    for word in filters.q.lower().replace("%", "").replace("_", "").replace("\\", "").split()[:5]:
        where += " AND lower(a.legal_name) LIKE {}"
        values.append(f"%{word}%")
    if filters.category:
        if filters.category not in ROSTER_CATEGORIES:
            raise Invalid({"category": "Choose a category from the list."})
        where += " AND f.category = {}"
        values.append(filters.category)
    if not filters.include_former:
        where += CURRENT
        values.append(on)
    asked = required
    if filters.course:
        asked = [r for r in required if r.slug == filters.course]
        if not asked:
            raise Invalid({"course": "Choose one of the courses that the agency requires."})
        if asked[0].category:
            where += " AND f.category = {}"
            values.append(asked[0].category)
    latest, first = "", list[Any]()
    if filters.state:
        condition, more = _in_state(State(filters.state), asked, on)
        where += f" AND {condition}"
        values += more
        if asked and filters.state != State.UNKNOWN:
            latest, first = _latest(family, asked)
    if after:
        where += BEHIND
        values += [after, *family]
    sql = PEOPLE.replace("{latest}", latest).replace("{filters}", where)
    end = "" if limit is None else f" LIMIT {int(limit) + 1}"
    sql = sql.replace("{agencies}", placeholders(family)).replace("{limit}", end)
    return await fetch(sql, *first, *family, *values)


def _latest(family: list[UUID], required: list[Required]) -> tuple[str, list[Any]]:
    """A join that gives the last completion of each course as ``d.day0``, ``d.day1``, …"""
    columns = (
        f"max(CASE WHEN s.course = {{}} THEN s.day END) AS day{n}" for n in range(len(required))
    )
    courses = [r.course for r in required]
    sql = LATEST.replace("{columns}", ", ".join(columns)).replace(
        "{courses}", placeholders(courses)
    )
    return sql, [*courses, *family, *courses, *family, *courses]


def _in_state(state: State, required: list[Required], on: date) -> tuple[str, list[Any]]:
    """The condition that is true of people in *state*, as ``rules.standings`` says it."""
    if state is State.UNKNOWN:
        return "f.consented_at IS NULL", []
    missing, values_missing = _short(required, on)
    short, values_short = _short(required, on + rules.SOON)
    condition, values = {
        State.MISSING: (missing, values_missing),
        State.EXPIRING: (f"NOT {missing} AND {short}", [*values_missing, *values_short]),
        State.COMPLETE: (f"NOT {short}", values_short),
    }[state]
    return f"f.consented_at IS NOT NULL AND {condition}", values


def _short(required: list[Required], on: date) -> tuple[str, list[Any]]:
    """The condition that some required course does not count on the day *on*."""
    parts, values = ["1 = 0"], list[Any]()
    for number, course in enumerate(required):
        lacking = f"(d.day{number} IS NULL OR d.day{number} < {{}})"
        values.append(rules.counts_from(course.valid_months, on))
        if course.category:
            lacking = f"({lacking} AND f.category IS NOT NULL AND f.category = {{}})"
            values.append(course.category)
        parts.append(lacking)
    return f"({' OR '.join(parts)})", values


async def _judged(rows: list[dict[str, Any]], required: list[Required]) -> list[Person]:
    """People as the rules judge them; of who did not consent no completion is read."""
    done: dict[UUID, list[Done]] = {}
    courses = [r.course for r in required]
    sharing = [row["id"] for row in rows if row["consented_at"]] if courses else []
    for first in range(0, len(sharing), AT_ONCE):
        ids = sharing[first : first + AT_ONCE]
        sql = COMPLETIONS.replace("{people}", placeholders(ids)).replace(
            "{courses}", placeholders(courses)
        )
        for row in await fetch(sql, *ids, *courses, *ids, *courses):
            done.setdefault(row["id"], []).append(_done(row))
    on = clock.today()
    found = []
    for row in rows:
        consented = row.pop("consented_at") is not None
        state, courses_of = rules.standings(
            category=row["category"],
            consented=consented,
            required=required,
            done=done.get(row["id"], ()),
            today=on,
        )
        found.append(Person(**row, consented=consented, state=state, courses=courses_of))
    return found


def _done(row: dict[str, Any]) -> Done:
    by_hand, elsewhere = bool(row["by_hand"]), bool(row["elsewhere"])
    return Done(row["course"], row["day"], row["number"], by_hand=by_hand, elsewhere=elsewhere)
