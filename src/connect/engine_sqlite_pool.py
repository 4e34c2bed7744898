"""Connections to one SQLite file: a writer and a few readers for each event loop.

Two small files stand next to the database. ``<file>.server`` is locked by the one process that
serves. ``<file>.lock`` is locked shared by every pool of connections for its life, and alone
for a checkpoint; so a command next to the server puts checkpoints off and hinders nothing else.
"""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Row = dict[str, Any]

READERS = 4
PATIENCE = 10  # seconds that a task waits for a connection
BUSY = 5000  # milliseconds that SQLite waits for another process
LONG_LOG = 16 << 20  # bytes
PRAGMAS = (
    f"busy_timeout = {BUSY}",
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "temp_store = MEMORY",
    "cache_size = -16000",
)


class DatabaseInUse(Exception):
    """Another server has the database file; the text says which."""


class DatabaseUnusable(Exception):
    """The database file is gone or cannot be opened; the text says why."""


class TransactionOver(RuntimeError):
    """A statement came after the end of its transaction, from a task that outlived it."""


def needs_checkpoint_guard(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite can lose commits when a checkpoint meets a writer.

    See https://sqlite.org/wal.html#walresetbug; mended in 3.51.3, 3.50.7 and 3.44.6.
    """
    mended = (3, 44, 6) <= version < (3, 45, 0) or (3, 50, 7) <= version < (3, 51, 0)
    return (3, 7, 0) <= version < (3, 51, 3) and not mended


async def to_the_end(work: Awaitable[T], stop: Callable[[], object] | None = None) -> T:
    """Await *work* until it has ended, even when the caller is cancelled meanwhile.

    A connection may be handed on only when nothing runs on it. *stop* asks the work to end early.
    """
    job = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        if stop and not job.done():
            stop()
        while not job.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([job])
        if not job.cancelled():
            job.exception()  # asyncio would report it as never looked at
        raise


class Connection:
    """A connection that one task uses at a time; its statements run in a thread."""

    def __init__(self, raw: sqlite3.Connection, threads: ThreadPoolExecutor) -> None:
        self.raw = raw
        self._threads = threads
        self._job: asyncio.Future[Any] | None = None

    @property
    def busy(self) -> bool:
        return self._job is not None and not self._job.done()

    async def call(self, work: Callable[[], T], *, stoppable: bool = True) -> T:
        if self.busy:  # as on PostgreSQL
            raise RuntimeError("another statement is running: no gather inside a transaction")
        job = self._job = asyncio.wrap_future(self._threads.submit(work))
        return await to_the_end(job, self.raw.interrupt if stoppable else None)

    async def stop(self) -> bool:
        """Stop the statement of a task that was left behind; whether there was one.

        Closing a connection under a running statement brings the process down.
        """
        if self._job is None or not self.busy:
            return False
        self.raw.interrupt()
        await to_the_end(asyncio.wait([self._job]))
        return True

    async def run(self, sql: str, args: Sequence[Any] = (), *, stoppable: bool = True) -> list[Row]:
        return await self.call(partial(self._run, sql, args), stoppable=stoppable)

    def _run(self, sql: str, args: Sequence[Any]) -> list[Row]:
        cursor = self.raw.execute(sql, args)
        return named(cursor, cursor.fetchall())


def named(cursor: sqlite3.Cursor, rows: list[tuple[Any, ...]]) -> list[Row]:
    """*rows* of *cursor* as dictionaries."""
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows]


class Lease:
    """A connection for the length of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection | None = connection

    def use(self) -> Connection:
        """The connection.

        Raises:
            TransactionOver: the transaction has ended, be it by SQLite itself after an error.
        """
        if self._connection is None or not self._connection.raw.in_transaction:
            raise TransactionOver("this transaction is over")
        return self._connection

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return await self.use().run(sql, args)

    def end(self) -> None:
        self._connection = None


class Pool:
    """The connections of one event loop, each opened when first needed."""

    def __init__(self, path: str, options: dict[str, Any], *, guarded: bool) -> None:
        self._path, self._options, self._guarded = path, options, guarded
        self._threads = ThreadPoolExecutor(READERS + 1, thread_name_prefix="sqlite")
        self._gates = {True: asyncio.Semaphore(1), False: asyncio.Semaphore(READERS)}
        self._idle: dict[bool, list[Connection]] = {True: [], False: []}
        self._closed = False
        self._lock = _enter(path)

    async def acquire(self, *, writer: bool) -> Connection:
        """A connection for the caller alone; tasks get the writer in the order they came.

        Raises:
            TimeoutError: none became free in ten seconds.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                await self._gates[writer].acquire()
        except TimeoutError:
            raise TimeoutError(f"the database was busy for {PATIENCE} seconds") from None
        try:
            return self._idle[writer].pop() if self._idle[writer] else self._open(writer=writer)
        except BaseException:
            self._gates[writer].release()
            raise

    def release(self, connection: Connection, *, writer: bool, keep: bool = True) -> None:
        """Take *connection* back; one that could not be rolled back is closed."""
        if keep and not self._closed and not connection.raw.in_transaction:
            self._idle[writer].append(connection)
        else:
            connection.raw.close()
        self._gates[writer].release()

    def _open(self, *, writer: bool) -> Connection:
        pragmas = [*PRAGMAS, *(["wal_autocheckpoint = 0"] if self._guarded else [])]
        try:
            raw = sqlite3.connect(**self._options)
            for pragma in pragmas if writer else [*pragmas, "query_only = ON"]:
                raw.execute(f"PRAGMA {pragma}")
        except sqlite3.Error as error:
            raise DatabaseUnusable(f"{self._path} cannot be opened: {error}.") from error
        return Connection(raw, self._threads)

    async def checkpoint(self, *, serving: bool) -> bool:
        """Move the log into the database file while no other task writes; see ``SQLite``."""
        writer = await self.acquire(writer=True)
        try:
            return await writer.call(
                partial(self._checkpoint, writer.raw, serving), stoppable=False
            )
        finally:
            self.release(writer, writer=True)

    def _checkpoint(self, raw: sqlite3.Connection, serving: bool) -> bool:
        if self._guarded and not (serving and _alone(self._lock)):
            return False
        try:
            # A log that keeps its length is written faster: each sync needs no new blocks.
            mode = "TRUNCATE" if log_size(self._path) > LONG_LOG else "PASSIVE"
            raw.execute("PRAGMA busy_timeout = 0")
            ((_, pages, moved),) = raw.execute(f"PRAGMA wal_checkpoint({mode})").fetchall()
            return bool(pages == moved)
        finally:
            raw.execute(f"PRAGMA busy_timeout = {BUSY}")
            fcntl.flock(self._lock, fcntl.LOCK_SH)

    def close(self) -> None:
        self._closed = True
        for connection in (*self._idle[False], *self._idle[True]):
            connection.raw.close()
        self._threads.shutdown(wait=False)
        os.close(self._lock)


def log_size(path: str) -> int:
    """Bytes of the write-ahead log."""
    try:
        return Path(f"{path}-wal").stat().st_size
    except FileNotFoundError:
        return 0


def open_beside(path: str, name: str) -> int:
    """The descriptor of the small file *name* next to the database."""
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return os.open(f"{path}.{name}", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DatabaseUnusable(f"{error.filename} cannot be written: {error.strerror}.") from error


def _alone(lock: int) -> bool:
    """Whether the lock of a pool could be made exclusive: nobody else has connections."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(lock, fcntl.LOCK_SH)  # a failed change gives up the old lock
        return False
    return True


def _enter(path: str) -> int:
    """Join the users of the database; the first of them makes the file if need be.

    Raises:
        DatabaseUnusable: a file that was there before is gone, or the folder takes no files.
    """
    lock = open_beside(path, "lock")
    try:
        if _alone(lock):
            _make(path, lock)
            fcntl.flock(lock, fcntl.LOCK_SH)
    except BaseException:
        os.close(lock)
        raise
    return lock


def _make(path: str, lock: int) -> None:
    if not Path(path).exists():
        if os.fstat(lock).st_size:
            raise DatabaseUnusable(
                f"{path} is gone, though {path}.lock shows that it was here. Put it back or "
                f"restore a backup; to begin with an empty database, remove {path}.lock."
            )
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    raw = sqlite3.connect(path)
    try:
        raw.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"{path} cannot be opened: {error}.") from error
    finally:
        raw.close()
    os.pwrite(lock, b"Keep this file: it shows that the database was made.\n", 0)
