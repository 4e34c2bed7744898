"""One way in to the database: transactions, locks, single rows, raw statements."""

import asyncio
import random
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Sized
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, TypeVar
from uuid import UUID

from piccolo.query.methods.objects import Objects
from piccolo.querystring import QueryString
from piccolo.table import Table

from connect import clock
from connect.engine_postgres import OutcomeUnknown as OutcomeUnknown
from connect.engine_postgres import Postgres
from connect.engine_sqlite import SQLite
from connect.engine_sqlite_pool import DatabaseInUse as DatabaseInUse
from connect.engine_sqlite_pool import DatabaseUnusable as DatabaseUnusable
from connect.engine_sqlite_pool import TransactionOver as TransactionOver
from connect.errors import NotFound

Engine = SQLite | Postgres
Scope = AbstractAsyncContextManager[object, Literal[False]]
Found = TypeVar("Found", bound=Table)
Result = TypeVar("Result")

TRIES = 5
TRY_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock
TAKEN = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


def make_engine(url: str) -> Engine:
    """The engine for *url*; makes no connection.

    ``sqlite:///relative/path``, ``sqlite:////absolute/path``, ``postgresql://...`` as libpq has
    it, ``cockroachdb://...`` likewise.
    """
    scheme, _, rest = url.partition("://")
    return SQLite(rest.removeprefix("/")) if scheme == "sqlite" else Postgres(url)


def engine() -> Engine:
    """The engine in use, looked up at each call."""
    from connect import piccolo_conf

    return piccolo_conf.DB


async def open_pool() -> None:
    """Connect.

    Raises:
        DatabaseUnusable: the SQLite file cannot be opened.
        OSError, asyncpg.PostgresError: the server cannot be reached, or refuses.
    """
    await engine().start_connection_pool()


async def close_pool() -> None:
    """Close what ``open_pool`` and later statements of this event loop opened."""
    await engine().close_connection_pool()


def transaction() -> Scope:
    """A write transaction: all of it or nothing. Inside another it is a savepoint.

    SQLite takes its write lock at BEGIN, so writers queue up instead of failing half-way.
    No ``gather`` and no ``create_task`` inside: one statement runs at a time. An error that is
    caught inside needs a savepoint around what failed; without one PostgreSQL refuses the rest.

    Raises:
        TimeoutError: no connection became free in ten seconds.
        OutcomeUnknown: the connection was lost at COMMIT.
        TransactionOver: a statement came after its end, from a task that outlived it.
    """
    return engine().transaction()


def snapshot() -> Scope:
    """A transaction that only reads, and sees the database as it was at its first statement."""
    return engine().snapshot()


def in_transaction() -> bool:
    """Whether a transaction is open in this task."""
    return engine().transaction_exists()


def locked(query: Objects[Found], *tables: type[Table]) -> Objects[Found]:
    """Make *query* hold the rows of *tables* until the transaction ends.

    PostgreSQL locks the rows. SQLite needs nothing: ``transaction`` holds its only write lock.
    """
    if engine().engine_type == "sqlite":
        return query
    return query.lock_rows("UPDATE", of=tables)


async def one(query: Objects[Found]) -> Found:
    """The first row of *query*.

    Raises:
        NotFound: there is none.
    """
    row = await query.first()
    if row is None:
        raise NotFound
    return row


async def fetch(sql: str, *args: Any) -> list[dict[str, Any]]:
    """Run *sql*, with ``{}`` for each of *args*, and return its rows; no other braces in it.

    On SQLite an expression, unlike a column, comes as SQLite has it: a moment is a text.
    """
    db = engine()
    return db.transform_response_to_dicts(await db.run_querystring(QueryString(sql, *args)))


async def retried(action: Callable[[], Awaitable[Result]]) -> Result:
    """Await ``action()``, which opens its own transaction, up to five times.

    It is called again when the server asks for that: a deadlock, or a conflict under
    SERIALIZABLE, which is how CockroachDB always runs. Inside a transaction it is called once,
    since only the whole can be repeated.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return await action()
        except Exception as error:
            if getattr(error, "sqlstate", None) not in TRY_AGAIN:
                raise
            if attempt == TRIES or in_transaction():
                raise
        await asyncio.sleep(random.uniform(0.5, 1) * 0.01 * 2**attempt)  # noqa: S311 -- no secret
    raise AssertionError("unreachable")


def is_unique_violation(error: BaseException) -> bool:
    """Whether *error* says that a value that must be unique is taken."""
    if isinstance(error, sqlite3.IntegrityError):
        return error.sqlite_errorcode in TAKEN
    return getattr(error, "sqlstate", None) == "23505"


_last = 0


def uuid7() -> UUID:
    """A new id (RFC 9562). Those of one process sort in the order they were made."""
    global _last
    ticks = int(clock.now().timestamp() * 1_000_000) * 4096 // 1000  # of 1/4096 ms
    _last = max(ticks, _last + 1)
    moment, fraction = divmod(_last, 4096)
    return UUID(int=moment << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62))


def placeholders(values: Sized) -> str:
    """``{}, {}``: a place in ``IN (...)`` for each of *values*."""
    return ", ".join(["{}"] * len(values))
