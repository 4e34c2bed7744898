"""What people let others see of their transcript.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import JSON, UUID, Date, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:44:13:000000"
VERSION = "1.38.0"
DESCRIPTION = "transcript shares"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class TranscriptShare(Table, tablename="transcript_share"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    token_hash = Varchar(length=64, unique=True)
    scope = Varchar(length=10, default="all")
    since = Date(null=True, default=None)
    chosen = JSON(default="[]")
    expires_on = Date()
    made_at = Timestamptz(default=now)
    last_seen_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    name, tablename = TranscriptShare.__name__, TranscriptShare._meta.tablename
    manager.add_table(name, tablename)
    for column in TranscriptShare._meta.non_default_columns:
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
