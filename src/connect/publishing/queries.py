"""Who is under way in a course, and how courses stand."""

from typing import Any

from connect.catalog.content import CourseContent
from connect.catalog.tables import CourseVersion
from connect.db import fetch
from connect.learning.tables import OPEN
from connect.publishing.rules import Concerned

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
