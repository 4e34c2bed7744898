"""What state of a review was returned for changes, and whose word a message is."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import Boolean, Timestamptz, Varchar
from piccolo.table import Table

ID = "2026-11-22T23:02:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "review returns"


class Review(Table, tablename="readiness_review"):
    returned_at = Timestamptz(null=True, default=None)
    returned_hash = Varchar(length=64, null=True, default=None)


class ReviewMessage(Table, tablename="review_message"):
    by_program = Boolean(default=False)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    tables = (Review, ReviewMessage)
    for table, column in [(t, c) for t in tables for c in t._meta.non_default_columns]:
        manager.add_column(
            table_class_name=table.__name__,
            tablename=table._meta.tablename,
            column_name=column._meta.name,
            db_column_name=column._meta.db_column_name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
        )
    return manager
