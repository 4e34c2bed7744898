"""What learners think of a course, once for each enrollment.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import JSON, UUID, Date, ForeignKey, OnDelete, Varchar
from piccolo.table import Table

from connect.db import uuid7

ID = "2026-11-22T20:33:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "evaluations"


class Enrollment(Table, tablename="enrollment"):
    id = UUID(primary_key=True, default=uuid7)


class EvaluationResponse(Table, tablename="evaluation_response"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, unique=True, on_delete=OnDelete.restrict)
    day = Date()
    discipline = Varchar(length=30, null=True, default=None)
    state = Varchar(length=2, null=True, default=None)
    marks = JSON()
    texts = JSON()


TABLES = [EvaluationResponse]
COLUMNS = EvaluationResponse._meta.non_default_columns


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for table in TABLES:
        manager.add_table(table.__name__, table._meta.tablename)
        for constraint in table._meta.constraints:
            manager.add_constraint(
                table_class_name=table.__name__,
                tablename=table._meta.tablename,
                constraint_name=constraint._meta._name,
                constraint_class=type(constraint),
                params=constraint._meta.params,
            )
    for column in COLUMNS:
        manager.add_column(
            table_class_name=column._meta.table.__name__,
            tablename=column._meta.table._meta.tablename,
            column_name=column._meta.name,
            db_column_name=column._meta.db_column_name,
            column_class_name=type(column).__name__,
            column_class=type(column),
            params=column._meta.params,
        )
    return manager
