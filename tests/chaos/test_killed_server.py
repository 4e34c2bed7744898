"""Drills D2, D5 and D11: the real server killed, told to end and traced while people learn."""

import asyncio
import os
import random
import re
import shutil
import statistics
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

import make
from chaos import invariants
from chaos.learners import COURSE, QUESTIONS, Client, Ledger
from chaos.site import Site
from connect import clock, db
from connect.accounts.tables import Account, AccountStatus, ApiToken
from connect.catalog.actions import Published, publish_folder
from connect.db import fetch
from connect.policy import SYSTEM
from connect.security import token_hash
from databases import in_use
from postgres_cluster import Cluster

COURSES = Path(__file__).parent / "courses"
CLIENTS = 8
READY = 2.0  # seconds after a kill, the median
OWN_LOAD = 3.0  # processes that this test keeps busy
DRAINED = 10.0  # seconds after SIGTERM
WRITES = 100  # one after the other, each with its sync
FULL = 2  # of PRAGMA synchronous: a commit waits for the disk
STRACE = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", "signal=none"]
PORTION = 500  # rows in one INSERT


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copyfile(sqlite_template, tmp_path / "connect.sqlite")
    return f"sqlite:///{tmp_path / 'connect.sqlite'}"


@pytest.fixture
async def postgres_url(
    administrator: asyncpg.Connection, cluster: Cluster, postgres_template: str
) -> AsyncIterator[str]:
    name = f"chaos_{random.getrandbits(40):x}"
    await administrator.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield cluster.url(name)
    await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of a migrated database that nobody has open."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def site(url: str, tmp_path: Path) -> Iterator[Site]:
    """The site on that database, not started."""
    site = Site(tmp_path, url)
    yield site
    site.kill()


async def prepare(url: str, people: int) -> list[str]:
    """The course, *people* whose addresses are proved, and a token of each."""
    tokens = [f"connect_{number}" for number in range(people)]
    async with in_use(url):
        outcome, _, faults = await publish_folder(SYSTEM, COURSES / COURSE)
        assert (outcome, faults) == (Published.NEW, [])
        rows = [
            Account(
                email=f"learner{number}@agency.example",
                status=AccountStatus.ACTIVE_UNVERIFIED,
                password_hash=make.PASSWORD_HASH,
                legal_name=f"Learner Number {number}",
                discipline="law-enforcement",
                state="TX",
                time_zone="America/Chicago",
                proved_at=clock.now(),
            )
            for number in range(people)
        ]
        keys = [
            ApiToken(
                account=row.id,
                token_hash=token_hash(token),
                expires_at=clock.now() + timedelta(days=1),
            )
            for row, token in zip(rows, tokens, strict=True)
        ]
        for start in range(0, people, PORTION):
            await Account.insert(*rows[start : start + PORTION])
            await ApiToken.insert(*keys[start : start + PORTION])
    return tokens


Disturb = Callable[[Site], Awaitable[None]]


async def disturbed(
    site: Site, tokens: list[str], chance: random.Random, disturb: Disturb, times: int
) -> tuple[Ledger, list[float]]:
    """Let clients take courses while *disturb* ends the site, and it is started again.

    Returns:
        What was acknowledged, and the seconds of each start. The site is down.
    """
    ledger, over, waiting = Ledger(), asyncio.Event(), iter(tokens)
    starts = [await asyncio.to_thread(site.start)]
    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            client = Client(site.address, ledger, chance)
            clients.create_task(client.take_courses(waiting, over))
        for _ in range(times):
            await asyncio.sleep(chance.uniform(0.05, 1.5))
            await disturb(site)
            starts.append(await asyncio.to_thread(site.start))
        over.set()
    await disturb(site)
    return ledger, starts


async def check(url: str, ledger: Ledger, site: Site) -> int:
    """Every invariant of what requests write; how many courses were completed."""
    async with in_use(url):
        await invariants.database_is_sound()
        await invariants.nothing_acknowledged_is_lost(ledger)
        completions = await invariants.nothing_is_half_done_or_doubled()
        await invariants.numbers_have_no_gaps()
        await invariants.counts_are_the_facts(completions)
    assert completions == len(ledger.certificates)
    assert ledger.statuses.keys() <= {200, 201}, ledger.statuses
    return completions


async def work_to_the_end(url: str, site: Site, *, wait_for_leases: bool) -> None:
    """Let the worker do what is left, as if the leases of the killed ones had run out."""
    if not wait_for_leases:
        async with in_use(url):
            await fetch("UPDATE job SET leased_until = run_at WHERE leased_until IS NOT NULL")
    await asyncio.to_thread(site.start)
    async with in_use(url):
        async with asyncio.timeout(300):
            while await fetch(UNDONE):  # noqa: ASYNC110 -- another process works
                await asyncio.sleep(0.2)
    await asyncio.to_thread(site.kill)


