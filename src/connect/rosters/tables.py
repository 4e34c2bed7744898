"""What an agency asks of its people, and who was reminded when."""

from piccolo.columns import UUID, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.agencies.tables import Agency
from connect.catalog.tables import Course
from connect.db import uuid7


class RequiredCourse(Table, tablename="required_course"):
    """A course that an agency asks of its people, from one moment to another.

    A change ends the row and makes another. One is current for an agency and a course.
    """

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict)
    category = Varchar(length=20, null=True, default=None)  # of ROSTER_CATEGORIES; None: everybody
    valid_months = Integer(null=True, default=None)  # how long a completion counts; None: always
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    ended_by = UUID(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)  # None: current


class Reminder(Table, tablename="roster_reminder"):
    """That an agency reminded a person of its courses: once a day at most."""

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    person = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    day = Date()  # in the person's zone
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    roster_reminder_once = Unique([agency, person, day])
