"""What kind of document came with a request to be verified, and how large it is.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Column, Integer, Varchar

ID = "2026-11-22T19:27:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "documents"

COLUMNS: list[tuple[str, Column]] = [
    ("document_kind", Varchar(length=4, null=True, default=None)),
    ("document_size", Integer(null=True, default=None)),
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for name, column in COLUMNS:
        manager.add_column(
            table_class_name="EligibilityCase",
            tablename="eligibility_case",
            column_name=name,
            db_column_name=name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
        )
    return manager
