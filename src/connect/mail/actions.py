"""Writing mail with the fact that causes it; handing it over later."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from piccolo.columns.combination import Where

from connect import clock, security
from connect.audit import keyed_hash, record
from connect.config import settings
from connect.db import one, transaction
from connect.errors import Conflict
from connect.jobs import Retry, enqueue
from connect.mail import transport
from connect.mail.bursts import may_leave
from connect.mail.kinds import KINDS
from connect.mail.preferences import is_wanted, stop_address
from connect.mail.rules import GIVE_UP, foot, wait_after
from connect.mail.tables import TO_LEAVE, Mail, MailState
from connect.policy import Actor, Permission
from connect.web.templating import environment

OVER = [MailState.SENT, MailState.FAILED, MailState.KEPT, MailState.DISCARDED]
TEXTS_KEPT = timedelta(days=400)


async def write_mail(
    template: str,
    *,
    to: str,
    secret: bool = False,
    account: UUID | None = None,
    once: str = "",
    **facts: Any,
) -> bool:
    """Word a mail and put it in the outbox, in the caller's transaction; whether it was written.

    *template* names ``<feature>/templates/mail/<name>.txt``: first line the subject,
    third line the start of the body. It is the kind of the mail, too; one that its reader
    does not want is kept among the notices.

    Args:
        secret: the body holds a token; it is stored sealed and blanked once it has left.
        account: whose notice it is; None for somebody without an account.
        once: the event that it tells of. A second mail of this kind on it to the same account,
            or to the same address where there is none, is not written.

    Raises:
        KeyError: the template has no line in ``mail.kinds``.
    """
    wanted = await is_wanted(account, template)
    feature, name = template.split("/")
    text = environment.get_template(f"{feature}/mail/{name}.txt").render(
        settings=settings(), **facts
    )
    subject, _, body = text.partition("\n\n")
    mail = Mail(
        to=to,
        subject=" ".join(subject.split())[:200],
        body=security.seal(body if wanted else "") if secret else body,
        sealed=secret,
        state=MailState.WAITING if wanted else MailState.KEPT,
        kind=template,
        account=account,
        once=f"{template} {account or keyed_hash(to)} {once}" if once else None,
    )
    if not await Mail.insert(mail).on_conflict(target=Mail.once, action="DO NOTHING"):
        return False
    if wanted:
        await enqueue("mail.deliver", mail_id=mail.id)
    return True


class NotFailed(Conflict):
    message = "Only a mail that failed can be tried again, and this one did not, or not any more."


async def try_again(actor: Actor, mail_id: UUID) -> None:
    """Have a mail that failed handed over once more.

    Raises:
        NotFound: there is no such mail.
        NotFailed: it did not fail, or is being tried again.
    """
    actor.must(Permission.RELEASE_MAIL)
    async with transaction():
        await one(Mail.objects().where(Mail.id == mail_id))
        changed = (
            await Mail.update({Mail.state: MailState.WAITING, Mail.released_at: clock.now()})
            .where(Mail.id == mail_id, Mail.state == MailState.FAILED)
            .returning(Mail.id)
        )
        if not changed:
            raise NotFailed
        await enqueue("mail.deliver", mail_id=mail_id)
        await record(actor, "mail.tried_again", Mail, of=mail_id)


async def sweep() -> None:
    """Empty the texts of mails older than 400 days, and keep who got what and when; job."""
    await Mail.update({Mail.body: ""}).where(
        Mail.written_at < clock.now() - TEXTS_KEPT, Mail.body != "", Mail.state.is_in(OVER)
    )


async def forget_mails(addresses: Sequence[str]) -> None:
    """Empty what the outbox holds for *addresses*, in the caller's transaction.

    What had not left yet does not leave any more.
    """
    await _forget(Mail.to.is_in(list(addresses)))


async def forget_mail(mail_id: UUID) -> None:
    """The same for one mail."""
    await _forget(Mail.id == mail_id)


async def _forget(which: Where) -> None:
    await Mail.update({Mail.state: MailState.FAILED}).where(which, Mail.state.is_in([*TO_LEAVE]))
    await Mail.update(
        {Mail.to: "", Mail.subject: "", Mail.body: "", Mail.sealed: False, Mail.trouble: None}
    ).where(which)


async def deliver(mail_id: UUID) -> None:
    """Hand one mail over; job. A mail that was sent is not sent again.

    Wishes are asked again: a mail may have waited for hours, or for an administrator.

    Raises:
        Retry: the server could not take it now.
    """
    mail = await one(Mail.objects().where(Mail.id == mail_id))
    if mail.state != MailState.WAITING:
        return
    if mail.kind in KINDS and not await is_wanted(mail.account, mail.kind):
        kept: dict[Any, Any] = {Mail.state: MailState.KEPT}
        await Mail.update(kept | ({Mail.body: security.seal("")} if mail.sealed else {})).where(
            Mail.id == mail_id
        )
        return
    if not await may_leave(mail):
        return
    changes: dict[Any, Any] = {Mail.tries: mail.tries + 1, Mail.trouble: None}
    wait: timedelta | None = None
    try:
        body = security.unseal(mail.body) if mail.sealed else mail.body
        stop = stop_address(mail.account, mail.kind)
        if kind := KINDS.get(mail.kind):
            choices = f"{settings().base_url}/account/mail"
            body = f"{body.rstrip()}\n\n{foot(kind, stop=stop, choices=choices)}"
        await transport.send(mail.id, mail.to, mail.subject, body, mail.written_at, stop)
        changes |= {Mail.state: MailState.SENT, Mail.sent_at: clock.now()}
        if mail.sealed and settings().smtp_url:
            changes |= {Mail.body: security.seal("")}
    except transport.Refused as refusal:
        changes |= {Mail.state: MailState.FAILED, Mail.trouble: str(refusal)[:500]}
    except Exception as error:
        changes[Mail.trouble] = f"{type(error).__name__}: {error}"[:500]
        if clock.now() - (mail.released_at or mail.written_at) > GIVE_UP:
            changes[Mail.state] = MailState.FAILED
        else:
            wait = wait_after(mail.tries + 1)
    await Mail.update(changes).where(Mail.id == mail_id)
    if wait:
        raise Retry(wait, str(changes[Mail.trouble]))
