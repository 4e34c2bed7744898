"""Both databases, made by the migrations once and copied for each test; the clock; the queries.

A test that asks for ``database`` runs twice, on SQLite and on PostgreSQL.
"""

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from piccolo.conf.apps import AppConfig
from piccolo.query.base import Query

from databases import WORK, Engine, in_use, postgres_copy, sqlite_copy
from doors import api, app, browser, client, mailbox, work
from postgres_cluster import Cluster

__all__ = ["api", "app", "browser", "client", "mailbox", "work"]


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


@pytest.fixture(scope="session")
async def sqlite_template() -> Path:
    """A migrated file."""
    from connect.migrate import migrate

    path = WORK / "template.sqlite"
    async with in_use(f"sqlite:///{path}"):
        await migrate()
    return path


@pytest.fixture(scope="session")
async def postgres_template(administrator: asyncpg.Connection, cluster: Cluster) -> str:
    """The name of a migrated database."""
    from connect.migrate import migrate

    name = "template_connect"
    await administrator.execute(f"CREATE DATABASE {name}")
    async with in_use(cluster.url(name)):
        await migrate()
    return name


@pytest.fixture
async def sqlite_database(sqlite_template: Path) -> AsyncIterator[Engine]:
    async with sqlite_copy(sqlite_template) as engine:
        yield engine


@pytest.fixture
async def postgres_database(
    administrator: asyncpg.Connection, cluster: Cluster, postgres_template: str
) -> AsyncIterator[Engine]:
    async with postgres_copy(administrator, cluster, postgres_template) as engine:
        yield engine


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Engine:
    """A migrated database without rows, in use by all tables; one for each test."""
    engine: Engine = request.getfixturevalue(f"{request.param}_database")
    return engine


@pytest.fixture
async def empty_sqlite() -> AsyncIterator[Engine]:
    async with sqlite_copy(None) as engine:
        yield engine


@pytest.fixture
async def empty_postgres(
    administrator: asyncpg.Connection, cluster: Cluster
) -> AsyncIterator[Engine]:
    async with postgres_copy(administrator, cluster, "template0") as engine:
        yield engine


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest) -> Engine:
    """A database without tables."""
    engine: Engine = request.getfixturevalue(f"empty_{request.param}")
    return engine


@pytest.fixture
def small_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppConfig:
    """What is migrated in this test: no tables yet, and an empty folder of migrations."""
    app = AppConfig("test", str(tmp_path))
    monkeypatch.setattr("connect.migrate.app", lambda: app)
    monkeypatch.setattr("connect.migrate_writer.app", lambda: app)
    return app


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
    """The clock of Connect, standing at 10 o'clock in New York on Monday, 2 March 2026."""
    clock = Clock(datetime(2026, 3, 2, 15, 0, tzinfo=UTC))
    monkeypatch.setattr("connect.clock.source", clock)
    return clock
