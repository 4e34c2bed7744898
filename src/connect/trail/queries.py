"""Searching the audit trail."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from piccolo.columns.combination import WhereRaw

from connect.accounts.tables import Account
from connect.audit import AuditEvent
from connect.paging import cut, read_cursor

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DAY, LAST_DAY = date(1970, 1, 2), date(2999, 12, 31)  # nothing happened outside of them

Word = Annotated[
    str,
    Meta(
        max_length=80,
        pattern=r"^[^\x00-\x1f]*$(?!\n)",
        description="Write at most 80 characters, on one line.",
    ),
]
Person = Annotated[UUID, Meta(description="Use the id of an account.")]
Day = Annotated[date, Meta(description="Write the day as 2026-03-04.")]


class Place(NamedTuple):
    """Where a piece of the list ends."""

    micros: Annotated[int, Meta(ge=0, le=32_503_680_000_000_000)]  # since 1970
    row: UUID


class Search(msgspec.Struct, kw_only=True):
    """What somebody looks for; all of it has to fit."""

    actor: Person | None = None
    act: Word = ""  # with a period at its end: every act that begins so
    subject_kind: Word = ""
    subject: Word = ""
    since: Day | None = msgspec.field(name="from", default=None)
    until: Day | None = msgspec.field(name="to", default=None)


async def acts(
    search: Search, *, zone: str, after: str = "", limit: int
) -> tuple[list[AuditEvent], str | None]:
    """The rows that fit, newest first, and the cursor of the piece behind them.

    Args:
        zone: where the days of *search* begin and end.

    Raises:
        Invalid: *after* is no cursor.
    """
    query = AuditEvent.objects()
    if search.actor is not None:
        query = query.where(AuditEvent.actor == search.actor)
    if search.act.endswith("."):
        query = query.where(WhereRaw("substr(act, 1, {}) = {}", len(search.act), search.act))
    elif search.act:
        query = query.where(AuditEvent.act == search.act)
    if search.subject_kind:
        query = query.where(AuditEvent.subject_kind == search.subject_kind.lower())
    if search.subject:
        query = query.where(AuditEvent.subject == search.subject)
    if search.since is not None:
        query = query.where(AuditEvent.at >= _midnight(search.since, zone))
    if search.until is not None:
        query = query.where(AuditEvent.at < _midnight(search.until, zone, days=1))
    if after:
        last = read_cursor(after, Place)
        at = EPOCH + timedelta(microseconds=last.micros)
        query = query.where(AuditEvent.at <= at, (AuditEvent.at < at) | (AuditEvent.id < last.row))
    query = query.order_by(AuditEvent.at, AuditEvent.id, ascending=False)
    return cut(await query.limit(limit + 1), limit, _place)


def _midnight(day: date, zone: str, *, days: int = 0) -> datetime:
    day = min(max(day, FIRST_DAY), LAST_DAY) + timedelta(days=days)
    return datetime.combine(day, time(), ZoneInfo(zone))


def _place(row: AuditEvent) -> Place:
    return Place((row.at - EPOCH) // timedelta(microseconds=1), row.id)


async def names_of(rows: list[AuditEvent]) -> dict[UUID, str]:
    """The names of those who acted."""
    actors = {row.actor for row in rows if row.actor is not None}
    if not actors:
        return {}
    found = await Account.select(Account.id, Account.legal_name).where(Account.id.is_in([*actors]))
    return {row["id"]: row["legal_name"] for row in found}


def details_of(row: AuditEvent) -> dict[str, Any]:
    """What the act says about itself: ids, plain facts, fingerprints of personal values."""
    try:
        return msgspec.json.decode(row.details, type=dict[str, Any])
    except msgspec.DecodeError:  # changed by hand; ``connect audit verify`` tells
        return {"details": row.details}
