"""Jobs: written with their cause, done by one worker, tried again, parked in the end."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from structlog.testing import capture_logs

from connect import jobs, worker
from connect.db import transaction, uuid7
from connect.jobs import Job, Retry, enqueue, work_off

SECOND = timedelta(seconds=1)


def noting(failures=0):
    """A handler that notes each call in ``.seen``, and fails the first *failures* times."""

    async def note(number: int) -> None:
        note.seen.append(number)
        if len(note.seen) <= failures:
            raise ValueError(f"job {number} fails")

    note.seen = []
    return note


async def the_job():
    rows = await Job.select()
    assert len(rows) == 1
    return rows[0]


async def test_a_job_is_taken_back_with_its_cause(database):
    note = noting()
    with suppress(ZeroDivisionError):
        async with transaction():
            await enqueue("note", number=1)
            raise ZeroDivisionError
    async with transaction():
        await enqueue("note", number=2)

    done = await work_off({"note": note})

    assert (done, note.seen) == (1, [2])


async def test_each_job_is_done_by_one_of_several_workers(database):
    note = noting()
    for number in range(40):
        await enqueue("note", number=number)

    done = await asyncio.gather(*(work_off({"note": note}) for _ in range(6)))

    assert Counter(note.seen) == Counter(range(40))
    assert sum(done) == 40
    assert await Job.count().where(Job.done_at.is_null()) == 0


async def test_a_job_waits_for_its_time(database, clock):
    note = noting()
    await enqueue("note", after=timedelta(hours=1), number=1)

    assert await work_off({"note": note}) == 0
    clock.move(timedelta(hours=1))
    assert await work_off({"note": note}) == 1

    assert note.seen == [1]


async def test_the_oldest_jobs_are_done_first(database, clock):
    note = noting()
    for number in range(6):
        await enqueue("note", number=number)
        clock.move(SECOND)

    await work_off({"note": note}, at_once=1)

    assert note.seen == [0, 1, 2, 3, 4, 5]


async def test_the_job_of_a_dead_worker_comes_back_after_its_lease(database, clock):
    await enqueue("note", number=1)
    first = await jobs.claim(1)

    clock.move(jobs.LEASE)
    assert await jobs.claim(1) == []
    clock.move(SECOND)
    second = await jobs.claim(1)

    assert [(job["id"], job["attempts"]) for job in (*first, *second)] == [
        (first[0]["id"], 1),
        (first[0]["id"], 2),
    ]


async def test_a_worker_that_is_stopped_leaves_its_job_to_the_lease(database, clock):
    began = asyncio.Event()

    async def endless(number: int) -> None:
        began.set()
        await asyncio.Event().wait()

    await enqueue("endless", number=1)
    task = asyncio.create_task(work_off({"endless": endless}))
    await began.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    job = await the_job()
    assert (job["done_at"], job["error"], job["leased_until"]) == (
        None,
        None,
        clock.now + jobs.LEASE,
    )


async def test_a_job_that_takes_longer_than_its_lease_is_cut(database, clock, monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", timedelta(milliseconds=50))

    async def endless(number: int) -> None:
        await asyncio.Event().wait()

    await enqueue("endless", number=1)
    with capture_logs():
        await work_off({"endless": endless})

    job = await the_job()
    assert (job["done_at"], job["error"], job["run_at"]) == (
        None,
        "TimeoutError()",
        clock.now + 2 * SECOND,
    )


async def test_a_failing_job_is_tried_ten_times_with_growing_waits_then_parked(database, clock):
    note = noting(failures=99)
    handlers = {"note": note}
    await enqueue("note", number=1)
    began, tried_at = clock.now, []
    with capture_logs() as logs:
        while clock.now < began + timedelta(minutes=30):
            if await work_off(handlers):
                tried_at.append((clock.now - began) // SECOND)
            clock.move(2 * SECOND)

    assert tried_at == [0, 2, 6, 14, 30, 62, 126, 254, 510, 1022]
    assert [(entry["event"], entry["kind"]) for entry in logs] == [("job failed", "note")] * 10
    job = await the_job()
    assert (job["attempts"], job["done_at"], job["error"]) == (
        10,
        None,
        "ValueError('job 1 fails')",
    )


async def test_a_job_that_failed_and_then_went_well_is_done(database, clock):
    note = noting(failures=2)
    handlers = {"note": note}
    await enqueue("note", number=1)
    with capture_logs():
        for _ in range(3):
            await work_off(handlers)
            clock.move(10 * SECOND)

    job = await the_job()
    assert (note.seen, job["error"], job["leased_until"]) == ([1, 1, 1], None, None)
    assert job["done_at"] == clock.now - 10 * SECOND


async def test_failing_jobs_do_not_hold_up_the_others(database):
    good, bad = noting(), noting(failures=99)
    for number in range(5):
        await enqueue("bad", number=number)
    for number in range(20):
        await enqueue("good", number=number)

    with capture_logs():
        await work_off({"bad": bad, "good": good})

    assert (sorted(good.seen), sorted(bad.seen)) == (list(range(20)), list(range(5)))


async def test_what_is_put_off_on_purpose_is_no_failure(database, clock):
    tries = []

    async def not_yet(number: int) -> None:
        tries.append(clock.now)
        raise Retry(timedelta(minutes=7), "not yet")

    await enqueue("not_yet", number=1)
    with capture_logs() as logs:
        for _ in range(3 * jobs.MAX_ATTEMPTS):
            assert await work_off({"not_yet": not_yet}) == 1
            clock.move(timedelta(minutes=7))

    assert logs == []
    job = await the_job()
    assert len(tries) == 3 * jobs.MAX_ATTEMPTS
    assert (job["attempts"], job["error"], job["run_at"]) == (0, "not yet", clock.now)


async def test_a_kind_without_a_handler_is_kept_and_told(database):
    await enqueue("nobody.knows", number=1)

    with capture_logs():
        await work_off({})

    assert (await the_job())["error"] == "KeyError('nobody.knows')"


async def test_a_key_stands_for_one_job_after_it_was_done_too(database):
    note = noting()
    handlers = {"note": note}
    await asyncio.gather(*(enqueue("note", key="the 7th", number=n) for n in range(5)))
    await work_off(handlers)
    await enqueue("note", key="the 7th", number=9)
    await enqueue("note", key="the 8th", number=8)
    await work_off(handlers)

    assert len(note.seen) == 2
    assert note.seen[1] == 8


class Color(StrEnum):
    RED = "red"


async def test_arguments_come_back_as_what_they_were(database):
    given = {
        "ident": uuid7(),
        "day": date(2026, 2, 28),
        "moment": datetime(2026, 2, 28, 12, 30, tzinfo=UTC),
        "color": Color.RED,
        "numbers": [1, 2],
        "text": "it's {} \u0000 ü",
        "nothing": None,
    }
    seen = {}

    async def take(
        ident: UUID,
        day: date,
        moment: datetime,
        color: Color,
        numbers: list[int],
        text: str,
        nothing: int | None,
    ) -> None:
        seen.update(locals())

    await enqueue("take", **given)
    await work_off({"take": take})

    seen.pop("seen")
    assert seen == given
    assert {name: type(value) for name, value in seen.items()} == {
        name: type(value) for name, value in given.items()
    }


async def test_arguments_that_do_not_fit_are_a_failure_like_any_other(database):
    note = noting()
    await enqueue("note", number="one")

    with capture_logs():
        await work_off({"note": note})

    assert note.seen == []
    assert (await the_job())["error"].startswith("ValidationError('Expected `int`")


async def test_a_worker_that_waits_is_called_when_a_job_is_written(database):
    done = asyncio.Event()

    async def finish(number: int) -> None:
        done.set()

    async def nothing_recurs():
        return None

    task = asyncio.create_task(jobs.run({"finish": finish}, nothing_recurs))
    try:
        await asyncio.sleep(0.1)  # it has looked, and waits a second for the next look
        await enqueue("finish", number=1)
        await asyncio.wait_for(done.wait(), jobs.POLL / 2)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_worker_outlives_a_database_that_is_away(database, monkeypatch):
    monkeypatch.setattr(jobs, "POLL", 0.01)
    done = asyncio.Event()
    troubles = [OSError("gone"), OSError("gone")]

    async def finish(number: int) -> None:
        done.set()

    async def look():
        if troubles:
            raise troubles.pop()

    await enqueue("finish", number=1)
    with capture_logs() as logs:
        task = asyncio.create_task(jobs.run({"finish": finish}, look))
        try:
            await asyncio.wait_for(done.wait(), 5)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    assert [entry["event"] for entry in logs] == ["worker could not look for jobs"] * 2


async def test_what_recurs_is_written_once_for_each_slot_by_all_workers(database, clock):
    async def another_worker():
        worker._last_slots.clear()
        await worker.recur()

    for _ in range(3):
        await another_worker()
        await worker.recur()
    first = await Job.count()
    clock.move(timedelta(hours=1))
    await another_worker()

    due = [kind for kind, every in worker.EVERY.items() if every <= timedelta(hours=1)]
    assert first == len(worker.EVERY)
    assert await Job.count() == first + len(due)


async def test_what_is_done_is_forgotten_after_a_week_and_what_was_given_up_after_ninety_days(
    database, clock
):
    given_up = {"attempts": jobs.MAX_ATTEMPTS, "error": "ValueError()"}
    for kind, facts in {
        "done": {"done_at": clock.now},
        "done at the tenth try": given_up | {"done_at": clock.now, "error": None},
        "given up": given_up,
        "waits": {},
        "was put off": {"run_at": clock.now + timedelta(days=200)},
        "failed and is tried again": given_up | {"attempts": jobs.MAX_ATTEMPTS - 1},
    }.items():
        await Job(kind=kind, **facts).save()

    began, kept = clock.now, []
    for days, seconds in ((7, 0), (7, 1), (90, 0), (90, 1)):
        clock.set(began + timedelta(days=days, seconds=seconds))
        await worker.HANDLERS["jobs.sweep"]()
        kept.append({row["kind"] for row in await Job.select(Job.kind)})

    waiting = {"waits", "was put off", "failed and is tried again"}
    assert len(kept[0]) == 6
    assert kept[1:] == [waiting | {"given up"}, waiting | {"given up"}, waiting]
    assert worker.EVERY["jobs.sweep"] == timedelta(days=1)
