"""The audit trail: who did what to what, written in the transaction of the act."""

import hashlib
import hmac
from contextvars import ContextVar
from uuid import UUID as Id

import msgspec
from piccolo.columns import JSON, UUID, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock
from connect.config import settings
from connect.db import uuid7
from connect.policy import Actor

request_id: ContextVar[str] = ContextVar("request_id", default="")


class AuditEvent(Table, tablename="audit_event"):
    """One act. Never changed, never deleted."""

    id = UUID(primary_key=True, default=uuid7)
    at = Timestamptz(default=clock.now)
    actor = UUID(null=True, default=None)  # account; None for visitors and the system
    act = Varchar(length=60)  # "enrollment.opened"
    subject_kind = Varchar(length=40)
    subject = Varchar(length=80, index=True)
    details = JSON(default="{}")  # ids and plain facts; personal values as keyed hashes
    request = Varchar(length=40, default="")


def keyed_hash(value: str) -> str:
    """A fingerprint of a personal value: tells equal from changed, tells nobody what it was."""
    key = settings().keys[-1].encode()
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[:32]


async def record(
    actor: Actor, act: str, subject: object, *, of: Id | str, **details: object
) -> None:
    """Write one act on the row *of* of the table class *subject*, in the caller's transaction."""
    kind = getattr(subject, "__name__", str(subject))
    await AuditEvent.insert(
        AuditEvent(
            actor=actor.account_id,
            act=act,
            subject_kind=kind.lower(),
            subject=str(of),
            details=msgspec.json.encode(details).decode(),
            request=request_id.get(),
        )
    )
