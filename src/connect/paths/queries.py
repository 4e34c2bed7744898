"""Paths as the public sees them; what is recorded of a learner, found only for its owner."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.catalog.path_check import PathContent
from connect.catalog.queries import content_of
from connect.certificates.queries import standing
from connect.db import fetch, locked, one, placeholders
from connect.errors import NotFound
from connect.paths.rules import Done
from connect.paths.tables import PathEnrollment

CURRENT = """
SELECT p.slug, v.id, v.path, v.number, v.content FROM path_version v JOIN path p ON p.id = v.path
WHERE v.is_current{filters} ORDER BY p.slug{limit}
"""
COURSES = """
SELECT k.id, k.slug, v.title, v.contact_minutes AS minutes FROM course k
JOIN course_version v ON v.course = k.id AND v.is_current WHERE k.slug IN ({marks})
"""
ON_PATH = standing("x", "c.enrollment", "path_enrollment")
# By its certificate a completion that was found to be wrong is told from the others.
COMPLETED = """
SELECT k.slug, c.day, c.completed_at, c.minutes, e.version, x.number FROM completion c
JOIN enrollment e ON e.id = c.enrollment JOIN course k ON k.id = e.course
JOIN certificate x ON {standing}
WHERE c.learner = {} AND k.slug IN ({marks}) AND x.status <> 'revoked'
""".replace("{standing}", standing("x", "c.enrollment"))
# With another provider, and accepted for a course of ours (R17); it lasts as what is published now.
ELSEWHERE = """
SELECT k.slug, c.day, v.id AS version FROM external_completion c JOIN course k ON k.id = c.course
JOIN course_version v ON v.course = k.id AND v.is_current
WHERE c.account = {} AND k.slug IN ({marks}) AND c.state = 'accepted'
"""
EARLIER = """
SELECT c.day, c.expires_on, c.completed_at, c.enrollment FROM path_completion c
LEFT JOIN certificate x ON {standing}
WHERE c.learner = {} AND c.path = {} AND (x.id IS NULL OR x.status <> 'revoked')
ORDER BY c.completed_at DESC LIMIT 1
""".replace("{standing}", ON_PATH)
COMPLETION = """
SELECT c.day, c.expires_on, c.completed_at, x.number FROM path_completion c
LEFT JOIN certificate x ON {standing} WHERE c.enrollment = {}
""".replace("{standing}", ON_PATH)
FINISHED = """
SELECT p.slug, v.title, v.content, c.day, c.expires_on, c.minutes, x.number AS certificate
FROM path_completion c JOIN path_enrollment e ON e.id = c.enrollment
JOIN path_version v ON v.id = e.version JOIN path p ON p.id = c.path
LEFT JOIN certificate x ON {standing}
WHERE c.learner = {} ORDER BY c.completed_at DESC, c.id LIMIT 100
""".replace("{standing}", ON_PATH)
UNDER_WAY = """
SELECT p.slug, v.title FROM path_enrollment e JOIN path_version v ON v.id = e.version
JOIN path p ON p.id = e.path WHERE e.learner = {} AND e.completed_at IS NULL
ORDER BY e.enrolled_at DESC LIMIT 5
"""


class Published(msgspec.Struct, frozen=True):
    """A version of a path."""

    id: UUID
    path: UUID
    number: int
    content: PathContent


class Earlier(msgspec.Struct, frozen=True):
    """The last completion of a path by somebody."""

    day: date
    expires_on: date | None
    completed_at: Any
    enrollment: UUID


def _published(row: dict[str, Any]) -> Published:
    content = msgspec.json.decode(row["content"], type=PathContent)
    return Published(row["id"], row["path"], row["number"], content)


async def paths(*, after: str = "", limit: int) -> list[Published]:
    """Published paths by slug, one more than *limit* at most."""
    filters, values = (" AND p.slug > {}", [after]) if after else ("", [])
    sql = CURRENT.replace("{filters}", filters).replace("{limit}", f" LIMIT {int(limit) + 1}")
    return [_published(row) for row in await fetch(sql, *values)]


async def current_path(slug: str) -> Published:
    """The published version of a path.

    Raises:
        NotFound: there is no such path.
    """
    sql = CURRENT.replace("{filters}", " AND p.slug = {}").replace("{limit}", "")
    found = await fetch(sql, slug)
    if not found:
        raise NotFound
    return _published(found[0])


async def path_version(version: UUID) -> Published:
    """A version of a path, current or not."""
    sql = CURRENT.replace("WHERE v.is_current{filters}", "WHERE v.id = {}").replace("{limit}", "")
    return _published((await fetch(sql, version))[0])


async def offered_paths() -> list[tuple[str, str]]:
    """Every published path to choose from: slug and title, by slug."""
    found = await paths(limit=1000)
    return [(row.content.slug, row.content.title) for row in found]


async def courses_in(contents: Sequence[PathContent]) -> dict[str, dict[str, Any]]:
    """The courses that paths name as they are published now: slug → id, slug, title, minutes."""
    slugs = sorted({c.course for content in contents for c in content.courses})
    if not slugs:
        return {}
    rows = await fetch(COURSES.replace("{marks}", placeholders(slugs)), *slugs)
    return {row["slug"]: row for row in rows}


async def done_by(learner: UUID, content: PathContent) -> dict[str, list[Done]]:
    """What somebody completed of a path's courses, in all cycles, here or with somebody else.

    The minutes of others are not ours to certify: they count as none.
    """
    slugs = [c.course for c in content.courses]
    marks = placeholders(slugs)
    rows = await fetch(COMPLETED.replace("{marks}", marks), learner, *slugs)
    found: dict[str, list[Done]] = {}
    for row in rows:
        months = (await content_of(row["version"])).valid_months
        done = Done(row["day"], row["completed_at"], row["minutes"], months, row["number"])
        found.setdefault(row["slug"], []).append(done)
    for row in await fetch(ELSEWHERE.replace("{marks}", marks), learner, *slugs):
        months = (await content_of(row["version"])).valid_months
        at = clock.midnight("UTC", row["day"])
        done = Done(row["day"], at, 0, months, elsewhere=True)
        found.setdefault(row["slug"], []).append(done)
    return found


async def earlier_completion(learner: UUID, path: UUID) -> Earlier | None:
    """The last time somebody completed a path."""
    found = await fetch(EARLIER, learner, path)
    return Earlier(**found[0]) if found else None


async def open_enrollment(learner: UUID, path: UUID, *, lock: bool = False) -> Any:
    """Somebody's enrollment in a path that is not completed, or None."""
    query = PathEnrollment.objects().where(
        PathEnrollment.learner == learner,
        PathEnrollment.path == path,
        PathEnrollment.completed_at.is_null(),
    )
    return await (locked(query, PathEnrollment) if lock else query).first()


