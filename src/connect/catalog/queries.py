"""Courses as the public sees them; contents of versions, kept in memory."""

from collections import OrderedDict
from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.content import CourseContent
from connect.catalog.tables import Course, CourseMedia, CourseVersion
from connect.db import fetch, one
from connect.errors import NotFound

KEPT = 256  # contents; a version never changes, so a kept one is never stale
_contents: OrderedDict[UUID, CourseContent] = OrderedDict()

# By hand, as what is read on most requests: Piccolo words a statement for longer than it runs.
CURRENT = """
SELECT v.id, v.course, v.number, v.title FROM course_version v JOIN course c ON c.id = v.course
WHERE v.is_current = {} AND c.slug = {}
"""
LISTED = """
SELECT v.id, c.slug, v.course AS course_id, v.number
FROM course_version v JOIN course c ON c.id = v.course WHERE {where} ORDER BY c.slug LIMIT {limit}
"""
NAMED = """
SELECT k.id FROM course k JOIN course_version v ON v.course = k.id AND v.is_current = {}
WHERE k.slug = {} OR lower(v.code) = {}
"""
OFFERED = """
SELECT k.slug, v.title FROM course k JOIN course_version v ON v.course = k.id AND v.is_current
ORDER BY v.title, k.slug
"""


async def content_of(version: UUID) -> CourseContent:
    """The content of a course version."""
    if version in _contents:
        _contents.move_to_end(version)
        return _contents[version]
    row = await one(CourseVersion.objects().where(CourseVersion.id == version))
    content = msgspec.json.decode(row.content, type=CourseContent)
    _contents[version] = content
    if len(_contents) > KEPT:
        _contents.popitem(last=False)
    return content


async def current_version(slug: str) -> CourseVersion:
    """The published version of a course, without its content, which ``content_of`` keeps.

    Raises:
        NotFound: there is no such course.
    """
    found = await fetch(CURRENT, True, slug)
    if not found:
        raise NotFound
    return CourseVersion(**found[0], _exists_in_db=True)


async def published_content(slug: str) -> CourseContent | None:
    """The content of the published version of a course; ``None`` when there is none."""
    found = await fetch(CURRENT, True, slug)
    return await content_of(UUID(str(found[0]["id"]))) if found else None


async def courses(
    *,
    q: str = "",
    discipline: str = "",
    topic: str = "",
    language: str = "",
    min_minutes: int | None = None,
    max_minutes: int | None = None,
    after: str = "",
    limit: int,
) -> list[dict[str, Any]]:
    """Published courses by slug: ``{id, slug, course_id, number}``, one more than *limit* at most.

    Args:
        q: words that all stand in title, summary, code or topics, in any case.
        after: the slug behind which to begin.
    """
    where: list[str] = ["v.is_current = {}"]
    given: list[Any] = [True]
    for word in q.lower().split()[:10]:
        where.append("v.words LIKE {}")
        given.append(f"%{_literal(word)}%")
    for column, wanted in (("disciplines", discipline), ("topics", topic)):
        if wanted:
            where.append(f"v.{column} LIKE {{}}")
            given.append(f"%|{_literal(wanted)}|%")
    for comparison, value in (
        ("v.language =", language or None),
        ("v.contact_minutes >=", min_minutes),
        ("v.contact_minutes <=", max_minutes),
        ("c.slug >", after or None),
    ):
        if value is not None:
            where.append(f"{comparison} {{}}")
            given.append(value)
    sql = LISTED.replace("{where}", " AND ".join(where)).replace("{limit}", str(limit + 1))
    return await fetch(sql, *given)


def _literal(word: str) -> str:
    """*word* without what LIKE reads as wildcards, which the engines escape differently."""
    return word.replace("%", "").replace("_", "").replace("\\", "")


async def topics() -> list[str]:
    """Topics of all published courses, in order."""
    rows = await CourseVersion.select(CourseVersion.topics).where(CourseVersion.is_current.eq(True))
    return sorted({t for row in rows for t in row["topics"].split("|") if t})


async def slug_of(course: UUID) -> str:
    """The slug of a course."""
    return str((await one(Course.objects().where(Course.id == course))).slug)


async def course_named(name: str) -> UUID | None:
    """The published course with this code or slug, in any case; None when it is not just one."""
    meant = name.strip().casefold()
    rows = await fetch(NAMED, True, meant, meant)
    return rows[0]["id"] if len(rows) == 1 else None


async def offered_courses() -> list[tuple[str, str]]:
    """Every published course to choose from: slug and title, by title."""
    return [(row["slug"], row["title"]) for row in await fetch(OFFERED)]


async def media_of(sha256: str) -> CourseMedia:
    """What is known of a file of some course.

    Raises:
        NotFound: no course has it.
    """
    return await one(CourseMedia.objects().where(CourseMedia.sha256 == sha256))
