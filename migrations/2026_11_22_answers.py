"""Answers of every kind: what was a list of choices becomes the field of a question's kind.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder
from piccolo.table import Table

ID = "2026-11-22T19:38:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "answers of every kind"

ON_SQLITE = """UPDATE answer SET choices = '{{"choices":' || choices || '}}'"""
ON_SERVERS = """UPDATE answer SET choices = ('{{"choices":' || choices::text || '}}')::json"""


class Raw(Table):
    """A handle for raw SQL; has no columns."""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)

    async def name_the_field() -> None:
        engine = engine_finder()
        on_sqlite = engine is not None and engine.engine_type == "sqlite"
        await Raw.raw(ON_SQLITE if on_sqlite else ON_SERVERS)

    manager.add_raw(name_the_field)
    manager.rename_column(
        table_class_name="Answer",
        tablename="answer",
        old_column_name="choices",
        new_column_name="given",
        old_db_column_name="choices",
        new_db_column_name="given",
    )
    return manager
