"""How long an import of people takes, and how much memory: ``python bench/imports.py``.

For each engine and size a process of its own, on a migrated database of its own with 18,000
agencies; one in three people is in none, the others are spread over them. Prints the seconds from
handing the file in to its last row, those of the processor that this process took, and its highest
resident memory.
"""

import argparse
import asyncio
import csv
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (10_000, 50_000, 100_000)
AGENCIES = 18_000
HEADINGS = ("email", "legal_name", "discipline", "state", "title", "agency", "category", "since")


def people(many: int) -> bytes:
    """A file of invented people."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for n in range(many):
        work = (f"TX{n % AGENCIES:05}00", "patrol", "2024-05-06") if n % 3 else ("", "", "")
        who = (f"person{n}@import.example", f"Invented Person {n}", "law-enforcement", "TX")
        writer.writerow([*who, "Officer", *work])
    return out.getvalue().encode()


async def measure(many: int) -> None:
    """Import *many* people into the database of the settings, and the same file again."""
    from connect import db, jobs
    from connect.accounts.tables import Account, RoleGrant
    from connect.agencies.tables import Agency
    from connect.imports.actions import open_import
    from connect.imports.tables import Import, ImportKind
    from connect.migrate import migrate
    from connect.policy import Actor, Role
    from connect.worker import HANDLERS

    await db.open_pool()
    await migrate()
    account = Account(email="registrar@import.example", legal_name="R", password_hash="")
    account.time_zone = "America/New_York"
    await account.save()
    await RoleGrant(account=account.id, role=Role.REGISTRAR).save()
    actor = Actor(account_id=account.id, roles=frozenset({(Role.REGISTRAR, None)}))
    kind = "law-enforcement"
    agencies = [
        Agency(kind=kind, name=f"Town {n} PD", state="TX", ori=f"TX{n:05}00", words=f"town {n}")
        for n in range(AGENCIES)
    ]
    for first in range(0, AGENCIES, 500):
        await Agency.insert(*agencies[first : first + 500])
    del agencies
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for turn in ("new", "again"):
        began, began_cpu = time.perf_counter(), time.process_time()
        row = await open_import(
            actor, ImportKind.PEOPLE, people(many), file_name="", dry_run=False, columns={}
        )
        opened = time.perf_counter() - began
        await jobs.work_off(HANDLERS)
        seconds, used = time.perf_counter() - began, time.process_time() - began_cpu
        done = await Import.objects().where(Import.id == row.id).first()
        assert done is not None
        assert (done.state, done.rows, done.refused) == ("done", many, 0)
        assert done.taken == (many if turn == "new" else 0)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(
            f"{db.engine().engine_type:8} {many:>7,} {turn:5} {seconds:6.1f} s,"
            f" {used:.1f} of the processor, {opened:.1f} to open;"
            f"  {peak / 1024:5.0f} MB, {before / 1024:.0f} before",
            flush=True,
        )
    await db.close_pool()


def run(engine: str, many: int) -> None:
    """Measure in a process of its own."""
    sys.path.insert(0, str(ROOT / "tests"))
    import postgres_cluster  # type: ignore[import-not-found]

    work = Path(tempfile.mkdtemp(prefix="connect-bench-"))
    work.chmod(0o711)  # PostgreSQL runs as a user of its own
    cluster = postgres_cluster.Cluster(work / "cluster") if engine == "postgres" else None
    url = f"sqlite:///{work}/bench.sqlite"
    try:
        if cluster:
            cluster.start()
            url = cluster.url("postgres")
        settings = {
            "PICCOLO_CONF": "connect.piccolo_conf",
            "CONNECT_DATABASE_URL": url,
            "CONNECT_DATA_DIR": str(work),
            "CONNECT_SECRET_KEY": "0123456789" * 4,
            "CONNECT_BASE_URL": "http://127.0.0.1:8000",
        }
        subprocess.run(
            [sys.executable, __file__, "--measure", str(many)],
            env=os.environ | settings,
            check=True,
        )
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(work, ignore_errors=True)


def main() -> None:
    """Every engine and size, or those that are asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--engine", choices=["sqlite", "postgres"], action="append")
    options.add_argument("--rows", type=int, action="append")
    options.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.measure:
        asyncio.run(measure(given.measure))
        return
    for engine in given.engine or ["sqlite", "postgres"]:
        for many in given.rows or SIZES:
            run(engine, many)


if __name__ == "__main__":
    main()
