"""Imports and what became of their rows."""

from typing import Any
from uuid import UUID

import msgspec
from piccolo.columns.combination import Where, WhereRaw

from connect.db import one
from connect.imports.tables import Import, RefusedRow
from connect.policy import Actor, Permission, Relation

IMPORT = Permission.IMPORT_ROWS
Conditions = list[Where | WhereRaw]


def _seen_by(actor: Actor) -> Conditions:
    """All, or for a coordinator the own ones of the own agencies."""
    actor.must(IMPORT)
    if actor.relation(IMPORT) is Relation.ANY:
        return []
    return [Import.agency.is_in(sorted(actor.agencies(IMPORT))), Import.made_by == actor.id]


async def import_by_id(actor: Actor, import_id: UUID) -> Import:
    """One import.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    return await one(Import.objects().where(Import.id == import_id, *_seen_by(actor)))


async def imports(actor: Actor, *, agency: UUID | None = None, limit: int) -> list[Import]:
    """The newest imports, or those of rosters of *agency*."""
    query = Import.objects().where(*_seen_by(actor))
    if agency:
        query = query.where(Import.agency == agency)
    return await query.order_by(Import.id, ascending=False).limit(limit)


async def refused_rows(import_id: UUID, *, limit: int | None = None) -> list[dict[str, Any]]:
    """Rows that were not taken: ``{row, cells, faults}``, in the file's order."""
    query = (
        RefusedRow.select(RefusedRow.row, RefusedRow.cells, RefusedRow.faults)
        .where(RefusedRow.import_file == import_id)
        .order_by(RefusedRow.row)
    )
    rows = await (query if limit is None else query.limit(limit))
    return [
        {
            "row": row["row"],
            "cells": msgspec.json.decode(row["cells"], type=dict[str, str]),
            "faults": msgspec.json.decode(row["faults"], type=dict[str, str]),
        }
        for row in rows
    ]
