"""Small tables and migrations for the tests of the migration runner."""

import re
from pathlib import Path
from typing import Any

from piccolo.columns import UUID, Column
from piccolo.conf.apps import AppConfig
from piccolo.constraints import Constraint
from piccolo.table import Table, create_table_class

from connect import migrate
from connect.db import fetch, uuid7
from connect.migrate_writer import write_migration
from databases import Engine

RAW = """
import asyncio, uuid
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from connect.db import fetch
ID = "{name}"
async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="test", description="")
    async def run():
        {body}
    manager.add_raw(run)
    return manager
"""
POSTGRES_CATALOG = (
    "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable,"
    " column_default FROM information_schema.columns WHERE table_schema = 'public'"
    " AND table_name <> 'migration' ORDER BY 1, 2",
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " AND conrelid <> 'migration'::regclass ORDER BY 1, 2",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " AND tablename <> 'migration' ORDER BY 1",
)
SQLITE_CATALOG = (
    "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    " AND tbl_name <> 'migration' ORDER BY name"
)


def table(name: str, **members: Column | Constraint) -> type[Table]:
    members = {"id": UUID(primary_key=True, default=uuid7), **members}
    return create_table_class(name, class_kwargs={"tablename": name.lower()}, class_members=members)


async def write(app: AppConfig, name: str, *tables: type[Table], answer: str = "n") -> Path:
    """Write the migration to *tables*, with the id *name*, and return its file."""
    app.table_classes[:] = tables
    path = await write_migration(f"to {name}", answer=answer)
    assert path is not None
    path.write_text(re.sub('ID = "[^"]*"', f'ID = "{name}"', path.read_text(), count=1))
    return path


async def change(app: AppConfig, *tables: type[Table], answer: str = "n") -> None:
    """Write the migration to *tables* and run it."""
    count = len([*Path(app.migrations_folder_path).glob("*.py")])  # noqa: ASYNC240
    await write(app, f"step {count}", *tables, answer=answer)
    assert await migrate.migrate() == [f"step {count}"]
    assert await migrate.drift() == []


def write_raw(app: AppConfig, name: str, body: str) -> None:
    """Write the migration *name* that runs *body*, one line of Python."""
    path = Path(app.migrations_folder_path) / f"{name}.py"
    path.write_text(RAW.format(name=name, body=body))


async def catalog(engine: Engine) -> list[Any]:
    """What the database says about its tables, whatever way it came to have them."""
    if engine.engine_type == "postgres":
        return [[tuple(row.values()) for row in await fetch(sql)] for sql in POSTGRES_CATALOG]
    found: list[Any] = []
    for row in await fetch(SQLITE_CATALOG):
        head, _, body = row["sql"].replace("IF NOT EXISTS ", "").partition(" (")
        found.append((row["type"], row["name"], head, sorted(body.rstrip(")").split(", "))))
    return found


async def assert_as_new(engine: Engine, *tables: type[Table]) -> None:
    """The migrated tables are those that would be made today. Drops them."""
    migrated = await catalog(engine)
    for gone in reversed(tables):
        await engine.run_ddl(f'DROP TABLE "{gone._meta.tablename}"')
    for made in tables:
        await made.create_table()
    assert await catalog(engine) == migrated
