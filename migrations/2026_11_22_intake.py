"""Invitations; and what an import of people is asked: whose roster, whether to invite.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T16:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "intake"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Agency(Table, tablename="agency"):
    id = UUID(primary_key=True, default=uuid7)


class Invitation(Table, tablename="invitation"):
    id = UUID(primary_key=True, default=uuid7)
    email = Varchar(length=254)
    agency = ForeignKey(Agency, null=True, default=None, index=True, on_delete=OnDelete.restrict)
    legal_name = Varchar(length=120)
    title = Varchar(length=120)
    category = Varchar(length=20, null=True, default=None)
    note = Text()
    invited_by = UUID()
    sent_at = Timestamptz(default=now)
    expires_at = Timestamptz(default=now)
    accepted_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)


COLUMNS = [
    ("Import", "import_file", "agency", UUID, {"null": True, "default": None}),
    ("Import", "import_file", "invite", Boolean, {"default": False}),
    ("Import", "import_file", "left_alone", Integer, {"null": True, "default": None}),
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    name, tablename = Invitation.__name__, Invitation._meta.tablename
    manager.add_table(name, tablename)
    for column in Invitation._meta.non_default_columns:
        manager.add_column(
            table_class_name=name,
            tablename=tablename,
            column_name=column._meta.name,
            db_column_name=column._meta.db_column_name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
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
