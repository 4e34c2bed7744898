"""How far an agency is with its training: read live from roster and completions, in few statements.

Only what people share with the agency is read, as its own list of people does (R30).
"""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from connect.agencies.queries import family_of
from connect.db import fetch, placeholders, snapshot
from connect.lists import ROSTER_CATEGORIES
from connect.readiness import rules
from connect.readiness.criteria import RequirementSet
from connect.readiness.rules import Criterion, Need, Rostered
from connect.rosters.queries import ELSEWHERE, SHARED
from connect.rosters.rules import counts_from

EARLIEST = date(1900, 1, 1)
BITS = {category: 1 << n for n, category in enumerate(ROSTER_CATEGORIES)}
# As ``rules.is_exempt`` says it.
EXEMPT = """((l.exemption IS NOT NULL AND l.exempt_until >= {})
  OR (l.hired_on IS NOT NULL AND l.hired_on > {}))"""
LINES = """
SELECT l.account, l.name AS typed, l.category,
  CASE WHEN {exempt} THEN 1 ELSE 0 END AS is_exempt
FROM roster_line l WHERE l.agency = {} AND l.since <= {} AND (l.until IS NULL OR l.until >= {})
"""
# One row a person; sets of categories as sums of BITS.
PEOPLE = """
SELECT m.account, a.legal_name AS name, m.asked, m.exempt FROM (
  SELECT r.account, {asked} AS asked, {waiting} AS exempt
  FROM ({lines}) r WHERE r.account IS NOT NULL GROUP BY r.account
) m JOIN account a ON a.id = m.account
"""
TYPED = "SELECT r.typed, r.category, r.is_exempt FROM ({lines}) r WHERE r.account IS NULL"
SHARING = """
SELECT DISTINCT f.account FROM affiliation f
WHERE f.agency IN ({agencies}) AND f.consented_at IS NOT NULL
"""
COURSES = "SELECT DISTINCT v.course, v.code FROM course_version v WHERE v.code IN ({codes})"
# What each person has, as a sum of 1, 2, 4 …: one for each need that some course can meet.
# Here, or with another provider and accepted for a course of ours (R17).
DONE = f"""
SELECT s.account, {{columns}} AS done FROM (
  SELECT f.account, e.course, c.day{SHARED.replace("{numbered}", "")}
    AND f.agency IN ({{agencies}}) AND e.course IN ({{courses}}) AND c.day <= {{}}
  UNION ALL SELECT f.account, c.course, c.day{ELSEWHERE}
    AND f.agency IN ({{agencies}}) AND c.course IN ({{courses}}) AND c.day <= {{}}
) s GROUP BY s.account
"""  # noqa: S608 -- our own words


async def coverage_of(
    agency_id: UUID, requirement_set: RequirementSet, on: date, *, roster_of: date | None = None
) -> list[Criterion]:
    """How far an agency is on the day *on* with each training rule of a set.

    Args:
        roster_of: the day whose roster is judged; None: that of *on*.
    """
    people = await rostered(agency_id, requirement_set, on, roster_of=roster_of)
    return rules.criteria_of(people, requirement_set)


async def rostered(
    agency_id: UUID, asked: RequirementSet | None, on: date, *, roster_of: date | None = None
) -> list[Rostered]:
    """Everybody on an agency's roster, by name, with what they have on a day of what is asked.

    Args:
        roster_of: the day whose roster is meant; None: that of *on*. Exemptions go by *on*.
    """
    family = await family_of(agency_id)
    lines = LINES.replace("{exempt}", EXEMPT)
    rostered_on = roster_of or on
    given = [on, on - rules.NEW_HIRE, agency_id, rostered_on, rostered_on]
    async with snapshot():  # a consent that ends in between must not read as "missing"
        sql = PEOPLE.replace("{lines}", lines)
        sql = sql.replace("{asked}", _bits(0)).replace("{waiting}", _bits(1))
        people = await fetch(sql, *given)
        typed = await fetch(TYPED.replace("{lines}", lines), *given)
        sharing = await fetch(SHARING.replace("{agencies}", placeholders(family)), *family)
        done = await _done(family, asked, on) if asked else {}
    shares = {row["account"] for row in sharing}
    found = [
        Rostered(
            key=str(row["account"]),
            name=row["name"] or rules.ERASED,
            asked=_categories(row["asked"]),
            exempt=_categories(row["exempt"]),
            done=done.get(row["account"], frozenset()),
            shares=row["account"] in shares,
        )
        for row in people
    ]
    return sorted([*found, *_typed(typed)], key=lambda person: rules.plain_name(person.name))


async def _done(family: list[UUID], asked: RequirementSet, on: date) -> dict[UUID, frozenset[Need]]:
    """What each person has completed in time of what a set asks."""
    codes = sorted({c for rule in asked.training for some in rule.every for c in some})
    if not codes:
        return {}
    by_code: dict[str, set[UUID]] = {}
    for row in await fetch(COURSES.replace("{codes}", placeholders(codes)), *codes):
        by_code.setdefault(row["code"], set()).add(row["course"])
    columns, values, needs = [], list[Any](), list[Need]()
    for rule in asked.training:
        since = max(EARLIEST, counts_from(rule.months, on))
        for number, some in enumerate(rule.every):
            courses = sorted({course for code in some for course in by_code.get(code, ())})
            if courses:
                columns.append(
                    f"max(CASE WHEN s.course IN ({placeholders(courses)}) AND s.day >= {{}} "
                    f"THEN {1 << len(needs)} ELSE 0 END)"
                )
                values += [*courses, since]
                needs.append((rule.id, number))
    if not needs:
        return {}
    every = sorted({course for courses in by_code.values() for course in courses})
    sql = DONE.replace("{columns}", " + ".join(columns)).replace("{agencies}", placeholders(family))
    theirs = [*family, *every, on]
    rows = await fetch(sql.replace("{courses}", placeholders(every)), *values, *theirs, *theirs)
    sets: dict[int, frozenset[Need]] = {}
    for bits in {row["done"] for row in rows}:
        sets[bits] = frozenset(need for n, need in enumerate(needs) if bits >> n & 1)
    return {row["account"]: sets[row["done"]] for row in rows}


def _typed(rows: list[dict[str, Any]]) -> list[Rostered]:
    """Names without an account: the same name is one person, of whom nothing is known."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        lines.setdefault(rules.plain_name(row["typed"]), []).append(row)
    return [
        Rostered(
            key=key,
            name=min(row["typed"] for row in its) or rules.ERASED,
            asked=frozenset(row["category"] for row in its if not row["is_exempt"]),
            exempt=frozenset(row["category"] for row in its if row["is_exempt"]),
            shares=False,
        )
        for key, its in lines.items()
    ]


def _bits(is_exempt: int) -> str:
    """The categories of a person's lines that are exempt, or are not, as one number."""
    return " + ".join(
        f"max(CASE WHEN r.category = '{category}' AND r.is_exempt = {is_exempt} "
        f"THEN {bit} ELSE 0 END)"
        for category, bit in BITS.items()
    )


@cache
def _categories(bits: int) -> frozenset[str]:
    return frozenset(category for category, bit in BITS.items() if bits & bit)
