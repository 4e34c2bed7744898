"""Grants, and which course belonged to which of them from when to when."""

from piccolo.columns import UUID, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.catalog.tables import Course
from connect.db import uuid7


class Grant(Table, tablename="grant_award"):
    """One award, from its first day to its last. Never deleted, because trainings name it."""

    id = UUID(primary_key=True, default=uuid7)
    award_number = Varchar(length=60, unique=True)
    title = Varchar(length=200)
    starts_on = Date()
    ends_on = Date()  # last day
    acknowledgement = Text(default="")  # the wording that the grant prescribes
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)


class CourseGrant(Table, tablename="course_grant"):
    """That a course is paid by a grant, from one day to another.

    No two of one course overlap. A correction changes no training that is written.
    """

    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict, index=True)
    grant = ForeignKey(Grant, null=False, on_delete=OnDelete.restrict, index=True)
    since = Date()
    until = Date(null=True, default=None)  # last day; None: the grant's own
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    course_grant_once = Unique([course, grant])
