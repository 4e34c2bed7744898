"""Legal holds: nothing of such a person is deleted.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Column, Text, Timestamptz

ID = "2026-11-22T20:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "retention"

COLUMNS: list[tuple[str, Column]] = [
    ("held_at", Timestamptz(null=True, default=None)),
    ("hold_reason", Text(default="")),
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for name, column in COLUMNS:
        manager.add_column(
            table_class_name="Account",
            tablename="account",
            column_name=name,
            db_column_name=name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
        )
    return manager
