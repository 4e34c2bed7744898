"""Taking rows in: checked one by one, written in pieces, none stopped by another."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from connect import clock, files
from connect.agencies.imports import take_agencies
from connect.audit import record
from connect.db import locked, one, transaction
from connect.errors import Invalid
from connect.imports import rules
from connect.imports.reading import Unreadable, read_table
from connect.imports.tables import Import, ImportKind, ImportState, RefusedRow
from connect.jobs import enqueue
from connect.policy import Actor, Permission

PIECE = 2_000  # rows in one transaction and one job
HEADING = 2  # number of the first row: the heading is row 1


async def open_import(
    actor: Actor,
    kind: ImportKind,
    data: bytes,
    *,
    file_name: str,
    dry_run: bool,
    columns: Mapping[str, str],
) -> Import:
    """Keep a file and have it read by the worker.

    Args:
        columns: our field → heading in the file; empty: guessed from the headings.

    Raises:
        Invalid: the file or the columns cannot be used; nothing was kept.
    """
    actor.must(Permission.IMPORT_ROWS)
    try:
        headings, _ = read_table(data)
    except Unreadable as error:
        raise Invalid({"file": str(error)}) from None
    chosen = dict(columns) or rules.guess_columns(headings)
    if fault := rules.columns_fault(chosen, headings):
        raise Invalid({"columns": fault})
    row = Import(
        kind=kind,
        dry_run=dry_run,
        file=await files.put(data),
        file_name=file_name[:200],
        columns=msgspec.json.encode(chosen).decode(),
        made_by=actor.id,
    )
    async with transaction():
        await Import.insert(row)
        await enqueue("imports.run", key=f"import {row.id} 0", import_id=row.id, start=0)
        await record(actor, "import.opened", Import, of=row.id, kind=kind, dry_run=dry_run)
    return row


async def import_for_real(actor: Actor, import_id: UUID) -> Import:
    """Take in for real what a dry run looked at.

    Raises:
        NotFound: there is no such import.
    """
    actor.must(Permission.IMPORT_ROWS)
    tried = await one(Import.objects().where(Import.id == import_id))
    return await open_import(
        actor,
        ImportKind(tried.kind),
        await files.get(tried.file),
        file_name=tried.file_name,
        dry_run=False,
        columns=msgspec.json.decode(tried.columns),
    )


async def run_import(import_id: UUID, start: int) -> None:
    """Take the piece of rows that begins at *start*, and enqueue the next; job.

    A piece is one transaction with its counts, so that one that is done again adds nothing.
    """
    found = await one(Import.objects().where(Import.id == import_id))
    if found.state == ImportState.DONE or found.rows != start:
        return
    data = await files.get(found.file)
    try:
        headings, rows = read_table(data)
        piece = list(islice(rows, start, start + PIECE))
    except Unreadable as error:
        await Import.update(
            {Import.state: ImportState.UNREADABLE, Import.trouble: str(error)}
        ).where(Import.id == import_id)
        return
    columns = msgspec.json.decode(found.columns, type=dict[str, str])
    places = {field: headings.index(heading) for field, heading in columns.items()}
    actor = Actor(account_id=found.made_by)
    async with transaction():
        row = await one(locked(Import.objects().where(Import.id == import_id), Import))
        if row.rows != start:  # another worker did this piece
            return
        await _take(actor, row, headings, places, piece, start)
        last = len(piece) < PIECE
        row.state = ImportState.DONE if last else ImportState.RUNNING
        row.done_at = clock.now() if last else None
        await row.save()
        if not last:
            following = start + PIECE
            key = f"import {import_id} {following}"
            await enqueue("imports.run", key=key, import_id=import_id, start=following)
        else:
            await record(
                actor, "import.done", Import, of=row.id, taken=row.taken, refused=row.refused
            )


async def _take(
    actor: Actor,
    row: Import,
    headings: list[str],
    places: Mapping[str, int],
    piece: list[list[str]],
    start: int,
) -> None:
    good: list[tuple[int, dict[str, Any]]] = []
    refused: list[RefusedRow] = []

    def refuse(number: int, faults: Mapping[str, str]) -> None:
        cells = dict(zip(headings, piece[number - start - HEADING], strict=False))
        refused.append(
            RefusedRow(
                import_file=row.id,
                row=number,
                cells=msgspec.json.encode(cells).decode(),
                faults=msgspec.json.encode(faults).decode(),
            )
        )

    for number, cells in enumerate(piece, start + HEADING):
        if not any(cells):
            continue
        given = {field: cells[at] for field, at in places.items() if at < len(cells)}
        facts, faults = rules.agency_of(given)
        if faults:
            refuse(number, faults)
        else:
            good.append((number, facts))
    taken, unchanged, clashes = await take_agencies(actor, good, dry_run=row.dry_run)
    for number, faults in clashes.items():
        refuse(number, faults)
    for first in range(0, len(refused), 500):
        await RefusedRow.insert(*refused[first : first + 500])
    row.rows = start + len(piece)
    row.taken += taken
    row.unchanged += unchanged
    row.refused += len(refused)


async def sweep() -> None:
    """Forget what refused rows held after 90 days; job."""
    old = clock.now() - timedelta(days=90)
    imports = Import.select(Import.id).where(Import.made_at < old)
    ids = [found["id"] for found in await imports]
    if ids:
        await RefusedRow.delete().where(RefusedRow.import_file.is_in(ids))
