"""What must hold in the database whatever was killed: I1 to I7 of the reliability plan."""

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path

import msgspec

from chaos.learners import Ledger
from connect import db
from connect.audit import AuditEvent
from connect.audit_verify import verify
from connect.certificates.rules import number_of
from connect.db import fetch
from connect.reports.queries import counts

AT_ONCE = 4  # jobs that one worker has in hand


async def rows(sql: str) -> list[tuple[str, ...]]:
    """The rows of *sql* as text, which is the same on both engines."""
    return [tuple(str(value) for value in row.values()) for row in await fetch(sql)]


async def nothing_acknowledged_is_lost(ledger: Ledger) -> None:
    """I1: answers, steps, results and certificates are as the clients were told."""
    held = {
        (attempt, question): msgspec.json.decode(given)["choices"]
        for attempt, question, given in await rows("SELECT attempt, question, given FROM answer")
    }
    assert ledger.acknowledged <= held.keys()
    assert [
        (key, c) for key, c in held.items() if c not in [[x] for x in ledger.answers[key]]
    ] == []

    done = await rows("SELECT enrollment, component FROM progress WHERE done_at IS NOT NULL")
    assert ledger.steps <= set(done)

    results = {
        attempt: msgspec.json.decode(result)
        for attempt, result in await rows("SELECT id, result FROM attempt WHERE state <> 'open'")
    }
    assert {attempt: results.get(attempt) for attempt in ledger.submissions} == ledger.submissions

    numbers = dict(
        await rows(
            "SELECT c.enrollment, k.number FROM completion c"
            " JOIN certificate k ON k.id = c.certificate"
        )
    )
    assert {e: numbers.get(e) for e in ledger.certificates} == ledger.certificates


async def nothing_is_half_done_or_doubled() -> int:
    """I2 to I4: what a completion consists of is there once, or not at all; how many there are."""
    completed = Counter(await rows("SELECT id FROM enrollment WHERE state = 'completed'"))
    passed = Counter(await rows("SELECT enrollment FROM attempt WHERE state = 'passed'"))
    assert completed == passed
    for source in (
        "SELECT enrollment FROM completion",
        "SELECT source FROM certificate WHERE source_kind = 'enrollment'",
        "SELECT source FROM training WHERE source_kind = 'enrollment'",
        "SELECT subject FROM audit_event WHERE act = 'enrollment.completed'",
    ):
        assert Counter(await rows(source)) == completed, source
    people = Counter(await rows("SELECT learner FROM enrollment WHERE state = 'completed'"))
    assert set(Counter(await rows("SELECT learner FROM enrollment")).values()) == {1}
    mailed = 'SELECT a.id FROM mail m JOIN account a ON a.email = m."to"'
    assert Counter(await rows(mailed)) == people

    certificates = Counter(await rows("SELECT certificate FROM completion"))
    trainings = Counter(await rows("SELECT training FROM completion"))
    for held, of in (
        ("SELECT id FROM certificate", certificates),
        ("SELECT subject FROM audit_event WHERE act = 'certificate.issued'", certificates),
        ("SELECT id FROM training", trainings),
        ("SELECT subject FROM audit_event WHERE act = 'training.recorded'", trainings),
    ):
        assert Counter(await rows(held)) == of, held

    submitted = Counter(await rows("SELECT id FROM attempt WHERE state <> 'open'"))
    audited = "SELECT subject FROM audit_event WHERE act = 'attempt.submitted'"
    assert Counter(await rows(audited)) == submitted
    assert await rows("SELECT id FROM attempt WHERE number > 3") == []
    return len(certificates)


async def numbers_have_no_gaps() -> None:
    """I2: 1, 2, 3 in each year, and the series stands at the last."""
    numbers = [number for (number,) in await rows("SELECT number FROM certificate ORDER BY number")]
    years = {int(number.split("-")[1]) for number in numbers}
    given = Counter(int(number.split("-")[1]) for number in numbers)
    assert numbers == [number_of(y, n) for y in sorted(years) for n in range(1, given[y] + 1)]
    series = await rows("SELECT year, last FROM number_series")
    assert sorted(series) == sorted((str(year), str(last)) for year, last in given.items())


async def the_audit_chain_is_whole(anchors: Path) -> None:
    """I6: every row is sealed in its place, as if nothing had been killed while it was sealed."""
    verdict = await verify(anchors)
    assert (verdict.faults, verdict.whole) == ([], True)
    assert verdict.rows == await AuditEvent.count()


async def counts_are_the_facts(completions: int) -> None:
    """I5: what the report counts is what was completed."""
    total = (await counts(date(2000, 1, 1), date(2100, 12, 31), [])).total
    assert (total.instances, total.persons) == (completions, completions)


async def database_is_sound() -> None:
    """I6. Only SQLite's files were in the hands of what was killed."""
    if db.engine().engine_type == "sqlite":
        assert await fetch("PRAGMA integrity_check") == [{"integrity_check": "ok"}]
        assert await fetch("PRAGMA foreign_key_check") == []


async def every_job_came_back(stored: Path, log: str, *, kills: int) -> None:
    """I3 and I7: each certificate drawn and filed once, each mail sent.

    A mail that left just before a kill leaves again, under the Message-ID of its row.
    """
    unfinished = "SELECT kind, attempts, error FROM job WHERE done_at IS NULL OR error IS NOT NULL"
    assert await rows(unfinished) == []
    drawn = dict(await rows("SELECT id, pdf FROM certificate"))
    assert len(set(drawn.values())) == len(drawn)
    for digest in drawn.values():
        data = (stored / digest[:2] / digest).read_bytes()
        assert data.startswith(b"%PDF")
        assert hashlib.sha256(data).hexdigest() == digest
    audited = await rows("SELECT subject FROM audit_event WHERE act = 'certificate.drawn'")
    assert Counter(audited) == Counter((certificate,) for certificate in drawn)

    assert await rows("SELECT id FROM mail WHERE state <> 'sent' OR trouble IS NOT NULL") == []
    sent = Counter(line.split()[3].rstrip(":") for line in log.splitlines() if " mail to " in line)
    written = Counter(to for (to,) in await rows('SELECT "to" FROM mail'))
    assert sent.keys() == written.keys()
    assert (sent - written).total() <= kills * AT_ONCE
