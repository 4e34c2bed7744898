"""Paths of courses, their versions, and who follows or has completed one.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import (
    JSON,
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "paths"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Certificate(Table, tablename="certificate"):
    id = UUID(primary_key=True, default=uuid7)


class Path(Table, tablename="path"):
    id = UUID(primary_key=True, default=uuid7)
    slug = Varchar(length=60, unique=True)


class PathVersion(Table, tablename="path_version"):
    id = UUID(primary_key=True, default=uuid7)
    path = ForeignKey(Path, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    hash = Varchar(length=64)
    is_current = Boolean(default=True)
    title = Varchar(length=200)
    content = JSON()
    published_at = Timestamptz(default=now)
    path_version_hash = Unique([path, hash])
    path_version_number = Unique([path, number])


class PathEnrollment(Table, tablename="path_enrollment"):
    id = UUID(primary_key=True, default=uuid7)
    path = ForeignKey(Path, null=False, on_delete=OnDelete.restrict)
    version = ForeignKey(PathVersion, null=False, on_delete=OnDelete.restrict)
    learner = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    enrolled_at = Timestamptz(default=now)
    completed_at = Timestamptz(null=True, default=None)


class PathCompletion(Table, tablename="path_completion"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(PathEnrollment, null=False, unique=True, on_delete=OnDelete.restrict)
    path = ForeignKey(Path, null=False, on_delete=OnDelete.restrict)
    learner = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    day = Date()
    expires_on = Date(null=True, default=None)
    minutes = Integer()
    completed_at = Timestamptz(default=now)
    certificate = ForeignKey(
        Certificate, null=True, default=None, unique=True, on_delete=OnDelete.restrict
    )


TABLES = [Path, PathVersion, PathEnrollment, PathCompletion]


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
