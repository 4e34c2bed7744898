"""Migrators that fail, meet each other, or are killed."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import ExitStack

import asyncpg
import pytest
from piccolo.columns import BigInt, Integer
from piccolo.conf.apps import AppConfig
from piccolo.constraints import Check
from piccolo.table import Table

from connect import migrate
from connect.db import fetch, uuid7
from databases import Engine
from migrating import assert_as_new, table, write, write_raw

ROW = "await fetch('INSERT INTO thing (id, a, b) VALUES ({{}}, 1, 2)', uuid.UUID('{id}'))"
HALF = "await fetch('CREATE TABLE half (id INTEGER)'); raise ZeroDivisionError"
CHILD = """
import asyncio, os, sys, types
import connect
conf = types.ModuleType("connect.piccolo_conf")
sys.modules["connect.piccolo_conf"] = connect.piccolo_conf = conf
from piccolo.conf.apps import AppConfig
from connect import db, migrate
url, folder = sys.argv[1:3]
migrate.app = lambda: AppConfig("test", folder)
conf.DB = db.make_engine(url)
"""
AT_ONCE = (
    CHILD
    + """
print("ready", flush=True)
sys.stdin.readline()
print(len(asyncio.run(migrate.migrate())))
"""
)
KILLED = (
    CHILD
    + """
async def run(last):
    kind, seen = type(conf.DB), 0
    stock = kind.run
    async def counted(self, sql, args=()):
        nonlocal seen
        seen += 1
        if seen == last:
            os.kill(os.getpid(), 9)
        return await stock(self, sql, args)
    kind.run = counted
    await migrate.migrate()

kills = 0
while True:
    child = os.fork()
    if child == 0:
        asyncio.run(run(kills + 1))
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        break
    kills += 1
print(kills)
"""
)


@pytest.fixture
def url(empty: Engine) -> str:
    return f"sqlite:///{empty.path}" if empty.engine_type == "sqlite" else empty.config["dsn"]


@pytest.fixture
async def history(small_app: AppConfig) -> type[Table]:
    """Three migrations to run: a table, a row, a change that SQLite makes by a rebuild."""
    await write(small_app, "1", table("Thing", a=Integer(), b=Integer()))
    write_raw(small_app, "2", ROW.format(id=uuid7()))
    last = table("Thing", a=BigInt(), c=Integer(default=5, index=True), low=Check("a < 9"))
    await write(small_app, "3", last)
    return last


async def test_a_failed_migration_leaves_nothing(empty, small_app, history):
    write_raw(small_app, "4", HALF)

    with pytest.raises(ZeroDivisionError):
        await migrate.migrate()

    assert await migrate.migrate(only_check=True) == ["4"]
    with pytest.raises((sqlite3.OperationalError, asyncpg.UndefinedTableError)):
        await fetch("SELECT * FROM half")
    assert not empty.transaction_exists()


async def test_rows_that_point_nowhere_end_a_migration(empty_sqlite, small_app):
    await fetch("CREATE TABLE one (id INTEGER PRIMARY KEY, other INTEGER REFERENCES one (id))")
    write_raw(small_app, "1", "await fetch('INSERT INTO one VALUES (1, 2)')")

    with pytest.raises(RuntimeError, match="1 rows point nowhere"):
        await migrate.migrate()
    assert await fetch("SELECT * FROM one") == []
    with pytest.raises(sqlite3.IntegrityError):  # they are enforced again
        await fetch("INSERT INTO one VALUES (1, 2)")


async def test_two_migrators_at_once_run_each_migration_once(empty, small_app, url, history):
    write_raw(small_app, "4", "await asyncio.sleep(0.3)")
    with ExitStack() as children:
        both = [_start(children, AT_ONCE, url, small_app) for _ in range(2)]
        for process in both:
            await asyncio.to_thread(process.stdout.readline)
        for process in both:
            process.stdin.write("\n")
            process.stdin.flush()
        counts = [int(await asyncio.to_thread(process.stdout.readline)) for process in both]

    assert sum(counts) == 4
    assert await fetch("SELECT a, c FROM thing") == [{"a": 1, "c": 5}]


def _start(children: ExitStack, code: str, url: str, app: AppConfig) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, url, str(app.migrations_folder_path)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    return children.enter_context(process)


async def test_a_killed_migrator_is_continued_by_the_next_one(empty, small_app, url, history):
    with ExitStack() as children:
        process = _start(children, KILLED, url, small_app)
        kills = int(await asyncio.to_thread(process.stdout.readline))

    assert kills > 10
    assert await migrate.migrate() == await migrate.drift() == []
    assert await fetch("SELECT a, c FROM thing") == [{"a": 1, "c": 5}]
    await assert_as_new(empty, history)


async def test_the_lock_row_of_cockroachdb_makes_the_second_wait(empty_postgres, monkeypatch):
    monkeypatch.setitem(migrate.LOCK, "postgres", migrate.LOCK["cockroach"][1:])
    for statement in migrate.LOCK_ROW * 2:
        await fetch(statement)
    order = []

    async def step(name: str) -> None:
        async with migrate._alone():
            order.append(f"{name} begins")
            await asyncio.sleep(0.05)
            order.append(f"{name} ends")

    await asyncio.gather(step("a"), step("b"))

    assert order in (
        ["a begins", "a ends", "b begins", "b ends"],
        ["b begins", "b ends", "a begins", "a ends"],
    )
