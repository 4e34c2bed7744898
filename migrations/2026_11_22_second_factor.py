"""Second factors, recovery codes, and what sessions and tokens know of them.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, BigInt, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T16:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "second factor"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Factor(Table, tablename="factor"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.cascade)
    kind = Varchar(length=10)
    name = Varchar(length=120)
    secret = Text()
    last_step = BigInt()
    credential = Text(null=True, default=None, unique=True)
    public_key = Text()
    sign_count = BigInt()
    made_at = Timestamptz(default=now)
    confirmed_at = Timestamptz(null=True, default=None)
    used_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, tablename="recovery_code"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.cascade)
    code_hash = Varchar(length=64, unique=True)
    made_at = Timestamptz(default=now)
    used_at = Timestamptz(null=True, default=None)


TABLES = [Factor, RecoveryCode]

MOMENT = {"null": True, "default": None}
COLUMNS = [
    ("Account", "account", "code_tries", Integer, {"default": 0}),
    ("Session", "session", "browser", Varchar, {"length": 60}),
    ("Session", "session", "factor_at", Timestamptz, MOMENT),
    ("Session", "session", "fresh_at", Timestamptz, MOMENT),
    ("ApiToken", "api_token", "factor_at", Timestamptz, MOMENT),
    ("ApiToken", "api_token", "fresh_at", Timestamptz, MOMENT),
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
