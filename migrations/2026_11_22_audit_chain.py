"""The audit trail becomes a chain: each row's place and seal, the end of the chain, its anchors.

What the tables refuse stands in ``audit_triggers``, since raw statements run first.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, BigInt, Integer, Timestamptz, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T14:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "audit chain"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class AuditEvent(Table, tablename="audit_event"):
    id = UUID(primary_key=True, default=uuid7)
    number = BigInt(null=True, default=None, unique=True)
    seal = Varchar(length=64, null=True, default=None)


class AuditHead(Table, tablename="audit_head"):
    id = Integer(primary_key=True)
    number = BigInt()
    seal = Varchar(length=64)


class AuditAnchor(Table, tablename="audit_anchor"):
    number = BigInt(primary_key=True)
    seal = Varchar(length=64)
    at = Timestamptz(default=now)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for table in (AuditHead, AuditAnchor):
        manager.add_table(table.__name__, table._meta.tablename)
    for table in (AuditEvent, AuditHead, AuditAnchor):
        for column in table._meta.non_default_columns:
            if table is AuditEvent and column._meta.name == "id":
                continue
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
