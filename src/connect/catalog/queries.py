"""Courses as the public sees them; contents of versions, kept in memory."""

from collections import OrderedDict
from typing import Any
from uuid import UUID

import msgspec

from connect.catalog.content import CourseContent
from connect.catalog.tables import Course, CourseVersion
from connect.db import one

KEPT = 256  # contents; a version never changes, so a kept one is never stale
_contents: OrderedDict[UUID, CourseContent] = OrderedDict()

LISTED = (
    CourseVersion.id,
    CourseVersion.course.slug.as_alias("slug"),
    CourseVersion.course.id.as_alias("course_id"),
    CourseVersion.number,
)


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
    """The published version of a course.

    Raises:
        NotFound: there is no such course.
    """
    return await one(
        CourseVersion.objects().where(
            CourseVersion.course.slug == slug, CourseVersion.is_current.eq(True)
        )
    )


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
    query = CourseVersion.select(*LISTED).where(CourseVersion.is_current.eq(True))
    for word in q.lower().split()[:10]:
        query = query.where(CourseVersion.words.like(f"%{_literal(word)}%"))
    if discipline:
        query = query.where(CourseVersion.disciplines.like(f"%|{_literal(discipline)}|%"))
    if topic:
        query = query.where(CourseVersion.topics.like(f"%|{_literal(topic)}|%"))
    if language:
        query = query.where(CourseVersion.language == language)
    if min_minutes is not None:
        query = query.where(CourseVersion.contact_minutes >= min_minutes)
    if max_minutes is not None:
        query = query.where(CourseVersion.contact_minutes <= max_minutes)
    if after:
        query = query.where(CourseVersion.course.slug > after)
    return await query.order_by(CourseVersion.course.slug).limit(limit + 1)


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
