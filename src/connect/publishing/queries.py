"""Who is under way in a course, how courses stand, and drafts."""

from typing import Any
from uuid import UUID

from connect import files
from connect.catalog.content import CourseContent
from connect.catalog.tables import CourseFile, CourseVersion
from connect.db import fetch, locked, one
from connect.errors import NotFound
from connect.learning.tables import OPEN
from connect.policy import Actor, Permission
from connect.publishing.rules import Concerned, as_text, is_text
from connect.publishing.tables import CourseDraft

PEOPLE = """
SELECT
  (SELECT count(*) FROM enrollment e JOIN course c ON c.id = e.course
   WHERE c.slug = {} AND e.state IN ({}, {})) AS under_way,
  (SELECT count(*) FROM completion d JOIN enrollment e ON e.id = d.enrollment
   JOIN course c ON c.id = e.course WHERE c.slug = {}) AS completed
"""


async def concerned_by(content: CourseContent) -> Concerned:
    """Whom *content* would concern as the new version of its course."""
    (row,) = await fetch(PEOPLE, content.slug, *OPEN, content.slug)
    return Concerned(content.change, int(row["under_way"]), int(row["completed"]))


async def published_courses() -> list[dict[str, Any]]:
    """Every course: slug, title, version and when it was published; by title."""
    return (
        await CourseVersion.select(
            CourseVersion.course.slug.as_alias("slug"),
            CourseVersion.title,
            CourseVersion.number,
            CourseVersion.published_at,
        )
        .where(CourseVersion.is_current.eq(True))
        .order_by(CourseVersion.title)
    )


async def draft_by_id(actor: Actor, draft_id: UUID, *, lock: bool = False) -> CourseDraft:
    """A draft of a course, for whoever may publish. With *lock*, nobody else saves meanwhile.

    Raises:
        NotFound: there is none; it was published or discarded.
    """
    actor.must(Permission.PUBLISH_COURSES)
    query = CourseDraft.objects().where(CourseDraft.id == draft_id)
    return await one(locked(query, CourseDraft) if lock else query)


async def files_of(version: UUID) -> dict[str, str]:
    """Path to SHA-256 of the files that a version was made of; none for an old version."""
    rows = (
        await CourseFile.select(CourseFile.path, CourseFile.sha256)
        .where(CourseFile.version == version)
        .order_by(CourseFile.path)
    )
    return {row["path"]: row["sha256"] for row in rows}


async def source_of(version: UUID, path: str) -> str:
    """The text of a file of a version, with ``\\n`` between its lines.

    Raises:
        NotFound: there is no such file, or it is no text.
    """
    digests = await files_of(version)
    if path not in digests or not is_text(path):
        raise NotFound
    try:
        return as_text(await files.get(digests[path]))
    except UnicodeDecodeError:  # a README.md, which nothing checks
        raise NotFound from None


async def open_drafts() -> dict[str, UUID]:
    """Slug of a course to its draft."""
    rows = await CourseDraft.select(CourseDraft.id, CourseDraft.course.slug.as_alias("slug"))
    return {row["slug"]: row["id"] for row in rows}
