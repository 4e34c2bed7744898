"""The audit trail as a chain: sealing its rows, and anchoring its end outside of the database.

Rows are written unsealed, so that writers never wait for each other. The worker numbers them and
seals each over the seal before it. What happens to a row in the seconds before that shows nowhere.
"""

import asyncio
import hashlib
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import structlog

from connect import clock, db
from connect.audit import AuditAnchor, AuditHead
from connect.config import settings
from connect.files import append_line

log = structlog.get_logger()

SEAL_EVERY = 2.0  # seconds
LAST_SEALING = 5.0  # seconds, when the process is told to stop
LOOK_EVERY = timedelta(minutes=1)  # whether an anchor is due
ANCHOR_EVERY = timedelta(hours=1)
BATCH = 2_000  # rows sealed in one transaction
START = "0" * 64  # the seal before the first row
FIELDS = ("id", "at", "actor", "act", "subject_kind", "subject", "details", "request")


class Sql(msgspec.Struct, frozen=True):
    """The statements that differ between engines."""

    unsealed: str
    seal: str
    sealed: str


_AS_BYTES = ", ".join(f"CAST({name} AS BLOB) AS {name}" for name in FIELDS)
# asyncpg raises at a moment that Python does not know; nothing of ours lies there.
_AS_MOMENT = "CASE WHEN at >= '1000-01-01' AND at < '9000-01-01' THEN at END AS at"
_AS_TYPED = ", ".join(_AS_MOMENT if name == "at" else name for name in FIELDS)
_UNSEALED = (
    "SELECT {key} AS key, {fields} FROM audit_event {hint} WHERE number IS NULL "
    "ORDER BY id LIMIT {{}}"
)
_SEALED = (
    "SELECT {number}, {fields} FROM audit_event WHERE number > {{}} AND number <= {{}} "
    "ORDER BY number LIMIT {{}}"
)
SQL = {
    # A column of SQLite holds whatever somebody put there; as bytes it can always be read.
    # Left to itself it takes the index of numbers and sorts all that is unsealed for each batch.
    "sqlite": Sql(
        unsealed=_UNSEALED.format(
            key="rowid", fields=_AS_BYTES, hint="INDEXED BY audit_event_unsealed"
        ),
        seal="UPDATE audit_event SET number = json_extract(value, '$[1]'), "
        "seal = json_extract(value, '$[2]') FROM json_each({}) "
        "WHERE audit_event.rowid = json_extract(value, '$[0]')",
        sealed=_SEALED.format(
            number="+number AS number, CAST(seal AS BLOB) AS seal", fields=_AS_BYTES
        ),
    ),
    "postgres": Sql(
        unsealed=_UNSEALED.format(key="id", fields=_AS_TYPED, hint=""),
        seal="UPDATE audit_event SET number = s.number, seal = s.seal "
        "FROM unnest(CAST({} AS uuid[]), CAST({} AS bigint[]), CAST({} AS text[])) "
        "AS s (id, number, seal) WHERE audit_event.id = s.id",
        sealed=_SEALED.format(number="number, seal", fields=_AS_TYPED),
    ),
}


class Anchor(msgspec.Struct, frozen=True):
    """The seal that row *number* had, *at* a moment when it was the last."""

    number: int
    seal: str
    at: datetime


def sql() -> Sql:
    """The statements for the engine in use."""
    return SQL["sqlite" if db.engine().engine_type == "sqlite" else "postgres"]


def values(row: dict[str, Any]) -> list[Any]:
    """The fields that are sealed, alike on every engine: text, a moment, or None.

    What is no text or no moment, which only SQLite can hold, is a list with what is there.
    """
    found = [*row.values()][-len(FIELDS) :]
    if isinstance(found[0], bytes):
        found = [text(value) for value in found]
        try:
            found[1] = datetime.fromisoformat(found[1])
        except (TypeError, ValueError):
            found[1] = [found[1]]
    return found


def text(value: bytes | str | None) -> Any:
    """*value* as text; bytes that are none as a list with their digits."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        return [value.hex()]


def seal_of(before: str, number: int, fields: list[Any]) -> str:
    """The seal of row *number*: SHA-256 over the seal before and the row as a JSON array.

    ``[number, id, at, actor, act, subject_kind, subject, details, request]`` in UTF-8, without
    spaces; ``at`` as RFC 3339 in UTC, ``details`` as the text that is stored.
    """
    return hashlib.sha256(before.encode() + msgspec.json.encode([number, *fields])).hexdigest()


async def keep() -> None:
    """Seal every two seconds, anchor every hour, until cancelled; then seal what is left."""
    look_at = clock.now()
    try:
        while True:
            try:
                await seal()
                if clock.now() >= look_at:
                    await anchor()
                    look_at = clock.now() + LOOK_EVERY
            except Exception as error:  # the database may be away; the worker stays
                log.error("audit trail could not be sealed", exc_info=error)
            await asyncio.sleep(SEAL_EVERY)
    finally:
        with suppress(Exception):  # the next start seals it
            await asyncio.wait_for(seal(), LAST_SEALING)


async def seal() -> int:
    """Seal every row that is not sealed yet; how many there were.

    Numbers tell the order of sealing: a row that was written before others and committed after
    they were sealed comes behind them. Several sealers wait for each other.
    """
    done = 0
    while await db.fetch("SELECT 1 AS one FROM audit_event WHERE number IS NULL LIMIT 1"):
        done += await db.retried(_seal_batch)
    return done


async def _seal_batch() -> int:
    async with db.transaction():
        head = await db.one(db.locked(AuditHead.objects(), AuditHead))
        keys, numbers, seals = [], [], []
        number, before = head.number, head.seal
        for row in await db.fetch(sql().unsealed, BATCH):
            number += 1
            before = seal_of(before, number, values(row))
            keys.append(row["key"])
            numbers.append(number)
            seals.append(before)
        if not keys:  # another sealer was faster
            return 0
        if db.engine().engine_type == "sqlite":
            rows = msgspec.json.encode([*zip(keys, numbers, seals, strict=True)]).decode()
            await db.fetch(sql().seal, rows)
        else:
            await db.fetch(sql().seal, keys, numbers, seals)
        await AuditHead.update({AuditHead.number: number, AuditHead.seal: before}).where(
            AuditHead.id == head.id
        )
    return len(keys)


async def anchor() -> bool:
    """Write the end of the chain to the log, to a file and to the database, when it is time.

    It is time when the chain has grown and the last anchor is an hour old. A second process may
    write the same line once more, which does no harm.
    """
    head = await db.one(AuditHead.objects())
    last = await AuditAnchor.objects().order_by(AuditAnchor.number, ascending=False).first()
    if head.number == 0 or (
        last and (head.number <= last.number or clock.now() < last.at + ANCHOR_EVERY)
    ):
        return False
    made = Anchor(head.number, head.seal, clock.now())
    log.info("audit anchor", **msgspec.to_builtins(made))
    try:
        await asyncio.to_thread(append_line, anchor_file(), msgspec.json.encode(made))
    except OSError as error:
        log.error("audit anchor could not be written to its file", exc_info=error)
    row = AuditAnchor(number=made.number, seal=made.seal, at=made.at)
    await AuditAnchor.insert(row).on_conflict(target=AuditAnchor.number, action="DO NOTHING")
    return True


def anchor_file() -> Path:
    """Where anchors are kept outside of the database. Copies of it belong on other machines."""
    return Path(settings().data_dir) / "audit-anchors.jsonl"
