"""Running the server: what goes on beside requests, and the process itself."""

import asyncio
import ctypes
import gc
import logging
import sqlite3
import sys
from collections.abc import Coroutine
from typing import Any

import structlog
from litestar.datastructures import CacheControlHeader

from connect import db, pdf, worker
from connect.config import settings
from connect.engine_sqlite import SQLite

log = structlog.get_logger()
FOREVER = CacheControlHeader(max_age=31536000, public=True, immutable=True)
LOOK_EVERY = 5.0  # seconds between looks at the write-ahead log
LARGE_LOG = 4_000_000  # bytes of write-ahead log that are worth a checkpoint
DRAIN = 10  # seconds for what is under way when the server is told to stop


def background(*, with_worker: bool) -> list[Coroutine[Any, Any, None]]:
    """What a server process does beside answering."""
    tasks: list[Coroutine[Any, Any, None]] = []
    if isinstance(db.engine(), SQLite):
        tasks.append(_keep_log_short())
    if with_worker:
        tasks += [pdf.warm(), worker.work()]
    return tasks


async def _keep_log_short() -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if db.engine().wal_size() > LARGE_LOG:
            await checkpoint()


async def checkpoint() -> None:
    """Put the write-ahead log into the database file. Failing, it is tried at the next look."""
    try:
        await db.engine().checkpoint()
    except (TimeoutError, sqlite3.Error) as error:  # a long writer, or a full disk
        log.warning("checkpoint failed", error=repr(error))


def configure_log() -> None:
    """One event, one JSON line on stderr."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


M_MMAP_THRESHOLD = -3  # of mallopt(3)
LARGE = 1_000_000  # bytes


def give_memory_back() -> None:
    """Have glibc return large blocks at once; it would keep the 19 MB of every password hash."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)


def serve(host: str, port: int, *, workers: int, with_worker: bool, quiet: bool = False) -> None:
    """Answer requests until told to stop; what is under way is finished first."""
    import uvicorn

    configure_log()
    give_memory_back()
    if quiet:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    uvicorn.run(
        "connect.serving:app_with_worker" if with_worker else "connect.serving:app_alone",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        proxy_headers=bool(settings().trusted_proxies),
        forwarded_allow_ips=settings().trusted_proxies or None,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=DRAIN,
    )


def app_with_worker() -> Any:
    """For the server's factory: the application that also does the background work."""
    from connect.app import create_app

    app = create_app(with_worker=True)
    look_for_garbage()
    return app


def app_alone() -> Any:
    """For the server's factory: the application alone."""
    from connect.app import create_app

    app = create_app()
    look_for_garbage()
    return app


def look_for_garbage() -> None:
    """Begin to, once all is imported: what is there by now stays for good and need not be looked
    through again. Looking while it is made costs a fifth of the start."""
    gc.freeze()
    gc.enable()
