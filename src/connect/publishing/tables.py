"""Courses that are being mended in the site."""

from piccolo.columns import JSON, UUID, ForeignKey, Integer, OnDelete, Timestamptz
from piccolo.table import Table

from connect import clock
from connect.catalog.tables import Course, CourseVersion
from connect.db import uuid7


class CourseDraft(Table, tablename="course_draft"):
    """What is changed of a published version; one draft a course, which staff share."""

    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, unique=True, on_delete=OnDelete.restrict)
    base = ForeignKey(CourseVersion, null=False, on_delete=OnDelete.restrict)
    edits = JSON(default="{}")  # path of a text file → its whole new text
    revision = Integer(default=1)  # counts savings, so that two people do not undo each other
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    changed_by = UUID()
    changed_at = Timestamptz(default=clock.now)
