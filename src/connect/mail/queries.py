"""The outbox, newest first."""

from collections.abc import Sequence
from uuid import UUID

from connect import security
from connect.config import settings
from connect.mail.tables import Mail, MailState


async def outbox(
    *,
    states: Sequence[MailState] = (),
    to: str = "",
    before: UUID | None = None,
    limit: int,
) -> list[Mail]:
    """Mails, newest first, one more than *limit* when there are more; all states without any."""
    query = Mail.objects()
    if states:
        query = query.where(Mail.state.is_in(list(states)))
    if to:
        query = query.where(Mail.to == to.strip().lower())
    if before:
        query = query.where(Mail.id < before)
    return await query.order_by(Mail.id, ascending=False).limit(limit + 1)


def shown_body(mail: Mail) -> str:
    """The text of a mail; one with a token is shown only where no mail can leave the house."""
    if not mail.sealed or not mail.body:
        return str(mail.body)
    return security.unseal(mail.body) if not settings().smtp_url else ""
