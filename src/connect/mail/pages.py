"""The outbox, as a page."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.params import FromQuery

from connect.config import settings
from connect.mail.queries import outbox, shown_body
from connect.mail.tables import MailState
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.templating import moment, page

PER_PAGE = 50
STATES = {MailState.WAITING: "queued", MailState.SENT: "sent", MailState.FAILED: "failed"}


class OutboxPages(Controller):
    include_in_schema = False

    @get("/admin/outbox", permission=Permission.READ_OUTBOX)
    async def outbox(
        self, request: Request[Actor, Any, Any], after: FromQuery[str] = ""
    ) -> Response[str]:
        before = read_cursor(after, UUID) if after else None
        kept, following = cut(
            await outbox(before=before, limit=PER_PAGE), PER_PAGE, lambda mail: mail.id
        )
        mails = [
            {
                "to": mail.to,
                "subject": mail.subject,
                "state": STATES[MailState(mail.state)],
                "when": moment(mail.written_at, request.user.time_zone),
                "body": shown_body(mail),
            }
            for mail in kept
        ]
        return page(
            request,
            "mail/outbox.html",
            mails=mails,
            next=f"/admin/outbox?after={following}" if following else "",
            smtp_set=bool(settings().smtp_url),
        )
