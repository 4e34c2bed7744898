"""Both databases, made by the migrations once and copied for each test; the clock; the queries.

A test that asks for ``database`` runs twice, on SQLite and on PostgreSQL.
"""
# ruff: noqa: E402 -- the settings must stand in the environment before Connect is imported

import os
import shutil
import tempfile
from pathlib import Path

# In memory where there is room: copies of databases are then made without a disk.
_MEMORY = Path("/dev/shm")  # noqa: S108
_ROOMY = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 1 << 30
WORK = Path(tempfile.mkdtemp(prefix="connect-tests-", dir=_MEMORY if _ROOMY else None))
WORK.chmod(0o711)  # PostgreSQL runs as a user of its own

for name in [name for name in os.environ if name.startswith("CONNECT_")]:
    del os.environ[name]
os.environ["PICCOLO_CONF"] = "connect.piccolo_conf"
os.environ["CONNECT_DATA_DIR"] = str(WORK / "data")
os.environ["CONNECT_SECRET_KEY"] = "0123456789" * 4
os.environ["CONNECT_BASE_URL"] = "http://127.0.0.1:8000"

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from piccolo.query.base import Query
from piccolo.table import Table

from connect import piccolo_conf
from connect.db import Engine, make_engine
from connect.migrate import migrate
from doors import api, app, browser, client, mailbox, work
from postgres_cluster import Cluster

__all__ = ["api", "app", "browser", "client", "mailbox", "work"]

_numbers = itertools.count(1)


def pytest_unconfigure() -> None:
    shutil.rmtree(WORK, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of this test run's own."""
    cluster = Cluster(WORK / "postgres")
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
async def administrator(cluster: Cluster) -> AsyncIterator[asyncpg.Connection]:
    """A connection that makes and drops databases."""
    connection = await asyncpg.connect(cluster.url("postgres"))
    yield connection
    await connection.close()


@asynccontextmanager
async def in_use(engine: Engine) -> AsyncIterator[Engine]:
    """Make *engine* the one that all tables use, connected."""
    before = piccolo_conf.DB
    piccolo_conf.DB = engine
    _forget_engines()
    await engine.start_connection_pool()
    try:
        yield engine
    finally:
        await engine.close_connection_pool()
        piccolo_conf.DB = before
        _forget_engines()


def _forget_engines() -> None:
    """Make every table look its engine up again, Piccolo's own and those of migrations too."""
    waiting = [Table]
    while waiting:
        table = waiting.pop()
        waiting += table.__subclasses__()
        if hasattr(table, "_meta"):
            table._meta._db = None


async def copy_of(administrator: asyncpg.Connection, cluster: Cluster, template: str) -> str:
    """The URL of a new database on PostgreSQL."""
    name = f"test_{next(_numbers)}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return cluster.url(name)


async def drop(administrator: asyncpg.Connection, url: str) -> None:
    name = url.rpartition("/")[2]
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def sqlite_template() -> Path:
    path = WORK / "template.sqlite"
    async with in_use(make_engine(f"sqlite:///{path}")):
        await migrate()
    return path


@pytest.fixture(scope="session")
async def postgres_template(administrator: asyncpg.Connection, cluster: Cluster) -> str:
    await administrator.execute("CREATE DATABASE template_connect")
    async with in_use(make_engine(cluster.url("template_connect"))):
        await migrate()
    return "template_connect"


def remove_sqlite(path: Path) -> None:
    """Remove a database file and what stands next to it."""
    for ending in ("", "-wal", "-shm", ".lock", ".server"):
        Path(f"{path}{ending}").unlink(missing_ok=True)


@pytest.fixture
async def sqlite_database(sqlite_template: Path) -> AsyncIterator[Engine]:
    path = WORK / f"test_{next(_numbers)}.sqlite"
    shutil.copyfile(sqlite_template, path)
    async with in_use(make_engine(f"sqlite:///{path}")) as engine:
        yield engine
    remove_sqlite(path)


@pytest.fixture
async def postgres_database(
    administrator: asyncpg.Connection, cluster: Cluster, postgres_template: str
) -> AsyncIterator[Engine]:
    url = await copy_of(administrator, cluster, postgres_template)
    async with in_use(make_engine(url)) as engine:
        yield engine
    await drop(administrator, url)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Engine:
    """A migrated database without rows, in use by all tables; one for each test."""
    engine: Engine = request.getfixturevalue(f"{request.param}_database")
    return engine


@pytest.fixture
def queries(database: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SQL of each statement that runs from now on, without BEGIN, COMMIT and savepoints."""
    seen: list[str] = []
    kind = type(database)
    run, batch = kind.run, kind.batch

    async def noting(self: Any, sql: str, args: Any = ()) -> Any:
        seen.append(sql)
        return await run(self, sql, args)

    async def noting_batch(self: Any, query: Query[Any, Any], *args: Any, **options: Any) -> Any:
        seen.append(str(query))
        return await batch(self, query, *args, **options)

    monkeypatch.setattr(kind, "run", noting)
    monkeypatch.setattr(kind, "batch", noting_batch)
    return seen


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by

    def set(self, moment: datetime) -> None:
        self.now = moment


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of Connect, standing at 10 o'clock in New York on 2 March 2026, a Monday."""
    clock = Clock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    monkeypatch.setattr("connect.clock.source", clock)
    return clock
