"""The burst limit: what goes beyond it is held until an administrator sends or discards it."""

from datetime import timedelta
from typing import Any

from connect import clock
from connect.audit import record
from connect.db import fetch, transaction, uuid7
from connect.errors import Conflict, Invalid
from connect.jobs import enqueue, enqueue_many
from connect.mail.kinds import KINDS, MailClass
from connect.mail.tables import Mail, MailBurst, MailState
from connect.policy import Actor, Permission

HOUR = timedelta(hours=1)
# Mails of one kind that may leave within any hour. Those that keep accounts safe are limited
# where they are asked for, by address.
MOST = {MailClass.SERVICE: 500, MailClass.NEWS: 500}


class NothingHeld(Conflict):
    message = "No mails of this kind are held. Somebody may have decided on them already."


async def may_leave(mail: Mail) -> bool:
    """Whether the burst limit lets *mail* out; if not, it is held, and administrators are told.

    It is counted when it is to leave and not when it is written: the row of its kind is held
    here for a moment, and no writer waits for another's transaction.
    """
    kind = KINDS.get(mail.kind)
    most = kind and MOST.get(kind.of)
    if kind is None or most is None or mail.released_at or mail.passed_at:
        return True
    async with transaction():
        (burst,) = (
            await MailBurst.insert(MailBurst(kind=mail.kind))
            .on_conflict(target=MailBurst.kind, action="DO UPDATE", values=[MailBurst.kind])
            .returning(MailBurst.event)
        )
        passed = Mail.kind == mail.kind, Mail.passed_at > clock.now() - HOUR
        if await Mail.count().where(*passed) < most:
            await Mail.update({Mail.passed_at: clock.now()}).where(Mail.id == mail.id)
            return True
        await Mail.update({Mail.state: MailState.HELD}).where(
            Mail.id == mail.id, Mail.state == MailState.WAITING
        )
        if burst["event"] is None:
            event = uuid7()
            await MailBurst.update({MailBurst.event: event}).where(MailBurst.kind == mail.kind)
            await enqueue("accounts.tell_administrators", event=event, label=kind.label, most=most)
    return False


HELD = """
SELECT kind, count(*) AS mails, min(written_at) AS since FROM mail
WHERE state = 'held' GROUP BY kind ORDER BY kind
"""


async def holds(actor: Actor) -> list[dict[str, Any]]:
    """The kinds of which mails are held: kind, label, mails, since."""
    actor.must(Permission.RELEASE_MAIL)
    return [row | {"label": label_of(row["kind"])} for row in await fetch(HELD)]


def label_of(kind: str) -> str:
    """What *kind* is called; a kind that there is no more by its name."""
    return KINDS[kind].label if kind in KINDS else kind


async def release_held(actor: Actor, kind: str, *, reason: str) -> int:
    """Have all held mails of *kind* sent; how many.

    Raises:
        Invalid: without a reason.
        NothingHeld: none is held.
    """
    async with transaction():
        let_out = {Mail.state: MailState.WAITING, Mail.released_at: clock.now()}
        mails = await _decide(actor, kind, reason, "mail.released", let_out)
        await enqueue_many("mail.deliver", [{"mail_id": row["id"]} for row in mails])
    return len(mails)


async def discard_held(actor: Actor, kind: str, *, reason: str) -> int:
    """Have no held mail of *kind* sent, nor shown to its reader; how many.

    Raises:
        Invalid: without a reason.
        NothingHeld: none is held.
    """
    async with transaction():
        dropped = {Mail.state: MailState.DISCARDED}
        return len(await _decide(actor, kind, reason, "mail.discarded", dropped))


async def _decide(
    actor: Actor, kind: str, reason: str, act: str, changes: dict[Any, Any]
) -> list[dict[str, Any]]:
    actor.must(Permission.RELEASE_MAIL)
    if not reason.strip():
        raise Invalid({"reason": "Say why, for whoever reads the audit trail."})
    await MailBurst.update({MailBurst.event: None}).where(MailBurst.kind == kind)
    mails: list[dict[str, Any]] = (
        await Mail.update(changes)
        .where(Mail.kind == kind, Mail.state == MailState.HELD)
        .returning(Mail.id)
    )
    if not mails:
        raise NothingHeld
    await record(actor, act, Mail, of=kind, mails=len(mails), reason=reason.strip())
    return mails
