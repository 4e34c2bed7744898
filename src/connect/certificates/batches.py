"""Many certificates as one ZIP, made by the worker and kept for a week."""

import asyncio
import csv
import io
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from connect import clock, files
from connect.audit import record
from connect.certificates.queries import certificates_numbered
from connect.certificates.tables import BatchState, CertificateBatch
from connect.csv_out import cell
from connect.db import fetch, one, placeholders, transaction
from connect.errors import Invalid, NotFound
from connect.jobs import enqueue
from connect.policy import SYSTEM, Actor, Permission

MOST = 10_000  # certificates in one batch
AT_ONCE = 100  # read side by side, and between two words on the progress
KEPT = timedelta(days=7)
COLUMNS = ("file", "number", "name", "title", "issued_on", "status", "sha256")
CHOOSE = """
SELECT DISTINCT k.id FROM certificate k{joined}
WHERE k.status <> 'superseded'{which} ORDER BY k.id LIMIT {most}
"""
ROWS = (
    "SELECT id, number, name, title, issued_on, status, pdf FROM certificate WHERE id IN ({marks})"
)


class Chosen(msgspec.Struct, omit_defaults=True):
    """Which certificates: those named, or those that fit everything that is said. *agency* is the
    one that the training counted for; the days are those of issue, both included."""

    numbers: list[str] = []
    agency: UUID | None = None
    course: str = ""  # slug
    since: date | None = None
    until: date | None = None


async def choose(chosen: Chosen) -> list[UUID]:
    """The certificates that stand and fit, in the order of their issue.

    Raises:
        Invalid: none, too many, or a number that is not known.
    """
    if chosen.numbers:
        return await _numbered(chosen.numbers)
    which, given, joined = "", list[Any](), ""
    if chosen.course:
        joined += " JOIN enrollment e ON e.id = k.source JOIN course c ON c.id = e.course"
        which, given = f"{which} AND c.slug = {{}}", [*given, chosen.course]
    if chosen.agency:
        joined += " JOIN training t ON t.source = k.source"
        which, given = f"{which} AND t.agency = {{}}", [*given, chosen.agency]
    if chosen.since:
        which, given = f"{which} AND k.issued_on >= {{}}", [*given, chosen.since]
    if chosen.until:
        which, given = f"{which} AND k.issued_on <= {{}}", [*given, chosen.until]
    if not given:
        raise Invalid({"numbers": "Name certificates, or choose an agency, a course or days."})
    sql = CHOOSE.replace("{joined}", joined).replace("{which}", which)
    rows = await fetch(sql.replace("{most}", str(MOST + 1)), *given)
    if not rows:
        raise Invalid({"numbers": "No certificate fits what you chose."})
    if len(rows) > MOST:
        raise Invalid({"numbers": f"More than {MOST:,} fit. Choose fewer days, or one course."})
    return [row["id"] for row in rows]


async def _numbered(numbers: list[str]) -> list[UUID]:
    wanted = sorted({n.strip().upper() for n in numbers if n.strip()})
    if not 1 <= len(wanted) <= MOST:
        raise Invalid({"numbers": f"Name 1 to {MOST:,} certificates."})
    found = {
        row.number: row.id
        for first in range(0, len(wanted), 500)
        for row in await certificates_numbered(wanted[first : first + 500])
    }
    if unknown := [n for n in wanted if n not in found]:
        raise Invalid({"numbers": f"Not known: {', '.join(unknown[:20])}."})
    return list(found.values())


async def open_batch(actor: Actor, chosen: Chosen) -> CertificateBatch:
    """Have the certificates that fit now put into one ZIP by the worker.

    Raises:
        Invalid: see ``choose``.
    """
    actor.must(Permission.EXPORT_CERTIFICATES)
    ids = await choose(chosen)
    row = CertificateBatch(
        chosen=msgspec.json.encode(chosen).decode(),
        certificates=msgspec.json.encode(ids).decode(),
        total=len(ids),
        made_by=actor.id,
    )
    async with transaction():
        await CertificateBatch.insert(row)
        await enqueue("certificates.batch", key=f"batch {row.id}", batch_id=row.id)
        await record(actor, "batch.opened", CertificateBatch, of=row.id, certificates=len(ids))
    return row


