"""Reads of the ledger that others share."""

from uuid import UUID

from connect.db import fetch

WORDING = """
SELECT g.acknowledgement FROM training t JOIN grant_award g ON g.id = t."grant" WHERE t.id = {}
"""


async def acknowledgement_of(training: UUID) -> str:
    """What the grant of an instance prescribes to be printed; empty when it says nothing."""
    rows = await fetch(WORDING, training)
    return str(rows[0]["acknowledgement"]) if rows else ""
