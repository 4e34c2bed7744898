"""The helpers of the database on both engines, and the fixtures that tests lean on."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from piccolo.columns import UUID, Integer, Text, Timestamptz
from piccolo.querystring import QueryString
from piccolo.table import Table

from connect import clock as time
from connect import db
from connect.db import Engine, fetch, transaction
from connect.engine_sqlite import SQLite
from connect.errors import NotFound


class Note(Table, tablename="note"):
    id = UUID(primary_key=True, default=db.uuid7)
    text = Text()
    number = Integer(default=0)
    at = Timestamptz(default=time.now)


@pytest.fixture(autouse=True)
async def tables(database: Engine) -> None:
    import connect.migrate_ddl  # noqa: F401 -- columns without DEFAULT

    await Note.create_table()


async def test_one_row_or_not_found():
    note = await Note.objects().create(text="a")

    assert (await db.one(Note.objects().where(Note.id == note.id))).text == "a"
    with pytest.raises(NotFound):
        await db.one(Note.objects().where(Note.text == "b"))


async def test_fetch_takes_values_and_gives_rows():
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    note = await Note.objects().create(text="it's {}", at=moment)

    rows = await fetch(
        "SELECT id, text, at FROM note WHERE text = {} AND at <= {}", "it's {}", moment
    )

    assert rows == [{"id": note.id, "text": "it's {}", "at": moment}]
    assert await fetch("DELETE FROM note RETURNING number") == [{"number": 0}]
    assert await fetch("SELECT id FROM note") == []


async def test_locked_rows_are_changed_one_after_another():
    note = await Note.objects().create(text="a")

    async def add() -> None:
        async with transaction():
            row = await db.one(db.locked(Note.objects().where(Note.id == note.id), Note))
            row.text += "b"
            await row.save()

    await asyncio.gather(*(add() for _ in range(8)))

    assert await fetch("SELECT text FROM note") == [{"text": "abbbbbbbb"}]


async def test_an_error_in_a_batch_comes_out():
    await Note.insert(*(Note(text="a", number=n) for n in range(9)))

    for _ in range(12):  # more than there are connections
        with pytest.raises(ZeroDivisionError):
            async with await Note.select().batch(batch_size=3) as batch:
                async for _rows in batch:
                    raise ZeroDivisionError
        with pytest.raises(Exception, match="nonsense"):
            async with await Note.select().where(QueryString("nonsense")).batch():
                raise AssertionError("never begins")


async def test_a_batch_sees_the_rows_of_its_transaction():
    async with transaction():
        await Note.insert(Note(text="a", number=1), Note(text="b", number=2))
        async with await Note.select(Note.text).order_by(Note.number).batch(1) as batch:
            assert [row["text"] async for rows in batch for row in rows] == ["a", "b"]
        await Note.insert(Note(text="c"))

    assert await Note.count() == 3


async def test_a_taken_value_is_told_from_other_errors():
    note = await Note.objects().create(text="a")

    with pytest.raises(Exception) as taken:
        await Note.insert(Note(id=note.id, text="b"))
    with pytest.raises(Exception) as missing:
        await fetch("INSERT INTO note (id, text) VALUES ({}, NULL)", db.uuid7())

    assert db.is_unique_violation(taken.value)
    assert not db.is_unique_violation(missing.value)


@pytest.mark.parametrize(("failures", "calls"), [(0, 1), (3, 4), (9, 5)])
async def test_conflicts_are_tried_five_times(failures, calls):
    class Conflict(Exception):
        sqlstate = "40001"

    tried = []

    async def write() -> str:
        tried.append(1)
        if len(tried) <= failures:
            raise Conflict
        return "written"

    if failures > 4:
        with pytest.raises(Conflict):
            await db.retried(write)
    else:
        assert await db.retried(write) == "written"
    assert len(tried) == calls


async def test_a_part_of_a_transaction_is_not_tried_again():
    class Deadlock(Exception):
        sqlstate = "40P01"

    tried = []

    async def write() -> None:
        tried.append(1)
        raise Deadlock

    with pytest.raises(Deadlock):
        async with transaction():
            await db.retried(write)
    assert len(tried) == 1


async def test_other_event_loops_of_the_process_can_use_the_database(database):
    """``run_sync`` has its own loop, and may run in a thread while this loop works."""
    note = await Note.objects().create(text="a")

    def add(times: int) -> None:
        async def run() -> None:
            for _ in range(times):
                async with transaction():
                    await fetch("UPDATE note SET number = number + 1")

        asyncio.run(run())

    threads = [threading.Thread(target=add, args=(20,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        async with transaction():
            await fetch("UPDATE note SET number = number + 1")
    for thread in threads:
        await asyncio.to_thread(thread.join)

    assert Note.select(Note.number).run_sync() == [{"number": 60}]
    assert (await db.one(Note.objects().where(Note.id == note.id))).number == 60
    if isinstance(database, SQLite):
        await database.close_connection_pool()
        assert await database.pool().checkpoint(serving=True)  # nothing was left open
        assert len(database._pools) == 1


async def test_ids_sort_as_they_were_made(clock):
    ids = [db.uuid7() for _ in range(1000)]
    clock.move(timedelta(seconds=1))
    ids.append(db.uuid7())

    assert ids == sorted(set(ids))
    assert {id_.version for id_ in ids} == {7}
    assert {id_.variant for id_ in ids} == {"specified in RFC 4122"}


async def test_the_fixtures_count_queries_and_hold_the_clock(queries, clock):
    note = await Note.objects().create(text="a")
    clock.move(timedelta(days=1))
    async with transaction():
        await fetch("SELECT 1 AS one")
        async with await Note.select().batch() as batch:
            assert len([row async for rows in batch for row in rows]) == 1

    assert note.at == clock.now - timedelta(days=1)
    assert len(queries) == 3, queries


async def test_the_next_test_finds_no_rows():
    assert await Note.count() == 0
