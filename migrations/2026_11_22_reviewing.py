"""Who recommended a review and when, whose roster is judged, when it was first answered."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Boolean, Date, ForeignKey, OnDelete, Timestamptz
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T22:52:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "reviewing"


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Review(Table, tablename="readiness_review"):
    judged_on = Date(null=True, default=None)
    answered_at = Timestamptz(null=True, default=None)
    recommended_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    recommended_at = Timestamptz(null=True, default=None)
    decided_alone = Boolean(default=False)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for column in Review._meta.non_default_columns:
        manager.add_column(
            table_class_name=Review.__name__,
            tablename=Review._meta.tablename,
            column_name=column._meta.name,
            db_column_name=column._meta.db_column_name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
        )
    return manager
