"""What is assigned to whom by when, and the ledger of reminders.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Boolean, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:25:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "assignments"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Agency(Table, tablename="agency"):
    id = UUID(primary_key=True, default=uuid7)


class Course(Table, tablename="course"):
    id = UUID(primary_key=True, default=uuid7)


class Path(Table, tablename="path"):
    id = UUID(primary_key=True, default=uuid7)


class Assignment(Table, tablename="assignment"):
    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=True, default=None, on_delete=OnDelete.restrict)
    path = ForeignKey(Path, null=True, default=None, on_delete=OnDelete.restrict)
    discipline = Varchar(length=30, null=True, default=None)
    title = Varchar(length=120)
    role = Varchar(length=30, null=True, default=None)
    category = Varchar(length=20, null=True, default=None)
    agency = ForeignKey(Agency, null=True, default=None, index=True, on_delete=OnDelete.restrict)
    only_sharing = Boolean()
    due_on = Date(null=True, default=None)
    due_days = Integer(null=True, default=None)
    made_by = UUID()
    made_at = Timestamptz(default=now)
    ended_by = UUID(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Assigned(Table, tablename="assigned"):
    id = UUID(primary_key=True, default=uuid7)
    assignment = ForeignKey(Assignment, null=False, on_delete=OnDelete.restrict)
    person = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    due_on = Date()
    assigned_on = Date()
    ended_at = Timestamptz(null=True, default=None)
    assigned_once = Unique([assignment, person])


class AssignmentReminder(Table, tablename="reminder"):
    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=10)
    person = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    about = UUID()
    due_on = Date()
    days = Integer()
    state = Varchar(length=10)
    reason = Varchar(length=20)
    decided_on = Date(index=True)
    decided_at = Timestamptz(default=now)
    reminder_once = Unique([about, due_on, days])


TABLES = [Assignment, Assigned, AssignmentReminder]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for table in TABLES:
        name, tablename = table.__name__, table._meta.tablename
        manager.add_table(name, tablename)
        for column in table._meta.non_default_columns:
            manager.add_column(
                table_class_name=name,
                tablename=tablename,
                column_name=column._meta.name,
                db_column_name=column._meta.db_column_name,
                column_class_name=type(column).__name__,
                column_class=type(column),
                params=column._meta.params,
            )
        for constraint in table._meta.constraints:
            manager.add_constraint(
                table_class_name=name,
                tablename=tablename,
                constraint_name=constraint._meta._name,
                constraint_class=type(constraint),
                params=constraint._meta.params,
            )
    return manager
