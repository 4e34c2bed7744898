"""What boards give for courses, and the accreditations that allow a unit its name.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import JSON, UUID, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:14:13:000000"
VERSION = "1.38.0"
DESCRIPTION = "credits"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class Course(Table, tablename="course"):
    id = UUID(primary_key=True, default=uuid7)


class Accreditation(Table, tablename="accreditation"):
    id = UUID(primary_key=True, default=uuid7)
    body = Varchar(length=80)
    number = Varchar(length=60, default="")
    kinds = JSON(default="[]")
    since = Date()
    until = Date(null=True, default=None)
    made_by = UUID()
    made_at = Timestamptz(default=now)


class CreditOffer(Table, tablename="credit_offer"):
    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, index=True, on_delete=OnDelete.restrict)
    state = Varchar(length=2)
    board = Varchar(length=80)
    course_number = Varchar(length=60, default="")
    minutes = Integer()
    kind = Varchar(length=40, default="contact hours")
    since = Date()
    until = Date(null=True, default=None)
    made_by = UUID()
    made_at = Timestamptz(default=now)


TABLES = [Accreditation, CreditOffer]


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
    return manager
