"""Files that bring many rows at once, and the rows that were not taken.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import (
    JSON,
    UUID,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T14:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "imports"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Import(Table, tablename="import_file"):
    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=20)
    state = Varchar(length=12, default="waiting")
    dry_run = Boolean()
    file = Varchar(length=64)
    file_name = Varchar(length=200)
    columns = JSON()
    rows = Integer()
    taken = Integer()
    unchanged = Integer()
    refused = Integer()
    trouble = Text()
    made_by = UUID()
    made_at = Timestamptz(default=now)
    done_at = Timestamptz(null=True, default=None)


class RefusedRow(Table, tablename="import_refused_row"):
    id = UUID(primary_key=True, default=uuid7)
    import_file = ForeignKey(Import, null=False, on_delete=OnDelete.cascade, index=True)
    row = Integer()
    cells = JSON()
    faults = JSON()


TABLES = [Import, RefusedRow]


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
    return manager
