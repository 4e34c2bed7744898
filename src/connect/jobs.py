"""Work that is slow or leaves the house: rows written with the fact, done by the worker."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from piccolo.columns import JSON, UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock, db
from connect.db import uuid7

log = structlog.get_logger()
Handler = Callable[..., Awaitable[object]]

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 10
POLL = 1.0  # seconds between looks when nobody called
LONGEST_WAIT = timedelta(hours=6)
AT_ONCE = 500  # rows in one statement
DONE_KEPT = timedelta(days=7)  # longer than any key has to stand
FAILED_KEPT = timedelta(days=90)


class Job(Table, tablename="job"):
    """One call of a handler that is to happen, at least once, not before ``run_at``."""

    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=60)
    facts = JSON(default="{}")  # the handler's arguments
    key = Varchar(length=120, null=True, default=None, unique=True)  # at most one job with it
    run_at = Timestamptz(default=clock.now)
    leased_until = Timestamptz(null=True, default=None)
    attempts = Integer(default=0)
    done_at = Timestamptz(null=True, default=None)
    error = Text(null=True, default=None)


class Retry(Exception):
    """Raised by a handler to be called again after *wait*: no failure, and none is counted."""

    def __init__(self, wait: timedelta, why: str) -> None:
        super().__init__(why)
        self.wait = wait


_called: asyncio.Event | None = None


async def enqueue(
    kind: str, *, key: str | None = None, after: timedelta = timedelta(0), **facts: object
) -> None:
    """Write a job in the caller's transaction: it exists only if the caller commits.

    A second job with the same *key* is not written, until the first was swept away.
    """
    job = Job(
        kind=kind, key=key, run_at=clock.now() + after, facts=msgspec.json.encode(facts).decode()
    )
    insert = Job.insert(job)
    await (insert.on_conflict(target=Job.key, action="DO NOTHING") if key else insert)
    if _called is not None:
        # The row is visible only after the commit; should that take longer, the next look finds it.
        asyncio.get_running_loop().call_later(0.02, _called.set)


async def enqueue_many(
    kind: str, facts: Sequence[Mapping[str, object]], *, at_once: int = 500
) -> None:
    """Write a job of *kind* for each of *facts*, in the caller's transaction."""
    rows = [Job(kind=kind, facts=msgspec.json.encode(given).decode()) for given in facts]
    for first in range(0, len(rows), at_once):
        await Job.insert(*rows[first : first + at_once])


CLAIM = """
UPDATE job SET attempts = attempts + 1, leased_until = {} WHERE id IN (
  SELECT id FROM job WHERE done_at IS NULL AND run_at <= {} AND attempts < {}
  AND (leased_until IS NULL OR leased_until < {}) ORDER BY run_at, id LIMIT {} %s
) RETURNING id, kind, facts, attempts
"""


async def claim(most: int) -> list[dict[str, Any]]:
    """Take up to *most* due jobs for one lease. Two workers never take the same one."""
    now = clock.now()
    skip = "" if db.engine().engine_type == "sqlite" else "FOR UPDATE SKIP LOCKED"
    return await db.fetch(CLAIM % skip, now + LEASE, now, MAX_ATTEMPTS, now, most)


async def perform(job: dict[str, Any], handlers: Mapping[str, Handler]) -> None:
    """Call the job's handler; mark it done, or set it for another try with a growing wait."""
    changes: dict[Any, Any] = {Job.leased_until: None}
    try:
        handler = handlers[job["kind"]]
        await asyncio.wait_for(handler(**_arguments(handler, job["facts"])), LEASE.total_seconds())
        changes |= {Job.done_at: clock.now(), Job.error: None}
    except Retry as later:
        changes |= {Job.run_at: clock.now() + later.wait, Job.error: str(later)[:500]}
        changes[Job.attempts] = job["attempts"] - 1
    except Exception as error:
        wait = min(LONGEST_WAIT, timedelta(seconds=2 ** job["attempts"]))
        changes |= {Job.run_at: clock.now() + wait, Job.error: repr(error)[:500]}
        log.error("job failed", kind=job["kind"], job=str(job["id"]), exc_info=error)
    await Job.update(changes).where(Job.id == job["id"])


def _arguments(handler: Handler, facts: str | bytes) -> dict[str, Any]:
    """The stored facts as the types that *handler* declares."""
    types = inspect.get_annotations(handler, eval_str=True)
    return {n: msgspec.convert(v, types[n]) for n, v in msgspec.json.decode(facts).items()}


async def work_off(handlers: Mapping[str, Handler], *, at_once: int = 4) -> int:
    """Do every job that is due now; how many were done."""
    done = 0
    while batch := await claim(at_once):
        await asyncio.gather(*(perform(job, handlers) for job in batch))
        done += len(batch)
    return done


async def run(handlers: Mapping[str, Handler], recur: Callable[[], Awaitable[object]]) -> None:
    """Work until cancelled. *recur* enqueues what is due by the calendar; called at every look."""
    global _called
    _called = asyncio.Event()
    while True:
        try:
            await recur()
            await work_off(handlers)
        except Exception as error:  # the database may be away; the worker stays
            log.error("worker could not look for jobs", exc_info=error)
        _called.clear()
        try:
            await asyncio.wait_for(_called.wait(), POLL)
        except TimeoutError:
            continue


async def sweep() -> None:
    """Forget jobs a week after they were done, and those given up after 90 days; job."""
    await Job.delete().where(Job.done_at < clock.now() - DONE_KEPT)
    await Job.delete().where(Job.attempts >= MAX_ATTEMPTS, Job.run_at < clock.now() - FAILED_KEPT)
