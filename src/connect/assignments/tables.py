"""Courses and paths that are asked of people by a day, and the ledger of reminders."""

from enum import StrEnum

from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.agencies.tables import Agency
from connect.catalog.tables import Course
from connect.db import uuid7
from connect.paths.tables import Path


class Assignment(Table, tablename="assignment"):
    """A course or a path that is asked of everybody who fits, now and later, until it is ended.

    Of ``course`` and ``path`` one is named, and one of ``due_on`` and ``due_days``. Somebody fits
    who fits every criterion that is not empty; one at least is not.
    """

    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=True, default=None, on_delete=OnDelete.restrict)
    path = ForeignKey(Path, null=True, default=None, on_delete=OnDelete.restrict)
    discipline = Varchar(length=30, null=True, default=None)  # codes of connect.lists
    title = Varchar(length=120, default="")  # words that all stand in the person's, in any case
    role = Varchar(length=30, null=True, default=None)  # of connect.policy.Role
    category = Varchar(length=20, null=True, default=None)  # of ROSTER_CATEGORIES
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    only_sharing = Boolean(default=False)  # by a coordinator: reaches who consented, nobody else
    due_on = Date(null=True, default=None)
    due_days = Integer(null=True, default=None)  # after joining, or after this was made if later
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    ended_by = UUID(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)  # None: current


class Assigned(Table, tablename="assigned"):
    """That an assignment asks something of a person. Who fits no more keeps the enrollment."""

    id = UUID(primary_key=True, default=uuid7)
    assignment = ForeignKey(Assignment, null=False, on_delete=OnDelete.restrict)
    person = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    due_on = Date()
    assigned_on = Date()  # in the organization's zone; again, when somebody fits anew
    ended_at = Timestamptz(null=True, default=None)  # when the person was found to fit no more
    assigned_once = Unique([assignment, person])


class ReminderKind(StrEnum):
    DUE = "due"  # something assigned is due
    RENEWAL = "renewal"  # a completion expires


class ReminderState(StrEnum):
    SENT = "sent"
    SKIPPED = "skipped"


class AssignmentReminder(Table, tablename="reminder"):
    """What was decided about one step of reminding one person of one thing: each step once."""

    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=10)
    person = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    about = UUID()  # an assigned, a completion of a course or of a path
    due_on = Date()
    days = Integer()  # before the due day; negative: after it
    state = Varchar(length=10)
    reason = Varchar(length=20, default="")  # why it was skipped
    decided_on = Date(index=True)  # in the organization's zone
    decided_at = Timestamptz(default=clock.now)
    reminder_once = Unique([about, due_on, days])
