"""Where the tests' databases are, and how one is put to use. Import it before Connect."""
# ruff: noqa: E402 -- the settings must stand in the environment first

import os
import shutil
import tempfile
from pathlib import Path

# In memory where there is room: copies of databases are then made without a disk.
_MEMORY = Path("/dev/shm")  # noqa: S108
_ROOMY = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > 1 << 30
_PLACE = _MEMORY if _ROOMY else Path(tempfile.gettempdir())
for left in _PLACE.glob("connect-tests-*-*"):  # by tests that were killed
    try:
        os.kill(int(left.name.split("-")[2]), 0)
    except ProcessLookupError:
        shutil.rmtree(left, ignore_errors=True)
    except (PermissionError, ValueError):
        continue
WORK = Path(tempfile.mkdtemp(prefix=f"connect-tests-{os.getpid()}-", dir=_PLACE))
WORK.chmod(0o711)  # PostgreSQL runs as a user of its own

for name in [
    name
    for name in os.environ
    if name.startswith("CONNECT_") and not name.startswith("CONNECT_TEST_")
]:
    del os.environ[name]
os.environ["PICCOLO_CONF"] = "connect.piccolo_conf"
os.environ["CONNECT_DATA_DIR"] = str(WORK / "data")
os.environ["CONNECT_SECRET_KEY"] = "0123456789" * 4
os.environ["CONNECT_BASE_URL"] = "http://127.0.0.1:8000"

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from piccolo.table import Table

from connect import piccolo_conf
from connect.db import Engine, make_engine
from postgres_cluster import Cluster

_numbers = itertools.count(1)


@asynccontextmanager
async def in_use(url: str) -> AsyncIterator[Engine]:
    """Make the database at *url* the one that all tables use, connected."""
    before = piccolo_conf.DB
    piccolo_conf.DB = engine = make_engine(url)
    _forget_engines()
    await engine.start_connection_pool()
    try:
        yield engine
    finally:
        await engine.close_connection_pool()
        engine.stop_serving()
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


@asynccontextmanager
async def sqlite_copy(template: Path | None) -> AsyncIterator[Engine]:
    """A database on SQLite with what is in *template*, in use and then removed."""
    path = WORK / f"test_{next(_numbers)}.sqlite"
    if template is not None:
        shutil.copyfile(template, path)
    async with in_use(f"sqlite:///{path}") as engine:
        yield engine
    for ending in ("", "-wal", "-shm", ".lock", ".server"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


@asynccontextmanager
async def postgres_copy(
    administrator: asyncpg.Connection, cluster: Cluster, template: str
) -> AsyncIterator[Engine]:
    """The same on PostgreSQL."""
    name = f"test_{next(_numbers)}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    async with in_use(cluster.url(name)) as engine:
        yield engine
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
