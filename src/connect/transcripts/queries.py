"""What a person has completed, here and elsewhere; and what was shared of it."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.tables import Account, AccountStatus
from connect.catalog.queries import content_of
from connect.certificates.queries import standing
from connect.db import fetch, one
from connect.learning.queries import BY_HAND
from connect.learning.rules import expires_on
from connect.policy import Actor
from connect.security import token_hash
from connect.transcripts.rules import Row, Scope, in_scope
from connect.transcripts.tables import TranscriptShare

ROWS = f"""
SELECT m.id, 'own' AS origin, k.title, '' AS provider, v.number AS version, m.day, m.minutes,
  k.number AS certificate, k.status, c.slug AS course, {BY_HAND} AS by_hand, v.id AS version_id
FROM completion m JOIN certificate k ON {standing("k", "m.enrollment")}
JOIN enrollment e ON e.id = m.enrollment JOIN course_version v ON v.id = e.version
JOIN course c ON c.id = e.course WHERE m.learner = {{}}
UNION ALL
SELECT x.id, CASE WHEN x.brought_in THEN 'brought_in' ELSE 'external' END, x.title, x.provider,
  NULL, x.day, x.minutes, x.number, 'accepted', c.slug, 1 = 0, NULL
FROM external_completion x LEFT JOIN course c ON c.id = x.course
WHERE x.account = {{}} AND x.state = 'accepted'
"""  # noqa: S608 -- our own words
PIECE = f"""
SELECT * FROM ({ROWS}) t WHERE {{first}} OR (day, id) < ({{}}, {{}})
ORDER BY day DESC, id DESC LIMIT {{}}
"""  # noqa: S608 -- our own words
SHARES = """
SELECT id, scope, since, chosen, expires_on, made_at, last_seen_at, ended_at FROM transcript_share
WHERE account = {} ORDER BY id DESC LIMIT 50
"""


class Place(NamedTuple):
    """Of a row in the list."""

    day: date
    id: UUID


class Shared(msgspec.Struct, frozen=True):
    """What somebody who has a link sees."""

    name: str  # as on certificates
    expires_on: date
    scope: Scope
    rows: list[Row]


async def transcript(actor: Actor, *, before: Place | None = None, limit: int) -> list[Row]:
    """The actor's completions of all cycles, latest first, one more than *limit* at most."""
    day, row_id = before or (date.max, actor.id)
    sql = PIECE.replace("{first}", "1 = 0" if before else "1 = 1")
    return await _rows(await fetch(sql, actor.id, actor.id, day, row_id, limit + 1))


async def all_rows(account: UUID) -> list[Row]:
    """All completions of a person, latest first."""
    found = await _rows(await fetch(ROWS, account, account))
    return sorted(found, key=lambda row: (row.day, row.id), reverse=True)


async def _rows(found: list[dict[str, Any]]) -> list[Row]:
    rows = []
    for facts in found:
        version = msgspec.convert(facts.pop("version_id"), UUID | None, strict=False)
        row = msgspec.convert(facts, Row, strict=False)
        if version:
            months = (await content_of(version)).valid_months
            row = msgspec.structs.replace(row, expires_on=expires_on(row.day, months))
        rows.append(row)
    return rows


async def printed_name(account: UUID) -> str:
    """The name of a person as certificates print it.

    Raises:
        NotFound: there is no such account.
    """
    row = await one(Account.objects().where(Account.id == account))
    return str(row.certificate_name or row.legal_name)


async def shares(actor: Actor) -> list[dict[str, Any]]:
    """What the actor shared, newest first."""
    return await fetch(SHARES, actor.id)


def scope_of(row: TranscriptShare) -> Scope:
    """The scope that a stored share has."""
    return Scope(row.since, tuple(msgspec.json.decode(row.chosen, type=list[UUID])))


async def share_by_token(token: str) -> tuple[TranscriptShare, Account] | None:
    """The share that a link leads to, if it still works; a closed account's works on."""
    query = TranscriptShare.objects().where(
        TranscriptShare.token_hash == token_hash(token), TranscriptShare.ended_at.is_null()
    )
    row = await query.first()
    if row is None:
        return None
    account = await one(Account.objects().where(Account.id == row.account))
    over = clock.day_in(account.time_zone, clock.now()) > row.expires_on
    gone = account.status in (AccountStatus.ERASED, AccountStatus.MERGED)
    return None if over or gone else (row, account)


async def shown_by(row: TranscriptShare, account: Account) -> Shared:
    """What a share that works shows now."""
    scope = scope_of(row)
    rows = in_scope(scope, await all_rows(account.id))
    return Shared(account.certificate_name or account.legal_name, row.expires_on, scope, rows)
