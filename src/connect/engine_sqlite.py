"""SQLite for Piccolo: one writer at a time, readers beside it, no lost and no half-done write."""

import asyncio
import fcntl
import os
import re
import sqlite3
from asyncio import AbstractEventLoop
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

from piccolo.engine.sqlite import (
    AsyncBatch,
    Atomic,
    SQLiteEngine,
    SQLiteTransaction,
    TransactionType,
)
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from connect.engine_sqlite_pool import (
    DatabaseInUse,
    Lease,
    Pool,
    Row,
    TransactionOver,
    log_size,
    named,
    needs_checkpoint_guard,
    open_beside,
)

WRITES = re.compile(r"\b(insert|update|delete|replace)\b", re.IGNORECASE)
LONG = 600_000  # milliseconds that a change of the schema waits for other processes


class Transaction(SQLiteTransaction):
    """Leaves its connection usable however it ends. Inside another it is a savepoint."""

    engine: "SQLite"
    connection: Lease

    def __init__(
        self, engine: "SQLite", kind: TransactionType, allow_nested: bool, *, schema: bool
    ) -> None:
        super().__init__(engine, kind, allow_nested)
        self._schema = schema
        self._writer = kind is not TransactionType.deferred

    async def __aenter__(self) -> SQLiteTransaction:
        if self._parent is not None:
            self._savepoint = f"savepoint_{self._parent.get_savepoint_id()}"
            await self._parent.connection.execute(f"SAVEPOINT {self._savepoint}")
            return self._parent
        self._pool = self.engine.pool()
        self._connection = connection = await self._pool.acquire(writer=self._writer)
        try:
            if self._schema:
                await connection.run("PRAGMA foreign_keys = OFF")
                await connection.run(f"PRAGMA busy_timeout = {LONG}")
            await connection.run(f"BEGIN {self.transaction_type.value}", stoppable=False)
        except BaseException:
            await self._leave()
            raise
        self.connection = Lease(connection)
        self._token = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> Literal[False]:
        if self._parent is not None:
            await self._leave_savepoint(self._parent.connection, error)
            return False
        self.connection.end()
        try:
            if await self._connection.stop() and error is None:
                raise RuntimeError("a task still runs a statement of the transaction that ends")
            if error is None and not self._committed and not self._rolled_back:
                await self._connection.run("COMMIT", stoppable=False)
        finally:
            with suppress(ValueError):  # left in another context, where it is not set
                self.engine.current_transaction.reset(self._token)
            await self._leave()
        return False

    async def _leave_savepoint(self, lease: Lease, error: BaseException | None) -> None:
        if error is None:
            await lease.execute(f"RELEASE SAVEPOINT {self._savepoint}")
            return
        with suppress(TransactionOver):  # there are errors that end the whole transaction
            await lease.execute(f"ROLLBACK TO SAVEPOINT {self._savepoint}")
            await lease.execute(f"RELEASE SAVEPOINT {self._savepoint}")

    async def _leave(self) -> None:
        try:
            if self._connection.raw.in_transaction:
                with suppress(sqlite3.Error):
                    await self._connection.run("ROLLBACK", stoppable=False)
        finally:
            self._pool.release(self._connection, writer=self._writer, keep=not self._schema)


class Batch(AsyncBatch):
    """Rows by portions, on a reader or in the transaction that is open. Errors come out."""

    def __init__(self, engine: "SQLite", query: Query[Any, Any], batch_size: int) -> None:
        self.engine, self.query, self.batch_size = engine, query, batch_size
        self._pool: Pool | None = None
        self._rows: sqlite3.Cursor | None = None

    async def __aenter__(self) -> Self:
        sql, args = self.query.querystrings[0].compile_string(engine_type="sqlite")
        if current := self.engine.current_transaction.get():
            self._use = current.connection.use
        else:
            self._pool = self.engine.pool()
            self._own = await self._pool.acquire(writer=False)
            self._use = lambda: self._own
        connection = self._use()
        try:
            self._rows = await connection.call(lambda: connection.raw.execute(sql, args))
        except BaseException:
            self._close()
            raise
        return self

    async def next(self) -> list[Row]:
        if self._rows is None:
            raise RuntimeError("enter the batch first")
        found = await self._use().call(partial(self._rows.fetchmany, self.batch_size))
        done: list[Row] = await self.query._process_results(named(self._rows, found))
        return done

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._close()

    def _close(self) -> None:
        if self._rows is not None:
            self._rows.close()
        if self._pool is not None:
            self._pool.release(self._own, writer=False)