async def latest_enrollment(learner: UUID, path: UUID) -> Any:
    """Somebody's open enrollment in a path, or the one that was completed last, or None."""
    if found := await open_enrollment(learner, path):
        return found
    last = await earlier_completion(learner, path)
    if last is None:
        return None
    return await one(PathEnrollment.objects().where(PathEnrollment.id == last.enrollment))


async def completion_of(enrollment: UUID) -> dict[str, Any] | None:
    """The completion of an enrollment with its certificate's number, or None."""
    return next(iter(await fetch(COMPLETION, enrollment)), None)


async def completed_paths(learner: UUID) -> list[dict[str, Any]]:
    """The paths that somebody completed with the titles of their courses, newest first.

    Rows are ``{slug, title, day, expires_on, minutes, certificate, courses}``, 100 at most.
    """
    rows = await fetch(FINISHED, learner)
    contents = [msgspec.json.decode(row.pop("content"), type=PathContent) for row in rows]
    there = await courses_in(contents)
    return [
        row | {"courses": [there[c.course]["title"] for c in content.courses if c.course in there]}
        for row, content in zip(rows, contents, strict=True)
    ]


async def paths_under_way(learner: UUID) -> list[dict[str, Any]]:
    """The paths that somebody follows now: slug and title, newest first, five at most."""
    return await fetch(UNDER_WAY, learner)
