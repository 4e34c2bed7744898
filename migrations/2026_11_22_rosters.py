"""What agencies ask of their people, and the reminders that they sent.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T16:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "rosters"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Agency(Table, tablename="agency"):
    id = UUID(primary_key=True, default=uuid7)


class Course(Table, tablename="course"):
    id = UUID(primary_key=True, default=uuid7)


class RequiredCourse(Table, tablename="required_course"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, index=True, on_delete=OnDelete.restrict)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict)
    category = Varchar(length=20, null=True, default=None)
    valid_months = Integer(null=True, default=None)
    made_by = UUID()
    made_at = Timestamptz(default=now)
    ended_by = UUID(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class Reminder(Table, tablename="roster_reminder"):
    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    person = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    day = Date()
    made_by = UUID()
    made_at = Timestamptz(default=now)
    roster_reminder_once = Unique([agency, person, day])


TABLES = [RequiredCourse, Reminder]


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
