"""What only a database server can do to us: cut the connection, refuse for a conflict, restart."""

import asyncio
from contextvars import Context

import asyncpg
import pytest

from connect import db
from connect.db import Engine, OutcomeUnknown, fetch, transaction

DAWDLE = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql
  AS 'BEGIN PERFORM pg_sleep(5); RETURN NULL; END'
"""
AT_COMMIT = """
CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON counter DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION dawdle()
"""


@pytest.fixture(autouse=True)
async def engine(postgres_database: Engine) -> Engine:
    await fetch("CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)")
    await fetch("INSERT INTO counter VALUES (1, 0), (2, 0)")
    return postgres_database


async def test_a_connection_lost_at_commit_is_an_unknown_outcome():
    await fetch(DAWDLE)
    await fetch(AT_COMMIT)

    async def write() -> None:
        async with transaction():
            await fetch("INSERT INTO counter VALUES (3, 0)")

    task = asyncio.create_task(write())
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT;'"
    while not await fetch(cut):  # noqa: ASYNC110 -- an event of the server
        await asyncio.sleep(0.01)
    with pytest.raises(OutcomeUnknown):
        await task
    assert await fetch("SELECT n FROM counter WHERE id = 3") == []


async def test_a_connection_lost_before_commit_is_a_plain_error():
    with pytest.raises(asyncpg.PostgresConnectionError):
        async with transaction():
            (mine,) = await fetch("SELECT pg_backend_pid() AS pid")
            other = asyncio.get_running_loop().create_task(
                fetch("SELECT pg_terminate_backend({})", mine["pid"]), context=Context()
            )
            await other
            await asyncio.sleep(0.05)


async def test_a_transaction_does_not_begin_on_a_connection_that_was_cut(engine):
    await asyncio.gather(*(fetch("SELECT pg_sleep(0.05)") for _ in range(10)))
    await fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    async def add() -> None:
        async with transaction():
            await fetch("UPDATE counter SET n = n + 1 WHERE id = 1")

    await asyncio.gather(*(add() for _ in range(20)))

    assert await fetch("SELECT n FROM counter WHERE id = 1") == [{"n": 20}]


async def test_conflicts_under_serializable_are_tried_again(engine):
    async def move(one: int, other: int) -> None:
        async with engine.transaction(isolation="serializable"):
            (row,) = await fetch("SELECT n FROM counter WHERE id = {}", one)
            await asyncio.sleep(0.01)
            await fetch("UPDATE counter SET n = {} WHERE id = {}", row["n"] + 1, other)

    calls = [(1, 2), (2, 1)]
    with pytest.raises(asyncpg.SerializationError):
        await asyncio.gather(*(move(*call) for call in calls))
    await fetch("UPDATE counter SET n = 0")

    await asyncio.gather(*(db.retried(lambda c=call: move(*c)) for call in calls))

    assert sorted(row["n"] for row in await fetch("SELECT n FROM counter")) == [1, 2]


async def test_the_session_has_its_limits():
    names = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout", "TimeZone")
    limits = [(await fetch(f"SHOW {name}"))[0][name] for name in names]

    assert limits == ["15s", "30s", "5s", "UTC"]


async def test_nothing_of_a_session_is_left_for_the_next_user():
    async with transaction():
        await fetch("SET LOCAL statement_timeout = '1s'")

    assert await fetch("SHOW statement_timeout") == [{"statement_timeout": "15s"}]


async def test_a_cockroachdb_url_is_the_same_server_with_other_words(engine):
    cockroach = db.make_engine(engine.config["dsn"].replace("postgresql", "cockroachdb"))

    assert cockroach.engine_type == "cockroach"
    assert [dict(row) for row in await cockroach.run("SELECT $1::int AS a", [1])] == [{"a": 1}]


async def test_making_an_engine_connects_to_nothing():
    db.make_engine("postgresql://nobody@127.0.0.1:1,127.0.0.1:2/none?target_session_attrs=any")


async def test_one_of_several_hosts_is_enough(cluster, engine):
    hosts = f"127.0.0.1:1,127.0.0.1:{cluster.port}"
    name = engine.config["dsn"].rpartition("/")[2]
    several = db.make_engine(
        f"postgresql://postgres@{hosts}/{name}?target_session_attrs=read-write"
    )

    assert len(await several.run("SELECT n FROM counter")) == 2
