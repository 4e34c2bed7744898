"""The SQLite file among processes: one server, commands beside it, checkpoints, bad starts."""
# ruff: noqa: ASYNC240, S608 -- small files; statements of this file's own

import asyncio
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from connect.engine_sqlite import SQLite
from connect.engine_sqlite_pool import DatabaseInUse, DatabaseUnusable, needs_checkpoint_guard

HEAD = """
import asyncio, sys, time
from connect.engine_sqlite import SQLite
engine = SQLite(sys.argv[1])
async def add(times):
    for _ in range(times):
        async with engine.transaction():
            await engine.run("INSERT INTO row (text) VALUES ('" + "x" * 200 + "')")
"""
SERVE = HEAD + "engine.serve_alone(); print('serving', flush=True); time.sleep(60)"
COMMAND = (
    HEAD
    + """
async def main():
    await add(10)
    print((await engine.run("SELECT COUNT(*) AS n FROM row"))[0]["n"], flush=True)
    sys.stdin.readline()
    await engine.close_connection_pool()
asyncio.run(main())
"""
)
COMMITS = HEAD + "asyncio.run(add(20))"
COME_AND_GO = (
    HEAD
    + """
async def main():
    until = time.monotonic() + float(sys.argv[2])
    written = 0
    while time.monotonic() < until:
        await add(5)
        written += 5
        await engine.close_connection_pool()
    print(written)
asyncio.run(main())
"""
)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[SQLite]:
    engine = SQLite(str(tmp_path / "folder" / "connect.sqlite"))
    await engine.run("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT)")
    yield engine
    await engine.close_connection_pool()
    engine.stop_serving()


