"""Packages: their files, their launches, what they keep, the log of their commits.

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
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T23:43:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "packages"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Enrollment(Table, tablename="enrollment"):
    id = UUID(primary_key=True, default=uuid7)


class PackageFile(Table, tablename="package_file"):
    id = UUID(primary_key=True, default=uuid7)
    package = Varchar(length=64)
    path = Varchar(length=250)
    sha256 = Varchar(length=64)
    content_type = Varchar(length=80)
    size = BigInt()
    package_file_path = Unique([package, path])


class PackageLaunch(Table, tablename="package_launch"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict, index=True)
    component = Varchar(length=60)
    unit = Integer()
    package = Varchar(length=64)
    token_hash = Varchar(length=64, unique=True)
    made_at = Timestamptz(default=now)
    expires_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    said_seconds = Integer(default=0)


class PackageState(Table, tablename="package_state"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    unit = Integer()
    kept = JSON(default="{}")
    told = Varchar(length=12, default="")
    score = Varchar(length=20, default="")
    changed_at = Timestamptz(default=now)
    package_state_once = Unique([enrollment, component, unit])


class PackageCommit(Table, tablename="package_commit"):
    id = UUID(primary_key=True, default=uuid7)
    launch = ForeignKey(PackageLaunch, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    at = Timestamptz(default=now)
    given = JSON()
    refused = Text(default="")
    package_commit_once = Unique([launch, number])


TABLES = [PackageFile, PackageLaunch, PackageState, PackageCommit]


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
    told = Varchar(length=12, default="")
    manager.add_column(
        table_class_name="Progress",
        tablename="progress",
        column_name="told",
        db_column_name="told",
        column_class_name="Varchar",
        column_class=Varchar,
        params=told._meta.params,
    )
    return manager
