"""Grants that pay for trainings, and what each pays for when."""

from piccolo.columns import UUID, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock
from connect.db import uuid7


class Grant(Table, tablename="grant_award"):
    """One award."""

    id = UUID(primary_key=True, default=uuid7)
    award_number = Varchar(length=60, unique=True)
    title = Varchar(length=200)
    since = Date()
    until = Date()  # last day that counts
    acknowledgement = Text(default="")  # as the award words it
    made_at = Timestamptz(default=clock.now)


class CourseGrant(Table, tablename="course_grant"):
    """From when to when a grant pays for the trainings of a course."""

    id = UUID(primary_key=True, default=uuid7)
    grant = ForeignKey(Grant, null=False, on_delete=OnDelete.restrict)
    course = Varchar(length=60, index=True)  # slug
    since = Date()
    until = Date()
    made_at = Timestamptz(default=clock.now)
