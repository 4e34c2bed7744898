"""Overrides, and components that are carried over from an earlier completion.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:06:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "overrides"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Enrollment(Table, tablename="enrollment"):
    id = UUID(primary_key=True, default=uuid7)


class Completion(Table, tablename="completion"):
    id = UUID(primary_key=True, default=uuid7)


class Override(Table, tablename="override"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict, index=True)
    component = Varchar(length=60)
    kind = Varchar(length=10, default="met")
    reason = Text()
    evidence = Text()
    made_by = UUID()
    made_at = Timestamptz(default=now)
    withdrawn_by = UUID(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    withdrawal_reason = Text(default="")


class CarriedComponent(Table, tablename="carried_component"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    completion = ForeignKey(Completion, null=False, on_delete=OnDelete.restrict)
    carried_component_once = Unique([enrollment, component])


TABLES = [Override, CarriedComponent]


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
