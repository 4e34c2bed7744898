"""Merges with their steps, pairs that may be one person; accounts that lead on, voided trainings.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import JSON, UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T17:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "merges"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Merge(Table, tablename="record_merge"):
    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=10)
    kept = UUID(index=True)
    gone = UUID(index=True)
    summary = JSON()
    made_by = UUID()
    made_at = Timestamptz(default=now)
    undone_by = UUID(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)


class MergeStep(Table, tablename="record_merge_step"):
    id = UUID(primary_key=True, default=uuid7)
    merge = ForeignKey(Merge, null=False, on_delete=OnDelete.cascade)
    place = Integer()
    table_name = Varchar(length=60)
    row_key = Varchar(length=80)
    column_name = Varchar(length=60)
    before = Text()
    after = Text(default="null")
    record_merge_step_place = Unique([merge, place])


class DuplicatePair(Table, tablename="duplicate_pair"):
    id = UUID(primary_key=True, default=uuid7)
    one = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    other = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    reasons = Varchar(length=60)
    found_at = Timestamptz(default=now)
    told_by = UUID(null=True, default=None)
    told_at = Timestamptz(null=True, default=None)
    duplicate_pair_once = Unique([one, other])


TABLES = [Merge, MergeStep, DuplicatePair]

COLUMNS = [
    ("Account", "account", "merged_into", UUID, {"null": True, "default": None}),
    ("Training", "training", "voided_by", UUID, {"null": True, "default": None}),
]


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
    for class_name, tablename, name, column_class, params in COLUMNS:
        manager.add_column(
            table_class_name=class_name,
            tablename=tablename,
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=column_class(**params)._meta.params,
        )
    return manager
