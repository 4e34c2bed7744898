"""Migrations: each change of a table, with rows in it, on both engines; several at once; killed."""
# ruff: noqa: ASYNC240, S608 -- small files; statements of this file's own

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from conftest import WORK, copy_of, drop, in_use, remove_sqlite
from piccolo.columns import (
    UUID,
    BigInt,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    OnDelete,
    OnUpdate,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.conf.apps import AppConfig
from piccolo.constraints import Check, Constraint, Unique
from piccolo.table import Table, create_table_class

from connect import clock as time
from connect import db, migrate
from connect.db import Engine, fetch, uuid7
from connect.migrate_writer import write_migration

REFUSED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppConfig:
    """An application of its own: no tables yet, an empty folder of migrations."""
    app = AppConfig("test", str(tmp_path))
    monkeypatch.setattr(migrate, "app", lambda: app)
    monkeypatch.setattr("connect.migrate_writer.app", lambda: app)
    return app


@pytest.fixture
async def empty_sqlite() -> AsyncIterator[Engine]:
    path = WORK / "empty.sqlite"
    async with in_use(db.make_engine(f"sqlite:///{path}")) as engine:
        yield engine
    remove_sqlite(path)


@pytest.fixture
async def empty_postgres(administrator, cluster) -> AsyncIterator[Engine]:
    url = await copy_of(administrator, cluster, "template1")
    async with in_use(db.make_engine(url)) as engine:
        yield engine
    await drop(administrator, url)


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, app: AppConfig) -> Engine:
    engine: Engine = request.getfixturevalue(f"empty_{request.param}")
    return engine


def table(name: str, **members: Column | Constraint) -> type[Table]:
    members = {"id": UUID(primary_key=True, default=uuid7), **members}
    return create_table_class(name, class_kwargs={"tablename": name.lower()}, class_members=members)


async def change(app: AppConfig, *tables: type[Table], answer: str = "n") -> list[str]:
    """Write the migration to *tables* and run it."""
    app.table_classes[:] = tables
    assert await write_migration(
        f"step {len(list(Path(app.migrations_folder_path).iterdir()))}", answer=answer
    )
    done = await migrate.migrate()
    assert await migrate.drift() == []
    return done


async def catalog(engine: Engine) -> list[Any]:
    """What the database says about its tables, in an order that does not depend on history."""
    if engine.engine_type == "postgres":
        return [
            [tuple(row.values()) for row in await fetch(sql)]
            for sql in (
                "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable,"
                " column_default FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name <> 'migration' ORDER BY 1, 2",
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
                " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
                " AND conrelid <> 'migration'::regclass ORDER BY 1, 2",
                "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
                " AND tablename <> 'migration' ORDER BY 1",
            )
        ]
    found: list[Any] = []
    for row in await fetch(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND tbl_name <> 'migration' ORDER BY name"
    ):
        head, _, body = row["sql"].replace("IF NOT EXISTS ", "").partition(" (")
        found.append((row["type"], row["name"], head, sorted(body.rstrip(")").split(", "))))
    return found


ONE = OnDelete.restrict
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nullable column": ({}, {"b": Integer(null=True, default=None)}),
    "column with a value for old rows": ({}, {"b": Varchar(length=20, default="none")}),
    "indexed column": ({}, {"b": Integer(null=True, default=None, index=True)}),
    "unique column": ({}, {"b": Integer(null=True, default=None, unique=True)}),
    "moment column": ({}, {"b": Timestamptz()}),
    "moment by Python": ({}, {"b": Timestamptz(null=True, default=time.now)}),
    "boolean column": ({}, {"b": Boolean(default=False)}),
    "unique pair": ({"b": Integer()}, {"b": Integer(), "pair": Unique(["a", "b"])}),
    "no unique pair": ({"b": Integer(), "pair": Unique(["a", "b"])}, {"b": Integer()}),
    "check": ({}, {"positive": Check("a >= 0")}),
    "another check": ({"positive": Check("a >= 0")}, {"not_negative": Check("a > -1")}),
    "bigger numbers": ({"b": Integer(default=1)}, {"b": BigInt(default=1)}),
    "text to number": ({"b": Varchar(length=9, default="7")}, {"b": Integer(default=7)}),
    "number to text": ({"b": Integer(default=7)}, {"b": Text(default="7")}),
    "may be empty": ({"b": Integer(default=1)}, {"b": Integer(default=1, null=True)}),
    "must not be empty": ({"b": Integer(default=1, null=True)}, {"b": Integer(default=1)}),
    "another default": ({"b": Integer(default=1)}, {"b": Integer(default=2)}),
    "no default": ({"b": Integer(default=1)}, {"b": Integer(default=None, null=True)}),
    "default by Python": ({"b": UUID()}, {"b": UUID(default=uuid7)}),
    "longer text": ({"b": Varchar(length=9)}, {"b": Varchar(length=90)}),
    "index": ({"b": Integer()}, {"b": Integer(index=True)}),
    "no index": ({"b": Integer(index=True)}, {"b": Integer()}),
    "unique": (
        {"b": Integer(null=True, default=None)},
        {"b": Integer(null=True, default=None, unique=True)},
    ),
    "not unique": ({"b": Integer(unique=True)}, {"b": Integer()}),
    "dropped column": ({"b": Integer(index=True)}, {}),
    "dropped unique column": ({"b": Integer(unique=True)}, {}),
    "swapped columns": ({"b": Integer(index=True)}, {"c": Integer(null=True, default=None)}),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_a_changed_table_keeps_its_rows_and_equals_a_new_one(empty, app, name):
    before, after = CHANGES[name]
    await change(app, table("Thing", a=Integer(unique=True), **before))
    keys = [uuid7(), uuid7()]
    one, two = keys
    await fetch("INSERT INTO thing (id, a) VALUES ({}, 1)", one) if "by Python" not in name or (
        "b" not in before
    ) else await fetch("INSERT INTO thing (id, a, b) VALUES ({}, 1, {})", one, uuid7())

    thing = table("Thing", a=Integer(unique=True), **after)
    assert len(await change(app, thing)) == 1

    rows = await fetch("SELECT * FROM thing")
    assert [(row["id"], row["a"]) for row in rows] == [(one, 1)]
    if name in ("text to number", "number to text"):
        assert rows[0]["b"] == (7 if name == "text to number" else "7")
    await thing.insert(thing(id=two, a=2))
    with pytest.raises(REFUSED):
        await thing.insert(thing(id=two, a=3))
    migrated = await catalog(empty)
    await empty.run_ddl("DROP TABLE thing")
    await thing.create_table()
    assert await catalog(empty) == migrated
