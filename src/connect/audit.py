"""The audit trail: who did what to what, written in the transaction of the act."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from uuid import UUID as Id

import msgspec
from piccolo.columns import JSON, UUID, BigInt, Integer, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock
from connect.config import settings
from connect.db import uuid7
from connect.policy import Actor

request_id: ContextVar[str] = ContextVar("request_id", default="")


class AuditEvent(Table, tablename="audit_event"):
    """One act. Never changed, never deleted: the database refuses both (see ``audit_chain``)."""

    id = UUID(primary_key=True, default=uuid7)
    at = Timestamptz(default=clock.now)
    actor = UUID(null=True, default=None)  # account; None for visitors and the system
    act = Varchar(length=60)  # "enrollment.opened"
    subject_kind = Varchar(length=40)
    subject = Varchar(length=80, index=True)
    details = JSON(default="{}")  # ids and plain facts; personal values as keyed hashes
    request = Varchar(length=40, default="")
    number = BigInt(null=True, default=None, unique=True)  # place in the chain; None: not sealed
    seal = Varchar(length=64, null=True, default=None)  # over the row and the seal before it


class AuditHead(Table, tablename="audit_head"):
    """The end of the chain: one row. Whoever seals holds it."""

    id = Integer(primary_key=True)
    number = BigInt(default=0)
    seal = Varchar(length=64)


class AuditAnchor(Table, tablename="audit_anchor"):
    """The end of the chain as it was at a moment. Written outside of the database too."""

    number = BigInt(primary_key=True)
    seal = Varchar(length=64)
    at = Timestamptz(default=clock.now)


def keyed_hash(value: str) -> str:
    """A fingerprint of a personal value: tells equal from changed, tells nobody what it was.

    Made with the oldest key, so it stays the same when a newer one is put before it.
    """
    key = hashlib.sha256(b"connect audit " + settings().keys[-1].encode()).digest()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]


def _kind(subject: object) -> str:
    """What an act was done to; a table class by its name, which is not worded first."""
    return (subject.__name__ if isinstance(subject, type) else str(subject)).lower()


async def record(
    actor: Actor, act: str, subject: object, *, of: Id | str, **details: object
) -> None:
    """Write one act on the row *of* of the table class *subject*, in the caller's transaction."""
    kind = _kind(subject)
    await AuditEvent.insert(
        AuditEvent(
            actor=actor.account_id,
            act=act,
            subject_kind=kind,
            subject=str(of),
            details=msgspec.json.encode(details).decode(),
            request=request_id.get(),
        )
    )


async def record_many(
    actor: Actor,
    subject: object,
    acts: Sequence[tuple[Id, str]],
    *,
    details: Mapping[Id, object] | None = None,
    at_once: int = 500,
) -> None:
    """Write many acts, each ``(id, act)``, in the caller's transaction.

    Args:
        details: by id, as ``record`` takes them.
    """
    details = details or {}
    kind = _kind(subject)
    events = [
        AuditEvent(
            actor=actor.account_id,
            act=act,
            subject_kind=kind,
            subject=str(of),
            details=msgspec.json.encode(details.get(of, {})).decode(),
            request=request_id.get(),
        )
        for of, act in acts
    ]
    for first in range(0, len(events), at_once):
        await AuditEvent.insert(*events[first : first + at_once])