class SQLite(SQLiteEngine):
    """The engine of one database file, usable from several event loops of the process.

    In the versions of SQLite that ``needs_checkpoint_guard`` names no connection checkpoints
    by itself; the server does, by ``checkpoint``, while no other process has the file open.
    """

    current_transaction: ContextVar[Transaction | None]  # type: ignore[assignment]

    def __init__(self, path: str) -> None:
        # Without Piccolo's __init__, which runs an event loop of its own to ask for the version.
        self.engine_type, self.min_version_number, self.query_id = "sqlite", 3.35, 0
        self.log_queries = self.log_responses = False
        self.current_transaction = ContextVar(f"transaction {path}", default=None)
        self.connection_kwargs = {"database": str(Path(path).absolute())}
        self.guarded = needs_checkpoint_guard(sqlite3.sqlite_version_info)
        self._server: int | None = None
        self._pools: dict[AbstractEventLoop, Pool] = {}
        self._options: dict[str, Any] = {
            "database": f"file:{quote(self.path)}?mode=rw",  # never makes an empty file
            "uri": True,
            "isolation_level": None,
            "detect_types": sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
            "check_same_thread": False,
            "cached_statements": 256,
        }

    def serve_alone(self) -> None:
        """Become the one server of this file, until ``stop_serving`` or the end of the process.

        Raises:
            DatabaseInUse: another process serves it.
        """
        if self._server is not None:
            return
        descriptor = open_beside(self.path, "server")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise DatabaseInUse(
                f"Another Connect server (process {process}) uses {self.path}. Stop it first; "
                "several processes need PostgreSQL."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._server = descriptor

    def stop_serving(self) -> None:
        if self._server is not None:
            os.close(self._server)
            self._server = None

    async def checkpoint(self) -> bool:
        """Move the log into the database file. Writers wait for it, readers do not.

        Returns:
            Whether all of it was moved. It is not when a reader still needs the old state, and
            in a guarded version when this process does not serve or another has the file open.

        Raises:
            TimeoutError: the writer did not become free in ten seconds.
            sqlite3.OperationalError: the disk is full or fails; nothing is lost.
        """
        return await self.pool().checkpoint(serving=self._server is not None)

    def wal_size(self) -> int:
        """Bytes of the log file.

        After a checkpoint it is written from its start again, so it keeps its length; above
        16 MB a checkpoint empties it, when no reader is at work.
        """
        return log_size(self.path)

    def pool(self) -> Pool:
        """The connections of the running event loop."""
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            self._close_dead()
            pool = self._pools[loop] = Pool(self.path, self._options, guarded=self.guarded)
        return pool

    def _close_dead(self) -> None:
        for loop in [*self._pools]:
            if loop.is_closed() and (pool := self._pools.pop(loop, None)):
                pool.close()

    async def start_connection_pool(self, **_: Any) -> None:
        """Open the writer, so that an unusable file is told at once."""
        pool = self.pool()
        pool.release(await pool.acquire(writer=True), writer=True)

    async def close_connection_pool(self) -> None:
        """Close what this event loop opened; a later statement opens it anew."""
        self._close_dead()
        if pool := self._pools.pop(asyncio.get_running_loop(), None):
            pool.close()

    async def run(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement: in the transaction that is open, else by itself."""
        if current := self.current_transaction.get():
            return await current.connection.execute(sql, args)
        pool = self.pool()
        first = sql.lstrip()[:6].lower()
        reads = first == "select" or (first.startswith("with") and not WRITES.search(sql))
        connection = await pool.acquire(writer=not reads)
        try:
            return await connection.run(sql, args)
        finally:
            pool.release(connection, writer=not reads)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:
        return await self.run(*querystring.compile_string(engine_type="sqlite"))

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:
        return await self.run(ddl)

    def transaction(
        self,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,
    ) -> Transaction:
        """A transaction on the writer; a deferred one reads a snapshot on a reader."""
        return Transaction(self, transaction_type, allow_nested, schema=False)

    def snapshot(self) -> Transaction:
        return self.transaction(TransactionType.deferred)

    def schema_change(self) -> Transaction:
        """A patient transaction that does not enforce foreign keys, so tables can be rebuilt."""
        return Transaction(self, TransactionType.immediate, False, schema=True)

    def atomic(self, transaction_type: TransactionType = TransactionType.immediate) -> Atomic:
        return super().atomic(transaction_type)

    async def batch(
        self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None
    ) -> Batch:
        return Batch(self, query, batch_size)
