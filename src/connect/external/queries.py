"""Completions elsewhere: one's own, and those that wait for a decision."""

from typing import Any
from uuid import UUID

from connect.db import fetch, one
from connect.errors import NotFound
from connect.external.tables import ExternalCompletion
from connect.policy import Actor, Permission

COLUMNS = """
SELECT x.id, x.account, a.legal_name AS name, x.title, x.provider, x.day, x.minutes, x.number,
  k.slug AS course, x.evidence_kind, x.evidence_size, x.brought_in, x.import_file, x.state,
  x.made_by, x.made_at, x.decided_at, x.reason
FROM external_completion x JOIN account a ON a.id = x.account LEFT JOIN course k ON k.id = x.course
"""
WAITING = "x.state = 'submitted'"
IMPORTS = """
SELECT x.import_file AS id, f.file_name, f.made_by, f.made_at, count(*) AS many,
  sum(CASE WHEN x.state = 'submitted' THEN 1 ELSE 0 END) AS waiting,
  sum(CASE WHEN x.state = 'accepted' THEN 1 ELSE 0 END) AS accepted
FROM external_completion x JOIN import_file f ON f.id = x.import_file
GROUP BY x.import_file, f.file_name, f.made_by, f.made_at
ORDER BY f.made_at DESC, x.import_file LIMIT 50
"""


async def own(actor: Actor, *, before: UUID | None = None, limit: int) -> list[dict[str, Any]]:
    """What the actor completed elsewhere, newest entry first, one more than *limit* at most."""
    where, given = "x.account = {}", [actor.id]
    if before:
        where, given = f"{where} AND x.id < {{}}", [*given, before]
    return await fetch(f"{COLUMNS} WHERE {where} ORDER BY x.id DESC LIMIT {limit + 1}", *given)


async def waiting(
    actor: Actor, *, after: UUID | None = None, limit: int, with_files: bool = True
) -> list[dict[str, Any]]:
    """What waits for a decision, longest first, one more than *limit* at most.

    Args:
        with_files: also what a file brought in, which ``imported`` tells of as a whole.
    """
    actor.must(Permission.REVIEW_COMPLETIONS)
    where = WAITING if with_files else f"{WAITING} AND x.import_file IS NULL"
    given = list[Any]()
    if after:
        where, given = f"{where} AND x.id > {{}}", [after]
    return await fetch(f"{COLUMNS} WHERE {where} ORDER BY x.id LIMIT {limit + 1}", *given)


async def imported(actor: Actor) -> list[dict[str, Any]]:
    """Files that brought completions in: how many wait, how many are accepted; newest first."""
    actor.must(Permission.REVIEW_COMPLETIONS)
    return await fetch(IMPORTS)


async def external_row(actor: Actor, external_id: UUID) -> dict[str, Any]:
    """One completion as ``own`` has it, of the actor or for staff.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    rows = await fetch(f"{COLUMNS} WHERE x.id = {{}}", external_id)
    if not rows or not actor.may(Permission.READ_RECORDS, owner=rows[0]["account"]):
        raise NotFound
    return rows[0]


async def external_of(actor: Actor, external_id: UUID) -> ExternalCompletion:
    """The stored row of the same.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    query = ExternalCompletion.objects().where(ExternalCompletion.id == external_id)
    row = await one(query)
    if not actor.may(Permission.READ_RECORDS, owner=row.account):
        raise NotFound
    return row
