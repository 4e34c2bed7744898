"""What people completed elsewhere, or before this site was there.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import (
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:22:13:000000"
VERSION = "1.38.0"
DESCRIPTION = "external"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Course(Table, tablename="course"):
    id = UUID(primary_key=True, default=uuid7)


class ExternalCompletion(Table, tablename="external_completion"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    title = Varchar(length=200)
    provider = Varchar(length=120)
    day = Date()
    minutes = Integer()
    number = Varchar(length=60, default="")
    course = ForeignKey(Course, null=True, default=None, on_delete=OnDelete.restrict)
    evidence = Varchar(length=64, null=True, default=None)
    evidence_kind = Varchar(length=10, null=True, default=None)
    evidence_size = Integer(null=True, default=None)
    brought_in = Boolean(default=False)
    import_file = UUID(null=True, default=None, index=True)
    state = Varchar(length=10, default="submitted", index=True)
    made_by = UUID()
    made_at = Timestamptz(default=now)
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)
    reason = Text(default="")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    name, tablename = ExternalCompletion.__name__, ExternalCompletion._meta.tablename
    manager.add_table(name, tablename)
    for column in ExternalCompletion._meta.non_default_columns:
        manager.add_column(
            table_class_name=name,
            tablename=tablename,
            column_name=column._meta.name,
            db_column_name=column._meta.db_column_name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
        )
    return manager
