"""PostgreSQL for Piccolo: connections always come back, and a lost COMMIT is called unknown."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Literal, Self

import asyncpg  # type: ignore[import-untyped]
from asyncpg.pool import PoolConnectionProxy  # type: ignore[import-untyped]
from piccolo.engine.postgres import AsyncBatch, PostgresEngine, PostgresTransaction
from piccolo.query.base import Query
from piccolo.querystring import QueryString

from connect.engine_sqlite_pool import PATIENCE, TransactionOver, to_the_end

Isolation = Literal["read_committed", "repeatable_read", "serializable"]

LARGEST_POOL = 10
SETTINGS = {
    "application_name": "connect",
    "timezone": "UTC",
    "statement_timeout": "15000",  # milliseconds, as the next two
    "idle_in_transaction_session_timeout": "30000",
    "lock_timeout": "5000",
}
CUT = (
    ConnectionError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InternalClientError,  # the server said good-bye while nobody listened
)
BROKEN = (*CUT, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class OutcomeUnknown(Exception):
    """The connection was lost at COMMIT: all writes are there, or none. Look before a retry."""


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """Saves the round trip that resets a session: nothing here outlives a transaction.

    So: SET LOCAL only, no LISTEN, no advisory locks but those of a transaction.
    """

    def get_reset_query(self) -> str:
        return ""


class Transaction(PostgresTransaction):
    """Gives its connection back however it ends. Inside another it is a savepoint."""

    engine: "Postgres"
    _parent: "Transaction | None"

    def __init__(
        self, engine: "Postgres", allow_nested: bool, patient: bool, options: dict[str, Any]
    ) -> None:
        super().__init__(engine, allow_nested)
        self._patient, self._options = patient, options
        self.doubtful = False  # a statement failed, so the server may have given it up
        self.over = False

    async def __aenter__(self) -> "Transaction":
        if self._parent is not None:
            self.transaction = self._parent.use().transaction()
            await self.transaction.start()
            return self._parent
        for stale in range(LARGEST_POOL + 1):
            self.connection = await self.engine.take(patient=self._patient)
            try:
                self.transaction = self.connection.transaction(**self._options)
                await self.transaction.start()
                break
            except BaseException as error:
                await self.engine.give_back(self.connection)
                if not isinstance(error, (*CUT, asyncpg.InterfaceError)) or stale == LARGEST_POOL:
                    raise
        self._token = self.engine.current_transaction.set(self)
        return self

    def use(self) -> Any:
        """The connection.

        Raises:
            TransactionOver: the transaction has ended.
        """
        if self.over:
            raise TransactionOver("this transaction is over")
        return self.connection

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> Literal[False]:
        if self._parent is not None:
            await to_the_end(self._leave_savepoint(error))
            return False
        self.over = True
        try:
            await to_the_end(self._leave(error))
        finally:
            with suppress(ValueError):  # left in another context, where it is not set
                self.engine.current_transaction.reset(self._token)
        return False

    async def _leave_savepoint(self, error: BaseException | None) -> None:
        if error is None:
            await self.transaction.commit()
            return
        with suppress(*BROKEN):  # the connection is gone; *error* tells
            await self.transaction.rollback()

    async def _leave(self, error: BaseException | None) -> None:
        try:
            if error is None and not self._committed and not self._rolled_back:
                await self._commit()
        finally:
            with suppress(*BROKEN):
                if self.connection.is_in_transaction():
                    await self.transaction.rollback()
            await self.engine.give_back(self.connection)
            if self._patient and self.engine.pool is not None:
                # Statements that were prepared before have the old types of columns.
                await self.engine.pool.expire_connections()

    async def _commit(self) -> None:
        if self.doubtful:  # COMMIT of a given-up transaction rolls back and calls that a success
            await self.connection.execute("SELECT 1")
        if _closed(self.connection):
            raise asyncpg.ConnectionDoesNotExistError("the connection was lost before COMMIT")
        try:
            await self.transaction.commit()
        except BROKEN as error:
            unknown = (*CUT, OSError, asyncpg.StatementCompletionUnknownError)  # OSError: or slow
            if isinstance(error, unknown) or _closed(self.connection):
                raise OutcomeUnknown("the connection was lost at COMMIT") from error
            raise


def _closed(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:  # the pool has already let go of it
        return True


class Batch(AsyncBatch):
    """Rows by portions, on a connection of the pool or in the open transaction. Errors come out."""

    def __init__(self, engine: "Postgres", query: Query[Any, Any], batch_size: int) -> None:
        self.engine, self.query, self.batch_size = engine, query, batch_size

    async def __aenter__(self) -> Self:
        sql, args = self.query.querystrings[0].compile_string()
        self._scope = self.engine.transaction(readonly=not self.engine.transaction_exists())
        outer = await self._scope.__aenter__()
        try:
            self._cursor = await outer.connection.cursor(sql, *args)
        except BaseException as error:
            await self._scope.__aexit__(type(error), error, None)
            raise
        return self

    async def __aexit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        await self._scope.__aexit__(kind, error, trace)


class Postgres(PostgresEngine):
    """The engine of a PostgreSQL or CockroachDB server; making it does not connect.

    *url* goes to asyncpg as it is, several hosts and ``target_session_attrs`` included.
    """

    current_transaction: ContextVar[Transaction | None]  # type: ignore[assignment]

    def __init__(self, url: str) -> None:
        # Without Piccolo's __init__, which would connect to ask for the version.
        scheme, _, rest = url.partition("://")
        self.engine_type = "cockroach" if scheme == "cockroachdb" else "postgres"
        self.min_version_number, self.query_id = 10, 0
        self.log_queries = self.log_responses = False
        self.current_transaction = ContextVar("transaction", default=None)
        self.extensions, self.extra_nodes, self.pool = (), {}, None
        self.config = {
            "dsn": f"postgresql://{rest}",
            "timeout": 5,
            "command_timeout": 30,
            "server_settings": SETTINGS,
            "connection_class": Connection,
        }
        self._loop: asyncio.AbstractEventLoop | None = None

    def serve_alone(self) -> None:
        """Nothing: several servers may share the database."""

    def stop_serving(self) -> None:
        """Nothing; see ``serve_alone``."""

    async def checkpoint(self) -> bool:
        """Nothing: the server does its own."""
        return True

    def wal_size(self) -> int:
        return 0

    async def start_connection_pool(self, **options: Any) -> None:
        """Connect once, so that a wrong address is told at once; the rest when needed."""
        if self.pool is None:
            sizes = {"min_size": 1, "max_size": LARGEST_POOL} | options
            self.pool = await asyncpg.create_pool(**self.config, **sizes)
            self._loop = asyncio.get_running_loop()

    async def close_connection_pool(self) -> None:
        """Close the pool; a statement that does not end in ten seconds is cut off."""
        if self.pool is not None:
            try:
                await asyncio.wait_for(self.pool.close(), PATIENCE)
            except TimeoutError:
                self.pool.terminate()
            self.pool = None

    async def take(self, *, patient: bool = False) -> Any:
        """A connection for the caller alone; from the pool if it belongs to this event loop.

        A patient one has no limits of time.

        Raises:
            TimeoutError: none became free in ten seconds.
        """
        if patient:
            times = ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout")
            limits = SETTINGS | dict.fromkeys(times, "0")
            options = self.config | {"command_timeout": None, "server_settings": limits}
            return await asyncpg.connect(**options)
        if self.pool is not None and self._loop is asyncio.get_running_loop():
            try:
                return await self.pool.acquire(timeout=PATIENCE)
            except TimeoutError:
                raise TimeoutError(f"the database was busy for {PATIENCE} seconds") from None
        return await asyncpg.connect(**self.config)

    async def give_back(self, connection: Any) -> None:
        """Take *connection* back; one that fails at this is closed, and the pool makes another."""
        with suppress(*BROKEN):
            if isinstance(connection, PoolConnectionProxy) and self.pool is not None:
                await self.pool.release(connection, timeout=5)
            else:
                await connection.close(timeout=5)

    async def run(self, sql: str, args: Sequence[Any] = ()) -> list[Any]:
        """Run one statement: in the transaction that is open, else by itself."""
        found: list[Any]
        current = self.current_transaction.get()
        if current is None:
            connection = await self.take()
            try:
                found = await connection.fetch(sql, *args)
            finally:
                await self.give_back(connection)
            return found
        try:
            found = await current.use().fetch(sql, *args)
        except BaseException:
            current.doubtful = True
            raise
        return found

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Any]:
        return await self.run(*querystring.compile_string())

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Any]:
        return await self.run(ddl)

    def transaction(
        self,
        allow_nested: bool = True,
        *,
        isolation: Isolation | None = None,
        readonly: bool = False,
    ) -> Transaction:
        options = {"isolation": isolation, "readonly": readonly}
        return Transaction(self, allow_nested, False, options)

    def snapshot(self) -> Transaction:
        return self.transaction(isolation="repeatable_read", readonly=True)

    def schema_change(self) -> Transaction:
        """A patient transaction on a connection of its own."""
        return Transaction(self, False, True, {})

    async def batch(
        self, query: Query[Any, Any], batch_size: int = 100, node: str | None = None
    ) -> Batch:
        return Batch(self, query, batch_size)
