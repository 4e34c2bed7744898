"""Grants, which course belongs to which of them when, and the grant of a training.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Date, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T16:45:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "grants"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Course(Table, tablename="course"):
    id = UUID(primary_key=True, default=uuid7)


class Grant(Table, tablename="grant_award"):
    id = UUID(primary_key=True, default=uuid7)
    award_number = Varchar(length=60, unique=True)
    title = Varchar(length=200)
    starts_on = Date()
    ends_on = Date()
    acknowledgement = Text()
    made_by = UUID()
    made_at = Timestamptz(default=now)


class CourseGrant(Table, tablename="course_grant"):
    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, index=True, on_delete=OnDelete.restrict)
    grant = ForeignKey(Grant, null=False, index=True, on_delete=OnDelete.restrict)
    since = Date()
    until = Date(null=True, default=None)
    made_by = UUID()
    made_at = Timestamptz(default=now)
    course_grant_once = Unique([course, grant])


class Training(Table, tablename="training"):
    id = UUID(primary_key=True, default=uuid7)
    grant = ForeignKey(Grant, null=True, default=None, on_delete=OnDelete.restrict)


TABLES = [Grant, CourseGrant]
COLUMNS = [*(c for table in TABLES for c in table._meta.non_default_columns), Training.grant]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for table in TABLES:
        manager.add_table(table.__name__, table._meta.tablename)
        for constraint in table._meta.constraints:
            manager.add_constraint(
                table_class_name=table.__name__,
                tablename=table._meta.tablename,
                constraint_name=constraint._meta._name,
                constraint_class=type(constraint),
                params=constraint._meta.params,
            )
    for column in COLUMNS:
        manager.add_column(
            table_class_name=column._meta.table.__name__,
            tablename=column._meta.table._meta.tablename,
            column_name=column._meta.name,
            db_column_name=column._meta.db_column_name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
        )
    return manager