UNDONE = """
SELECT id FROM job WHERE done_at IS NULL UNION ALL SELECT id FROM audit_event WHERE number IS NULL
LIMIT 1
"""
LENGTHS = [pytest.param(8, id="short"), pytest.param(100, id="long", marks=pytest.mark.long)]


@pytest.mark.parametrize("kills", LENGTHS)
async def test_killed_at_any_moment_it_loses_nothing_and_doubles_nothing(
    url, site, tmp_path, kills
):
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    tokens = await prepare(url, people=100 + 40 * kills)

    async def kill(site: Site) -> None:
        await asyncio.to_thread(site.kill)

    ledger, starts = await disturbed(site, tokens, random.Random(seed), kill, kills)
    completions = await check(url, ledger, site)
    await work_to_the_end(url, site, wait_for_leases=kills > 8)

    async with in_use(url):
        await invariants.every_job_came_back(site.files, site.log, kills=kills + 2)
        await invariants.the_audit_chain_is_whole(tmp_path / "audit-anchors.jsonl")
        await invariants.database_is_sound()
    print(
        f"{kills} kills cut off {ledger.unanswered} requests; {len(ledger.acknowledged)} answers"
        f" and {completions} completions kept; ready again in {max(starts):.2f} s at most"
    )
    assert completions > kills
    assert ledger.unanswered > 0
    assert statistics.median(starts) <= READY * crowding()


@pytest.mark.parametrize(
    "ends", [pytest.param(3, id="short"), pytest.param(15, id="long", marks=pytest.mark.long)]
)
async def test_told_to_end_it_finishes_what_it_began(url, site, ends):
    seed = random.getrandbits(32)
    print(f"seed {seed}")
    tokens = await prepare(url, people=100 + 40 * ends)
    seconds: list[float] = []

    async def end(site: Site) -> None:
        _, took = await asyncio.to_thread(site.terminate)
        seconds.append(took)

    ledger, _ = await disturbed(site, tokens, random.Random(seed), end, ends)

    completions = await check(url, ledger, site)
    print(f"{completions} completions kept; ended in {max(seconds):.2f} s at most")
    assert completions > ends
    assert max(seconds) <= DRAINED
    assert '"level": "error"' not in site.log


async def test_no_answer_leaves_before_its_write_is_on_disk(sqlite_url, tmp_path):
    """Of the embedded database: what is told as saved survives the loss of power (D5)."""
    (token,) = await prepare(sqlite_url, people=1)
    async with in_use(sqlite_url), db.transaction():
        assert await fetch("PRAGMA synchronous") == [{"synchronous": FULL}]
    trace = tmp_path / "trace"
    site = Site(tmp_path, sqlite_url, [*STRACE, "-o", str(trace)] if can_trace(tmp_path) else [])
    await asyncio.to_thread(site.start)
    try:
        async with httpx.AsyncClient(
            base_url=f"{site.address}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=15,
            trust_env=False,
        ) as http:
            enrollment = (await http.post(f"/courses/{COURSE}/enrollments")).json()
            here = f"/enrollments/{enrollment['id']}"
            for component, event in (
                ("call", "open"),
                ("call", "close"),
                ("promise", "acknowledge"),
            ):
                await http.put(f"{here}/components/{component}", json={"event": event})
            attempt = (await http.post(f"{here}/quizzes/final/attempts")).json()
            for number in range(WRITES):
                before = syncs(trace)
                saved = await http.put(
                    f"/attempts/{attempt['id']}/answers/{QUESTIONS[number % 3]}",
                    json={"choices": ["ab"[number % 2]]},
                )
                assert saved.status_code == 200
                assert syncs(trace) > before or not trace.exists(), number
    finally:
        await asyncio.to_thread(site.kill)


def crowding() -> float:
    """How many times slower everything is because of what else this machine does; 1 for alone."""
    return max(1.0, (os.getloadavg()[0] - OWN_LOAD) / (os.cpu_count() or 1))


def can_trace(folder: Path) -> bool:
    """Whether this machine has strace and lets it look into a process."""
    command = [*STRACE, "-o", folder / "tried", "true"]
    return bool(shutil.which("strace")) and subprocess.run(command, check=False).returncode == 0


def syncs(trace: Path) -> int:
    """How many times a file of the database was brought to disk so far."""
    return len(re.findall(r"(?:fsync|fdatasync)\(", trace.read_text())) if trace.exists() else 0
