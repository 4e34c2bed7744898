"""Transactions on both engines: whatever goes wrong, nothing is half done and nothing is stuck."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import Context

import asyncpg
import pytest
from piccolo.columns import Integer
from piccolo.query.methods.objects import Objects
from piccolo.table import Table

from connect import db
from connect.db import Engine, TransactionOver, fetch, snapshot, transaction
from connect.engine_sqlite import SQLite

TABLES = """
CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL UNIQUE);
CREATE TABLE part (id INTEGER PRIMARY KEY,
  counter INTEGER REFERENCES counter (id) DEFERRABLE INITIALLY DEFERRED)
"""
ENDLESS = {
    "sqlite": "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"
    " SELECT MAX(n) FROM c",
    "postgres": "SELECT pg_sleep(60)",
}
BROKEN = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)


class Counter(Table, tablename="counter"):
    id = Integer(primary_key=True)
    n = Integer()


@pytest.fixture(autouse=True)
async def tables(database: Engine) -> AsyncIterator[None]:
    for statement in TABLES.split(";"):
        await database.run_ddl(statement)
    await Counter.insert(Counter(id=1, n=0))
    yield
    assert not database.transaction_exists()
    assert free(database) == whole(database)


def free(engine: Engine) -> tuple[int, int]:
    """Connections that nobody holds: of the writer, of the readers; PostgreSQL has one kind."""
    if isinstance(engine, SQLite):
        gates = engine.pool()._gates
        return gates[True]._value, gates[False]._value
    return engine.pool.get_size() - engine.pool.get_idle_size(), 0


def whole(engine: Engine) -> tuple[int, int]:
    return (1, 4) if isinstance(engine, SQLite) else (0, 0)


def counter(number: int) -> Objects[Counter]:
    return db.locked(Counter.objects().where(Counter.id == number), Counter)


async def test_a_nested_failure_keeps_the_outer_rows():
    async with transaction():
        await Counter.insert(Counter(id=2, n=2))
        with suppress(ZeroDivisionError):
            async with transaction():
                await Counter.insert(Counter(id=3, n=3))
                async with transaction():
                    await Counter.insert(Counter(id=4, n=4))
                raise ZeroDivisionError
        await Counter.insert(Counter(id=5, n=5))

    assert [row["id"] for row in await fetch("SELECT id FROM counter ORDER BY id")] == [1, 2, 5]


async def test_an_outer_failure_takes_the_nested_rows_along():
    with suppress(ZeroDivisionError):
        async with transaction():
            async with transaction():
                await Counter.insert(Counter(id=2, n=2))
            raise ZeroDivisionError

    assert await Counter.count() == 1


async def test_a_refused_row_in_a_savepoint_leaves_the_rest():
    async with transaction():
        await Counter.insert(Counter(id=2, n=2))
        with pytest.raises(BROKEN) as refusal:
            async with transaction():
                await Counter.insert(Counter(id=3, n=2))
        await Counter.insert(Counter(id=4, n=4))

    assert db.is_unique_violation(refusal.value)
    assert await Counter.count() == 3


async def test_fifty_failed_commits_leave_nothing_behind(database):
    for number in range(50):
        with pytest.raises(BROKEN):
            async with transaction():
                await Counter.insert(Counter(id=100 + number, n=100 + number))
                await fetch("INSERT INTO part (id, counter) VALUES (1, 999)")
        assert not db.in_transaction()
        assert free(database) == whole(database)

    async with asyncio.timeout(1), transaction():
        await Counter.insert(Counter(id=2, n=2))
    assert await Counter.count() == 2


async def test_an_error_that_was_caught_is_never_a_silent_rollback(database):
    """PostgreSQL gives the transaction up, and would take COMMIT for ROLLBACK without a word."""
    try:
        async with transaction():
            await Counter.insert(Counter(id=2, n=2))
            with suppress(*BROKEN):
                await Counter.insert(Counter(id=3, n=2))
    except asyncpg.InFailedSQLTransactionError:
        kept = 1
    else:
        kept = 2

    assert await Counter.count() == kept
    assert kept == (2 if isinstance(database, SQLite) else 1)


async def test_cancelled_tasks_write_all_or_nothing(database):
    async def pair(number: int) -> None:
        async with transaction():
            await Counter.insert(Counter(id=number, n=number))
            await fetch("INSERT INTO part (id, counter) VALUES ({}, {})", number, number)

    for turn in range(10):
        tasks = [asyncio.create_task(pair(100 * turn + i)) for i in range(2, 12)]
        await asyncio.sleep(turn / 1000)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert free(database) == whole(database)

    counters = {row["id"] for row in await fetch("SELECT id FROM counter WHERE id > 1")}
    parts = {row["counter"] for row in await fetch("SELECT counter FROM part")}
    assert counters == parts


@pytest.mark.parametrize("scope", [None, transaction, snapshot])
async def test_a_cancelled_statement_stops_and_frees_its_connection(database, scope):
    async def endless() -> None:
        if scope is None:
            await fetch(ENDLESS[database.engine_type])
        else:
            async with scope():
                await fetch(ENDLESS[database.engine_type])

    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(endless(), 0.1)

    assert time.monotonic() - begun < 1.5
    assert free(database) == whole(database)
    assert await fetch("SELECT n FROM counter") == [{"n": 0}]


async def test_a_failed_begin_leaves_the_pool_whole(database):
    if isinstance(database, SQLite):
        await database.run("PRAGMA busy_timeout = 20")
        other = sqlite3.connect(database.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for _ in range(5):
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                async with transaction():
                    raise AssertionError("never begins")
        other.rollback()
        other.close()
    else:
        for _ in range(20):
            with pytest.raises(ValueError):
                async with database.transaction(isolation="none"):
                    raise AssertionError("never begins")

    async with transaction():
        await Counter.insert(Counter(id=2, n=2))
    assert await Counter.count() == 2


@pytest.mark.parametrize("writers", [20, 100])
async def test_concurrent_changes_lose_nothing_beside_a_long_export(database, writers):
    await Counter.insert(*(Counter(id=i, n=-i) for i in range(2, 3000)))

    async def export() -> int:
        seen = 0
        async with await Counter.select(Counter.id).batch(batch_size=20) as batch:
            async for rows in batch:
                seen += len(rows)
                await asyncio.sleep(0)
        return seen

    async def increase() -> None:
        async with transaction():
            row = await db.one(counter(1))
            await asyncio.sleep(0)
            row.n += 1
            await row.save()

    results = await asyncio.gather(export(), *(increase() for _ in range(writers)))

    assert results[0] == 2999
    assert (await db.one(counter(1))).n == writers


async def test_a_task_that_outlives_the_transaction_gets_an_error():
    ended = asyncio.Event()

    async def late() -> list[BaseException | None]:
        await ended.wait()
        errors: list[BaseException | None] = []
        for attempt in (fetch("UPDATE counter SET n = 99"), _nested()):
            try:
                await attempt
            except TransactionOver as error:
                errors.append(error)
        return errors

    async def _nested() -> None:
        async with transaction():
            await fetch("UPDATE counter SET n = 99")

    async with transaction():
        task = asyncio.create_task(late())
        await fetch("UPDATE counter SET n = 5")
    async with transaction():  # on the same connection
        ended.set()
        assert len(await task) == 2

    assert await fetch("SELECT n FROM counter") == [{"n": 5}]


async def test_gather_inside_a_transaction_is_refused():
    with pytest.raises((RuntimeError, asyncpg.InterfaceError), match=r"no gather|in progress"):
        async with transaction():
            await asyncio.gather(*(fetch("UPDATE counter SET n = n + 1") for _ in range(5)))

    assert await fetch("SELECT n FROM counter") == [{"n": 0}]


async def test_a_snapshot_sees_one_moment_and_writes_nothing():
    async with snapshot():
        assert await Counter.count() == 1
        await asyncio.get_running_loop().create_task(
            fetch("INSERT INTO counter VALUES (50, 50)"), context=Context()
        )
        assert await Counter.count() == 1
    assert await Counter.count() == 2

    with pytest.raises((sqlite3.OperationalError, asyncpg.ReadOnlySQLTransactionError)):
        async with snapshot():
            await fetch("DELETE FROM counter")


async def test_readers_do_not_wait_for_the_writer():
    async with transaction():
        await fetch("UPDATE counter SET n = 7")
        read = "WITH c AS (SELECT n FROM counter) SELECT n FROM c"
        outside = asyncio.get_running_loop().create_task(fetch(read), context=Context())
        assert await asyncio.wait_for(outside, 1) == [{"n": 0}]


async def test_a_transaction_that_is_left_in_another_context_frees_its_connection(database):
    scope = transaction()
    await scope.__aenter__()
    await fetch("UPDATE counter SET n = 7")
    error = GeneratorExit()
    leave = scope.__aexit__(GeneratorExit, error, None)
    await asyncio.get_running_loop().create_task(leave, context=Context())
    database.current_transaction.set(None)

    assert free(database) == whole(database)
    assert await fetch("SELECT n FROM counter") == [{"n": 0}]


async def test_waiting_for_a_connection_ends_with_words(database, monkeypatch):
    ended, held = asyncio.Event(), asyncio.Semaphore(0)

    async def hold() -> None:
        async with transaction():
            held.release()
            await ended.wait()

    tasks = [asyncio.create_task(hold()) for _ in range(1 if isinstance(database, SQLite) else 10)]
    for _ in tasks:
        await held.acquire()
    monkeypatch.setattr("connect.engine_sqlite_pool.PATIENCE", 0.1)
    monkeypatch.setattr("connect.engine_postgres.PATIENCE", 0.1)
    with pytest.raises(TimeoutError, match="the database was busy"):
        async with transaction():
            pass
    ended.set()
    await asyncio.gather(*tasks)