async def make_batch(batch_id: UUID) -> None:
    """Make the ZIP of a batch; job. Begun again after an end in between, it starts anew."""
    row = await one(CertificateBatch.objects().where(CertificateBatch.id == batch_id))
    if row.state in (BatchState.DONE, BatchState.REMOVED):
        return
    ids = msgspec.json.decode(row.certificates, type=list[UUID])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.zip"
        await _write(path, ids, row)
        kept = await files.put_file(path)
    async with transaction():
        await CertificateBatch.update(
            {
                CertificateBatch.state: BatchState.DONE,
                CertificateBatch.done: len(ids),
                CertificateBatch.file: kept,
                CertificateBatch.done_at: clock.now(),
            }
        ).where(CertificateBatch.id == batch_id)
        await record(SYSTEM, "batch.done", CertificateBatch, of=batch_id)


async def _write(path: Path, ids: list[UUID], batch: CertificateBatch) -> None:
    """One PDF for each certificate that is drawn, and ``manifest.csv`` with one line for each."""
    manifest = io.StringIO(newline="")
    lines = csv.writer(manifest)
    lines.writerow(COLUMNS)
    with ZipFile(path, "w", ZIP_STORED) as target:
        for first in range(0, len(ids), AT_ONCE):
            some = ids[first : first + AT_ONCE]
            marks = placeholders(some)
            rows = {r["id"]: r for r in await fetch(ROWS.replace("{marks}", marks), *some)}
            stored = await asyncio.gather(*(_stored(rows[i]["pdf"]) for i in some))
            for row, data in zip((rows[i] for i in some), stored, strict=True):
                name = f"{row['number']}.pdf" if data is not None else ""
                if data is not None:
                    day = row["issued_on"]
                    when = (day.year, day.month, day.day, 0, 0, 0)
                    await asyncio.to_thread(target.writestr, ZipInfo(name, when), data)
                status = row["status"] if data is not None else "being drawn"
                facts = (row["number"], row["name"], row["title"], row["issued_on"], status)
                lines.writerow([cell(value) for value in (name, *facts, row["pdf"])])
            await CertificateBatch.update(
                {
                    CertificateBatch.done: first + len(some),
                    CertificateBatch.state: BatchState.RUNNING,
                }
            ).where(CertificateBatch.id == batch.id)
        target.writestr("manifest.csv", manifest.getvalue(), ZIP_DEFLATED)


async def _stored(digest: str | None) -> bytes | None:
    try:
        return await files.get(digest) if digest else None
    except NotFound:
        return None


async def batch_of(actor: Actor, batch_id: UUID) -> CertificateBatch:
    """A batch that the actor asked for.

    Raises:
        NotFound: no such batch, or somebody else's.
    """
    actor.must(Permission.EXPORT_CERTIFICATES)
    query = CertificateBatch.objects().where(
        CertificateBatch.id == batch_id, CertificateBatch.made_by == actor.id
    )
    return await one(query)


async def batches_of(actor: Actor, *, limit: int) -> list[CertificateBatch]:
    """The actor's newest batches."""
    rows = CertificateBatch.objects().where(CertificateBatch.made_by == actor.id)
    return await rows.order_by(CertificateBatch.id, ascending=False).limit(limit)


async def sweep() -> None:
    """Remove the files of batches after a week; job. The row stays and says so."""
    old = clock.now() - KEPT
    over = CertificateBatch.objects().where(
        CertificateBatch.done_at <= old, CertificateBatch.state == BatchState.DONE
    )
    for row in await over:
        others = await CertificateBatch.count().where(
            CertificateBatch.file == row.file,
            CertificateBatch.state == BatchState.DONE,
            CertificateBatch.id != row.id,
        )
        if not others:
            await files.remove(row.file)
        async with transaction():
            await CertificateBatch.update(
                {CertificateBatch.state: BatchState.REMOVED, CertificateBatch.file: None}
            ).where(CertificateBatch.id == row.id)
            await record(SYSTEM, "batch.removed", CertificateBatch, of=row.id)
