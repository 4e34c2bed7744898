"""The files that course versions were made of, and drafts of courses.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import (
    JSON,
    UUID,
    BigInt,
    ForeignKey,
    Integer,
    OnDelete,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T21:19:07:000000"
VERSION = "1.38.0"
DESCRIPTION = "course drafts"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Course(Table, tablename="course"):
    id = UUID(primary_key=True, default=uuid7)


class CourseVersion(Table, tablename="course_version"):
    id = UUID(primary_key=True, default=uuid7)


class CourseFile(Table, tablename="course_file"):
    id = UUID(primary_key=True, default=uuid7)
    version = ForeignKey(CourseVersion, null=False, on_delete=OnDelete.restrict)
    path = Varchar(length=300)
    sha256 = Varchar(length=64, index=True)
    size = BigInt()
    course_file_path = Unique([version, path])


class CourseDraft(Table, tablename="course_draft"):
    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, unique=True, on_delete=OnDelete.restrict)
    base = ForeignKey(CourseVersion, null=False, on_delete=OnDelete.restrict)
    edits = JSON(default="{}")
    revision = Integer(default=1)
    made_by = UUID()
    made_at = Timestamptz(default=now)
    changed_by = UUID()
    changed_at = Timestamptz(default=now)


TABLES = [CourseFile, CourseDraft]


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
