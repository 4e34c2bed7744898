"""Notices: what was written to an account, for its owner to read here too."""

from uuid import UUID

from connect import clock
from connect.db import one
from connect.mail.tables import Mail, MailState
from connect.policy import Actor, Permission

FORGOTTEN = "The text of this notice is not kept any more."
SEALED = "A link was mailed to you. For your safety it is not shown here."
SHOWN = Mail.account.is_not_null() & Mail.state.not_in([MailState.HELD, MailState.DISCARDED])


async def notices_of(actor: Actor, *, before: UUID | None = None, limit: int) -> list[Mail]:
    """The actor's own notices, newest first, one more than *limit* when there are more."""
    actor.must(Permission.EDIT_ACCOUNT)
    query = Mail.objects().where(Mail.account == actor.id, SHOWN)
    if before:
        query = query.where(Mail.id < before)
    return await query.order_by(Mail.id, ascending=False).limit(limit + 1)


def notice_text(mail: Mail) -> str:
    """What is shown of a notice; a body with a token never is."""
    return SEALED if mail.sealed else str(mail.body).strip() or FORGOTTEN


async def read_notice(actor: Actor, notice_id: UUID) -> None:
    """Mark one of the actor's notices as read; the first time counts.

    Raises:
        NotFound: the actor has no such notice.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    its_own = (Mail.id == notice_id) & (Mail.account == actor.id) & SHOWN
    await one(Mail.objects().where(its_own))
    await Mail.update({Mail.read_at: clock.now()}).where(its_own, Mail.read_at.is_null())


async def read_notices(actor: Actor, *, until: UUID | None = None) -> None:
    """Mark the actor's notices as read: all, or those up to *until*, the newest that was seen."""
    actor.must(Permission.EDIT_ACCOUNT)
    unread = Mail.update({Mail.read_at: clock.now()}).where(
        Mail.account == actor.id, SHOWN, Mail.read_at.is_null()
    )
    await (unread.where(Mail.id <= until) if until else unread)
