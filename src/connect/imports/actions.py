"""Taking rows in: checked one by one, written in pieces, none stopped by another."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from connect import clock, files
from connect.accounts.imports import left_alone
from connect.accounts.rules import normal_email
from connect.agencies.queries import active_agency
from connect.audit import record
from connect.db import fetch, locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.imports import rules
from connect.imports.kinds import KINDS
from connect.imports.queries import IMPORT, import_by_id
from connect.imports.reading import Unreadable, check_table, read_table
from connect.imports.spreadsheet import csv_of
from connect.imports.tables import Import, ImportKind, ImportState, RefusedRow
from connect.jobs import enqueue
from connect.policy import Actor, Relation

PIECE = 2_000  # rows in one transaction and one job
HEADING = 2  # number of the first row: the heading is row 1
ROWS_KEPT = timedelta(days=90)
FILES_KEPT = timedelta(days=30)
# Of tables that no younger import names: the same table handed in again is one file.
OLD_FILES = """
SELECT DISTINCT file FROM import_file WHERE made_at < {} AND file <> ''
AND file NOT IN (SELECT file FROM import_file WHERE made_at >= {})
"""


class NotKept(Conflict):
    message = "Tables are kept for 30 days, and this one is gone. Hand it in once more."


async def open_import(
    actor: Actor,
    kind: ImportKind,
    data: bytes,
    *,
    file_name: str,
    dry_run: bool,
    columns: Mapping[str, str],
    agency_id: UUID | None = None,
    invite: bool = False,
) -> Import:
    """Keep a file that can be read to its end, as CSV, and have it taken in by the worker.

    Args:
        columns: our field → heading in the file; empty: guessed from the headings.
        agency_id: whose roster it is; a coordinator's own agency.
        invite: mail an invitation to each person who is new; without it nothing is mailed.

    Raises:
        Invalid: the file or the columns cannot be used; nothing was kept.
        Forbidden, NotFound: the actor may not take in this kind, or not for that agency.
    """
    agency = await _agency(actor, kind, agency_id)
    meant = KINDS[kind]
    try:
        table = await csv_of(data)
        headings = await asyncio.to_thread(check_table, table)
    except Unreadable as error:
        raise Invalid({"file": str(error)}) from None
    chosen = dict(columns) or rules.guess_columns(meant.fields, headings)
    if fault := rules.columns_fault(meant.fields, meant.needed, chosen, headings):
        raise Invalid({"columns": fault})
    row = Import(
        kind=kind,
        dry_run=dry_run,
        agency=agency,
        invite=invite and meant.invites,
        file=await files.put(table),
        file_name=file_name[:200],
        columns=msgspec.json.encode(chosen).decode(),
        made_by=actor.id,
    )
    async with transaction():
        await Import.insert(row)
        await enqueue("imports.run", key=f"import {row.id} 0", import_id=row.id, start=0)
        await record(
            actor,
            "import.opened",
            Import,
            of=row.id,
            kind=kind,
            dry_run=dry_run,
            agency=agency,
            invite=bool(row.invite),
        )
    return row


async def _agency(actor: Actor, kind: ImportKind, agency_id: UUID | None) -> UUID | None:
    """The agency whose roster may be taken in; only who imports anything goes without one."""
    actor.must(IMPORT)
    everywhere = actor.relation(IMPORT) is Relation.ANY
    if kind is not ImportKind.ROSTER:
        if not everywhere:
            raise Forbidden
        if agency_id:
            raise Invalid({"agency_id": "Only a roster is of one agency. Leave it out."})
        return None
    if agency_id is None:
        if not everywhere:
            raise Invalid({"agency_id": "Name the agency whose roster it is: your own."})
        return None
    async with transaction():
        return (await active_agency(actor, agency_id)).id


async def import_for_real(actor: Actor, import_id: UUID) -> Import:
    """Take in for real what a dry run looked at.

    Raises:
        NotFound: there is no such import, or it is not the actor's.
        NotKept: its table was handed in too long ago.
    """
    tried = await import_by_id(actor, import_id)
    return await open_import(
        actor,
        ImportKind(tried.kind),
        await _kept(tried),
        file_name=tried.file_name,
        dry_run=False,
        columns=msgspec.json.decode(tried.columns),
        agency_id=tried.agency,
        invite=tried.invite,
    )


async def run_import(import_id: UUID, start: int) -> None:
    """Take the piece of rows that begins at *start*, and enqueue the next; job.

    A piece is one transaction with its counts, so that one that is done again adds nothing.
    """
    found = await one(Import.objects().where(Import.id == import_id))
    if found.state in (ImportState.DONE, ImportState.UNREADABLE) or found.rows != start:
        return
    actor = Actor(account_id=found.made_by)
    try:
        data = await _kept(found)
    except NotKept as gone:
        await _give_up(actor, found, str(gone))
        return
    columns = msgspec.json.decode(found.columns, type=dict[str, str])
    headings, piece = await asyncio.to_thread(_piece, data, start)
    places = {field: headings.index(heading) for field, heading in columns.items()}
    last = len(piece) < PIECE
    emails = set[str]()
    if last and found.agency:
        emails = await asyncio.to_thread(_emails, data, places["email"])
    async with transaction():
        row = await one(locked(Import.objects().where(Import.id == import_id), Import))
        if row.rows != start:  # another worker did this piece
            return
        await _take(actor, row, headings, places, piece, start)
        if last and row.agency:
            row.left_alone = await left_alone(row.agency, emails)
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


async def _kept(row: Import) -> bytes:
    """The table of an import.

    Raises:
        NotKept: it was swept away.
    """
    if not row.file:
        raise NotKept
    try:
        return await files.get(row.file)
    except NotFound:
        raise NotKept from None


async def _give_up(actor: Actor, row: Import, trouble: str) -> None:
    """Take in no further row; those that were taken stay."""
    async with transaction():
        given_up = (
            await Import.update({Import.state: ImportState.UNREADABLE, Import.trouble: trouble})
            .where(Import.id == row.id, Import.rows == row.rows, Import.state == row.state)
            .returning(Import.id)
        )
        if given_up:
            await record(actor, "import.given_up", Import, of=row.id, rows=row.rows)


def _piece(data: bytes, start: int) -> tuple[list[str], list[list[str]]]:
    headings, rows = read_table(data, start=start)
    return headings, list(islice(rows, PIECE))


def _emails(data: bytes, place: int) -> set[str]:
    _, rows = read_table(data)
    return {normal_email(cells[place]) for cells in rows if place < len(cells)}


async def _take(
    actor: Actor,
    row: Import,
    headings: list[str],
    places: Mapping[str, int],
    piece: list[list[str]],
    start: int,
) -> None:
    kind = KINDS[ImportKind(row.kind)]
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
        facts, faults = kind.check(given)
        if faults := faults | rules.formulas(given):
            refuse(number, faults)
        else:
            good.append((number, facts))
    taken, unchanged, clashes = await kind.take(actor, row, good)
    for number, faults in clashes.items():
        refuse(number, faults)
    for first in range(0, len(refused), 500):
        await RefusedRow.insert(*refused[first : first + 500])
    row.rows = start + len(piece)
    row.taken += taken
    row.unchanged += unchanged
    row.refused += len(refused)


async def sweep() -> None:
    """Forget what refused rows held after 90 days, and the tables themselves after 30; job."""
    old = Import.select(Import.id).where(Import.made_at < clock.now() - ROWS_KEPT)
    await RefusedRow.delete().where(RefusedRow.import_file.is_in(old))
    month_ago = clock.now() - FILES_KEPT
    for found in await fetch(OLD_FILES, month_ago, month_ago):
        await files.remove(found["file"])  # first, so that one that fails is tried again
        await Import.update({Import.file: ""}).where(
            Import.file == found["file"], Import.made_at < month_ago
        )