@pytest.fixture
def start(engine: SQLite) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Runs code in a process of its own, with the path and more arguments."""
    with ExitStack() as children:

        def start(code: str, *args: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
            command = [*before, sys.executable, "-c", code, engine.path, *args]
            pipe = subprocess.PIPE
            child = subprocess.Popen(command, stdout=pipe, stdin=pipe, text=True)
            children.enter_context(child)
            children.callback(child.kill)
            return child

        yield start


async def rows(engine: SQLite) -> int:
    return (await engine.run("SELECT COUNT(*) AS n FROM row"))[0]["n"]


def test_versions_that_need_the_guard():
    in_need = [(3, 7, 0), (3, 40, 1), (3, 44, 5), (3, 45, 0), (3, 50, 6), (3, 51, 0), (3, 51, 2)]
    mended = [(3, 6, 23), (3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 51, 3), (3, 52, 0), (4, 0, 0)]

    assert [version for version in in_need + mended if needs_checkpoint_guard(version)] == in_need


async def test_connections_have_their_settings(engine):
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "temp_store": 2,
        "cache_size": -16000,
        "wal_autocheckpoint": 0 if engine.guarded else 1000,
    }
    for writer in (True, False):
        connection = await engine.pool().acquire(writer=writer)
        found = {n: (await connection.run(f"PRAGMA {n}"))[0] for n in expected}
        (timeout,) = (await connection.run("PRAGMA busy_timeout"))[0].values()
        (only_reads,) = (await connection.run("PRAGMA query_only"))[0].values()
        engine.pool().release(connection, writer=writer)

        assert {n: next(iter(row.values())) for n, row in found.items()} == expected
        assert (timeout, only_reads) == (5000, 0 if writer else 1)


async def test_each_commit_reaches_the_disk(engine, start, tmp_path):
    if shutil.which("strace") is None:
        pytest.fail("install strace: the syncs of 20 commits cannot be counted")
    trace = tmp_path / "trace"
    before = ("strace", "-f", "-c", "-o", str(trace), "-e", "trace=fsync,fdatasync")

    assert await asyncio.to_thread(start(COMMITS, before=before).wait) == 0

    counts = re.findall(r"(\d+)\s+f(?:data)?sync$", trace.read_text(), re.MULTILINE)
    assert await rows(engine) == 20
    assert sum(map(int, counts)) >= 20


async def test_a_second_server_is_refused(engine, start):
    first = start(SERVE)
    assert first.stdout.readline() == "serving\n"

    begun = time.monotonic()
    with pytest.raises(DatabaseInUse, match=f"process {first.pid}") as refusal:
        engine.serve_alone()
    assert time.monotonic() - begun < 0.5
    assert "Stop it first" in str(refusal.value)

    first.send_signal(signal.SIGKILL)
    first.communicate()
    engine.serve_alone()
    engine.serve_alone()  # the same server again
    with pytest.raises(DatabaseInUse):
        SQLite(engine.path).serve_alone()
    engine.stop_serving()
    SQLite(engine.path).serve_alone()


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_command_works_beside_the_server_and_puts_checkpoints_off(engine, start, guarded):
    engine.guarded = guarded
    await engine.close_connection_pool()
    engine.serve_alone()
    assert await engine.checkpoint()
    command = start(COMMAND)
    assert await asyncio.to_thread(command.stdout.readline) == "10\n"

    await engine.run("INSERT INTO row (text) VALUES ('served')")
    begun = time.monotonic()
    assert await engine.checkpoint() is not guarded
    assert time.monotonic() - begun < 0.5
    assert await rows(engine) == 11

    command.communicate("\n")
    assert command.returncode == 0
    assert await engine.checkpoint()
    assert await rows(engine) == 11


async def test_only_the_server_checkpoints_in_a_guarded_version(engine):
    engine.guarded = True
    await engine.close_connection_pool()

    assert not await engine.checkpoint()
    engine.serve_alone()
    assert await engine.checkpoint()


async def test_a_reader_puts_the_end_of_a_checkpoint_off(engine):
    engine.serve_alone()
    async with engine.snapshot():
        await rows(engine)

        async def write_and_checkpoint() -> bool:
            engine.current_transaction.set(None)
            await engine.run("INSERT INTO row (text) VALUES ('a')")
            return await engine.checkpoint()

        begun = time.monotonic()
        assert not await asyncio.create_task(write_and_checkpoint())
        assert time.monotonic() - begun < 0.5

    assert await engine.checkpoint()


async def test_a_long_log_is_cut_and_a_short_one_is_used_again(engine):
    engine.serve_alone()
    for size, kept in ((100_000, True), (20_000_000, False)):
        await engine.run("INSERT INTO row (text) VALUES (?)", ["x" * size])
        assert engine.wal_size() > size
        assert await engine.checkpoint()
        assert (engine.wal_size() > size) is kept


async def test_checkpoints_among_processes_that_come_and_go_lose_nothing(engine, start):
    engine.serve_alone()
    seconds = 1.0
    others = [start(COME_AND_GO, str(seconds)) for _ in range(2)]
    ended = time.monotonic() + seconds
    latest = ended + 20  # on a machine that has much else to do
    written = checkpoints = 0
    while (
        time.monotonic() < ended
        or any(other.poll() is None for other in others)
        or (checkpoints <= 10 and time.monotonic() < latest)
    ):
        async with engine.transaction():
            await engine.run("INSERT INTO row (text) VALUES ('served')")
        written += 1
        checkpoints += await engine.checkpoint()

    written += sum(int(other.communicate()[0]) for other in others)
    assert await rows(engine) == written
    assert checkpoints > 10
    assert await engine.run("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


async def test_a_file_that_is_gone_is_not_made_again(engine):
    await engine.close_connection_pool()
    Path(engine.path).unlink()

    with pytest.raises(DatabaseUnusable, match="is gone"):
        await engine.start_connection_pool()
    assert not Path(engine.path).exists()

    Path(f"{engine.path}.lock").unlink()
    await engine.start_connection_pool()


async def test_a_file_that_goes_while_it_is_open_is_not_made_again(engine):
    Path(engine.path).unlink()

    for _ in range(6):  # more than there are readers, none of which is open yet
        with pytest.raises(DatabaseUnusable):
            await rows(engine)
    assert not Path(engine.path).exists()


async def test_what_is_no_database_is_refused_in_words(tmp_path):
    path = tmp_path / "connect.sqlite"
    path.write_bytes(b"A letter, not a database. " * 100)
    engine = SQLite(str(path))

    with pytest.raises(DatabaseUnusable, match="not a database"):
        await engine.start_connection_pool()
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnusable, match="cannot be written"):
        await SQLite(str(tmp_path / "file" / "connect.sqlite")).start_connection_pool()


async def test_files_are_for_their_owner_alone(engine):
    modes = {p.name: p.stat().st_mode & 0o777 for p in Path(engine.path).parent.iterdir()}

    assert modes == dict.fromkeys(modes, 0o600)
    assert len(modes) == 4


async def test_a_statement_after_an_error_that_ended_the_transaction_is_refused(engine):
    with pytest.raises(RuntimeError, match="over"):
        async with engine.transaction():
            await engine.run("INSERT INTO row (text) VALUES ('a')")
            with pytest.raises(sqlite3.Error):
                await engine.run("INSERT OR ROLLBACK INTO row SELECT id, text FROM row")
            await engine.run("INSERT INTO row (text) VALUES ('b')")

    assert await rows(engine) == 0


async def test_a_left_behind_statement_is_stopped_with_its_transaction(engine):
    numbers = "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c)"
    tasks = []
    with pytest.raises(RuntimeError, match="still runs"):
        async with engine.transaction():
            await engine.run("INSERT INTO row (text) VALUES ('a')")
            tasks.append(asyncio.create_task(engine.run(f"{numbers} SELECT MAX(n) FROM c")))
            await asyncio.sleep(0.02)

    assert isinstance((await asyncio.gather(*tasks, return_exceptions=True))[0], sqlite3.Error)
    assert await rows(engine) == 0


async def test_closed_pools_leave_no_files_open(engine):
    await rows(engine)
    await engine.close_connection_pool()

    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()]
    assert not [link for link in links if link.startswith(engine.path)]
    with closing(sqlite3.connect(engine.path)) as other:
        assert other.execute("SELECT COUNT(*) FROM row").fetchone() == (0,)
