"""Imports and what became of their rows."""

from typing import Any
from uuid import UUID

import msgspec

from connect.db import one
from connect.imports.tables import Import, RefusedRow
from connect.policy import Actor, Permission


async def import_by_id(actor: Actor, import_id: UUID) -> Import:
    """One import.

    Raises:
        NotFound: there is none.
    """
    actor.must(Permission.IMPORT_ROWS)
    return await one(Import.objects().where(Import.id == import_id))


async def imports(actor: Actor, *, limit: int) -> list[Import]:
    """The newest imports."""
    actor.must(Permission.IMPORT_ROWS)
    return await Import.objects().order_by(Import.id, ascending=False).limit(limit)


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
