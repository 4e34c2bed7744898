"""Grants with their courses, and the grant of a course on a day."""

from datetime import date
from typing import Any
from uuid import UUID

from connect.db import fetch, placeholders
from connect.errors import NotFound
from connect.policy import Actor, Permission

LISTED = """
SELECT id, award_number, title, starts_on, ends_on, acknowledgement FROM grant_award
{where}ORDER BY starts_on DESC, id DESC{limit}
"""
BEFORE = "WHERE (starts_on, id) < (SELECT starts_on, id FROM grant_award WHERE id = {}) "
COURSES = """
SELECT m."grant", k.slug, v.title, m.since, m.until FROM course_grant m
JOIN course k ON k.id = m.course LEFT JOIN course_version v ON v.course = k.id AND v.is_current
WHERE m."grant" IN ({grants}) ORDER BY k.slug
"""
ON_DAY = """
SELECT g.id FROM course_grant m JOIN grant_award g ON g.id = m."grant"
JOIN course k ON k.id = m.course
WHERE k.slug = {} AND m.since <= {} AND COALESCE(m.until, g.ends_on) >= {} AND g.ends_on >= {}
"""


async def grant_on(course: str, day: date) -> UUID | None:
    """The grant that pays the course with this slug on *day*; None when none does."""
    rows = await fetch(ON_DAY, course, day, day, day)
    return rows[0]["id"] if rows else None


async def grant_by_id(actor: Actor, grant_id: UUID) -> dict[str, Any]:
    """One grant with its courses.

    Raises:
        NotFound: there is none.
    """
    actor.must(Permission.MANAGE_GRANTS)
    rows = await fetch(_sql("WHERE id = {} ", None), grant_id)
    if not rows:
        raise NotFound
    return (await _with_courses(rows))[0]


async def grants(
    actor: Actor, *, after: UUID | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """Grants with their courses, latest first, one more than *limit* when there are more."""
    actor.must(Permission.MANAGE_GRANTS)
    sql = _sql(BEFORE if after else "", limit)
    return await _with_courses(await fetch(sql, *([after] if after else [])))


def _sql(where: str, limit: int | None) -> str:
    end = "" if limit is None else f" LIMIT {int(limit) + 1}"
    return LISTED.replace("{where}", where).replace("{limit}", end)


async def _with_courses(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each of *rows* with ``courses``: ``{slug, title, since, until}``."""
    found: dict[UUID, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    if found:
        marks = placeholders(found)
        for course in await fetch(COURSES.replace("{grants}", marks), *found):
            found[course.pop("grant")].append(course)
    return [row | {"courses": found[row["id"]]} for row in rows]
