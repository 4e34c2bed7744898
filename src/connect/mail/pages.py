"""The outbox, as a page: what was written, what is held, what failed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.config import settings
from connect.errors import Invalid
from connect.mail.actions import try_again
from connect.mail.bursts import NothingHeld, discard_held, holds, release_held
from connect.mail.queries import outbox, shown_body
from connect.mail.tables import Mail, MailState
from connect.paging import Word, cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50
WORDS = {
    MailState.WAITING: "queued",
    MailState.SENT: "sent",
    MailState.FAILED: "failed",
    MailState.KEPT: "not wanted",
    MailState.HELD: "held",
    MailState.DISCARDED: "discarded",
}


class OutboxPages(Controller):
    path = "/admin/outbox"
    include_in_schema = False

    @get("/", permission=Permission.READ_OUTBOX)
    async def outbox(
        self, request: ActorRequest, to: Word = "", after: FromQuery[str] = ""
    ) -> Response[str]:
        state = request.query_params.get("state", "")
        states = [known for known, word in WORDS.items() if word == state]
        before = read_cursor(after, UUID) if after else None
        rows = await outbox(states=states, to=to, before=before, limit=PER_PAGE)
        kept, following = cut(rows, PER_PAGE, lambda mail: mail.id)
        may_release = request.user.may(Permission.RELEASE_MAIL)
        asked = {"state": state if states else "", "to": to.strip()}
        return page(
            request,
            "mail/outbox.html",
            mails=[_shown(mail, request.user.time_zone) for mail in kept],
            holds=await holds(request.user) if may_release else [],
            may_release=may_release,
            form=asked,
            states=[(word, word.capitalize()) for word in dict.fromkeys(WORDS.values())],
            next=_address(asked | {"after": following}) if following else "",
            first=_address(asked) if after else "",
            smtp_set=bool(settings().smtp_url),
        )

    @post("/{mail_id:uuid}/retry", permission=Permission.RELEASE_MAIL)
    async def retry(self, request: ActorRequest, mail_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await try_again(request.user, mail_id)
        return redirect("/admin/outbox")

    @get("/holds/{feature:str}/{name:str}", permission=Permission.RELEASE_MAIL)
    async def hold(
        self, request: ActorRequest, feature: FromPath[str], name: FromPath[str]
    ) -> Response[str]:
        return await _hold_page(request, f"{feature}/{name}", {}, {})

    @post("/holds/{feature:str}/{name:str}", permission=Permission.RELEASE_MAIL)
    async def decide(
        self, request: ActorRequest, feature: FromPath[str], name: FromPath[str]
    ) -> Response[Any]:
        fields = await read_form(request)
        kind, reason = f"{feature}/{name}", str(fields.get("reason", ""))[:500]
        act = discard_held if fields.get("act") == "discard" else release_held
        try:
            if fields.get("act") not in ("release", "discard"):
                raise Invalid({"act": "Choose to send the mails or to discard them."})
            await act(request.user, kind, reason=reason)
        except Invalid as refusal:
            return await _hold_page(request, kind, {"reason": reason}, refusal.errors)
        return redirect("/admin/outbox")


def _address(query: Mapping[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"/admin/outbox?{urlencode(given)}" if given else "/admin/outbox"


def _shown(mail: Mail, zone: str) -> dict[str, Any]:
    return {
        "id": mail.id,
        "to": mail.to,
        "subject": mail.subject,
        "state": WORDS[MailState(mail.state)],
        "when": moment(mail.written_at, zone),
        "body": shown_body(mail),
        "trouble": mail.trouble or "",
    }


async def _hold_page(
    request: ActorRequest, kind: str, form: dict[str, str], errors: dict[str, str]
) -> Response[str]:
    held = next((hold for hold in await holds(request.user) if hold["kind"] == kind), None)
    if held is None:
        raise NothingHeld
    return page(
        request,
        "mail/hold.html",
        status=422 if errors else 200,
        hold=held,
        form=form,
        errors=errors,
    )
