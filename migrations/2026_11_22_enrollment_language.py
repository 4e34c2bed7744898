"""In which language a learner reads a course.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, ForeignKey, OnDelete, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T21:19:41:000000"
VERSION = "1.38.0"
DESCRIPTION = "enrollment language"


class Enrollment(Table, tablename="enrollment"):
    id = UUID(primary_key=True, default=uuid7)


class EnrollmentLanguage(Table, tablename="enrollment_language"):
    enrollment = ForeignKey(Enrollment, primary_key=True, null=False, on_delete=OnDelete.restrict)
    language = Varchar(length=20)


TABLES = [EnrollmentLanguage]


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
    return manager
