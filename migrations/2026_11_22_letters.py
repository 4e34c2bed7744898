"""Notices: whose a mail is, of which kind, whether it was read; who wants which kind.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Boolean, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T17:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "letters"


class MailPreference(Table, tablename="mail_preference"):
    id = UUID(primary_key=True, default=uuid7)
    account = UUID()
    kind = Varchar(length=60)
    wanted = Boolean(default=True)
    mail_preference_once = Unique([account, kind])


class MailBurst(Table, tablename="mail_burst"):
    kind = Varchar(length=60, primary_key=True)
    event = UUID(null=True, default=None)


TABLES = [MailPreference, MailBurst]

COLUMNS = [
    ("kind", Varchar, {"length": 60, "default": ""}),
    ("account", UUID, {"null": True, "default": None}),
    ("once", Varchar, {"length": 200, "null": True, "default": None, "unique": True}),
    ("read_at", Timestamptz, {"null": True, "default": None}),
    ("passed_at", Timestamptz, {"null": True, "default": None}),
    ("released_at", Timestamptz, {"null": True, "default": None}),
]


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
    for name, column_class, params in COLUMNS:
        manager.add_column(
            table_class_name="Mail",
            tablename="mail",
            column_name=name,
            db_column_name=name,
            column_class_name=column_class.__name__,
            column_class=column_class,
            params=column_class(**params)._meta.params,
        )
    return manager
