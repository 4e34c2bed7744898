"""Further addresses, professional ids, the end of an account, erasures.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Column, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T17:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "person"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)


class Address(Table, tablename="address"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    email = Varchar(length=254, index=True)
    added_at = Timestamptz(default=now)
    proved_at = Timestamptz(null=True, default=None)
    address_once = Unique([account, email])


class ProfessionalId(Table, tablename="professional_id"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=2)
    kind = Varchar(length=10)
    value = Text()
    changed_at = Timestamptz(default=now)
    professional_id_once = Unique([account, state, kind])


class Erasure(Table, tablename="erasure"):
    id = UUID(primary_key=True, default=uuid7)
    account = UUID(unique=True)
    reason = Text()
    erased_by = UUID(null=True, default=None)
    erased_at = Timestamptz(default=now)


TABLES = [Address, ProfessionalId, Erasure]
MAYBE = {"null": True, "default": None}
COLUMNS: dict[str, Column] = {
    "attested_at": Timestamptz(**MAYBE),
    "reverify_since": Timestamptz(**MAYBE),
    "suspended_at": Timestamptz(**MAYBE),
    "suspension_reason": Text(),
    "ended_at": Timestamptz(**MAYBE),
    "erased_at": Timestamptz(**MAYBE),
}


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
    for name, column in COLUMNS.items():
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
