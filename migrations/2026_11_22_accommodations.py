"""What staff granted somebody for the quizzes of one enrollment.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Text, Timestamptz
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:14:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "accommodations"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Enrollment(Table, tablename="enrollment"):
    id = UUID(primary_key=True, default=uuid7)


class Accommodation(Table, tablename="accommodation"):
    enrollment = ForeignKey(Enrollment, primary_key=True, null=False, on_delete=OnDelete.restrict)
    extra_time_percent = Integer(default=0)
    more_attempts = Integer(default=0)
    no_time_limit = Boolean(default=False)
    private_reason = Text()
    made_by = UUID()
    made_at = Timestamptz(default=now)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    name, tablename = Accommodation.__name__, Accommodation._meta.tablename
    manager.add_table(name, tablename)
    for column in Accommodation._meta.non_default_columns:
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
