"""Who fits an assignment and who has what it asks for, as statements of SQL."""

from datetime import date
from typing import Any
from uuid import UUID

from connect.accounts.tables import AccountStatus
from connect.agencies.queries import family_of
from connect.assignments.tables import Assignment
from connect.catalog.queries import content_of
from connect.certificates.queries import standing
from connect.db import fetch, placeholders
from connect.rosters.rules import counts_from

Sql = tuple[str, list[Any]]  # with {} for each value
REACHABLE = (
    AccountStatus.ACTIVE_UNVERIFIED,
    AccountStatus.ACTIVE_VERIFIED,
    AccountStatus.REVERIFY_DUE,
)
REACHABLE_SQL = "IN ({})".format(", ".join(f"'{status}'" for status in REACHABLE))
HERE = "f.since <= {} AND (f.until IS NULL OR f.until >= {})"
FITTING = """
SELECT a.id AS person, {joined} AS joined FROM account a {join}
WHERE a.status {reachable}{filters} GROUP BY a.id
"""
COMPLETED = """
SELECT c.learner FROM completion c JOIN enrollment e ON e.id = c.enrollment
JOIN certificate x ON {standing}
WHERE e.course = {} AND x.status <> 'revoked' AND ({counting})
""".replace("{standing}", standing("x", "c.enrollment"))
# With another provider, and accepted for the course (R17); it lasts as what is published now.
ELSEWHERE = (
    "SELECT account AS learner FROM external_completion WHERE state = 'accepted' AND course = {}"
)
PATH_COMPLETED = """
SELECT c.learner FROM path_completion c LEFT JOIN certificate x ON {standing}
WHERE c.path = {} AND (x.id IS NULL OR x.status <> 'revoked')
  AND (c.expires_on IS NULL OR c.expires_on > {})
""".replace("{standing}", standing("x", "c.enrollment", "path_enrollment"))
UNDER_WAY = (
    "SELECT learner FROM enrollment WHERE course = {} AND state IN ('enrolled', 'in_progress')"
)
PATH_UNDER_WAY = "SELECT learner FROM path_enrollment WHERE path = {} AND completed_at IS NULL"


async def fitting(row: Assignment, today: date) -> Sql:
    """The people who fit: ``person``, and ``joined``, the first day at work (None: not asked)."""
    where, values = "", list[Any]()
    at_work = bool(row.agency or row.category or row.only_sharing)
    join = f"{'' if at_work else 'LEFT '}JOIN affiliation f ON f.account = a.id AND {HERE}"
    values += [today, today]
    family: list[UUID] = []
    if row.agency:
        family = await family_of(row.agency)
        where += f" AND f.agency IN ({placeholders(family)})"
        values += family
    if row.only_sharing:
        where += " AND f.consented_at IS NOT NULL"
    if row.category:
        where += " AND f.category = {}"
        values.append(row.category)
    if row.discipline:
        # At an agency, what somebody does there; elsewhere the person's own word counts, too.
        where += (
            " AND coalesce(f.discipline, a.discipline) = {}"
            if at_work
            else " AND (a.discipline = {} OR f.discipline = {})"
        )
        values += [row.discipline] if at_work else [row.discipline] * 2
    for word in words_of(row.title):
        where += " AND lower(coalesce(nullif(f.title, ''), a.title)) LIKE {}"
        values.append(f"%{word}%")
    if row.role:
        where += " AND EXISTS (SELECT 1 FROM role_grant g WHERE g.account = a.id AND g.role = {}"
        values.append(row.role)
        if family:
            where += f" AND g.agency IN ({placeholders(family)})"
            values += family
        where += ")"
    sql = FITTING.replace("{join}", join).replace("{reachable}", REACHABLE_SQL)
    sql = sql.replace("{joined}", "min(f.since)" if at_work else "NULL")
    return sql.replace("{filters}", where), values


def words_of(title: str) -> list[str]:
    """The words that have to stand in a title, without letters that LIKE reads as wildcards."""
    plain = title.lower().replace("%", "").replace("_", "").replace("\\", "")
    return plain.split()[:5]


async def having(course: UUID | None, path: UUID | None, on: date) -> Sql:
    """The people with a completion of a course, or of a path, that counts on the day *on*."""
    if course is None:
        return PATH_COMPLETED, [path, on]
    by_months: dict[int | None, list[UUID]] = {}
    lasts: int | None = None
    for row in await fetch("SELECT id, is_current FROM course_version WHERE course = {}", course):
        months = (await content_of(row["id"])).valid_months
        by_months.setdefault(months, []).append(row["id"])
        lasts = months if row["is_current"] else lasts
    parts, values = ["1 = 0"], list[Any]([course])
    for months, versions in by_months.items():
        part = f"e.version IN ({placeholders(versions)})"
        values += versions
        if months is not None:
            part += " AND c.day >= {}"
            values.append(counts_from(months, on))
        parts.append(f"({part})")
    here = COMPLETED.replace("{counting}", " OR ".join(parts))
    sql, values = f"{here} UNION ALL {ELSEWHERE}", [*values, course]
    if lasts is not None:
        sql, values = f"{sql} AND day >= {{}}", [*values, counts_from(lasts, on)]
    return sql, values


def under_way(course: UUID | None, path: UUID | None) -> Sql:
    """The people who are enrolled in a course or a path and have not finished."""
    return (PATH_UNDER_WAY, [path]) if course is None else (UNDER_WAY, [course])
