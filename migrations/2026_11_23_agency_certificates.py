"""Certificates of agencies: no person holds them, and an agency's name may be longer."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, ForeignKey, OnDelete, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-23T00:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "agency certificates"


class Agency(Table, tablename="agency"):
    id = UUID(primary_key=True, default=uuid7)


class Certificate(Table, tablename="certificate"):
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict, index=True)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Certificate",
        tablename="certificate",
        column_name="agency",
        db_column_name="agency",
        column_class_name="ForeignKey",
        column_class=ForeignKey,
        params=Certificate.agency._meta.params,
    )
    manager.alter_column(
        table_class_name="Certificate",
        tablename="certificate",
        column_name="holder",
        db_column_name="holder",
        params={"null": True},
        old_params={"null": False},
        column_class=ForeignKey,
        old_column_class=ForeignKey,
    )
    manager.alter_column(
        table_class_name="Certificate",
        tablename="certificate",
        column_name="name",
        db_column_name="name",
        params={"length": 200},
        old_params={"length": 120},
        column_class=Varchar,
        old_column_class=Varchar,
    )
    return manager
