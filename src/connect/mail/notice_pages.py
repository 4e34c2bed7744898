"""Notices, preferences, and the way out of a kind of mail, as pages."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.errors import Invalid
from connect.mail.kinds import KINDS
from connect.mail.notices import notice_text, notices_of, read_notice, read_notices
from connect.mail.preferences import (
    SWITCHED,
    change_preferences,
    preferences_of,
    stopped_kind,
    unsubscribe,
)
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form, several
from connect.web.templating import moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 25


class NoticePages(Controller):
    include_in_schema = False

    @get("/notifications", permission=Permission.EDIT_ACCOUNT)
    async def notices(self, request: ActorRequest, after: FromQuery[str] = "") -> Response[str]:
        before = read_cursor(after, UUID) if after else None
        rows = await notices_of(request.user, before=before, limit=PER_PAGE)
        kept, following = cut(rows, PER_PAGE, lambda mail: mail.id)
        notices = [
            {
                "id": mail.id,
                "subject": mail.subject,
                "text": notice_text(mail),
                "when": moment(mail.written_at, request.user.time_zone),
                "is_new": mail.read_at is None,
            }
            for mail in kept
        ]
        return page(
            request,
            "mail/notices.html",
            notices=notices,
            next=f"/notifications?after={following}" if following else "",
            first="/notifications" if after else "",
        )

    @post("/notifications/reading", permission=Permission.EDIT_ACCOUNT)
    async def read_all(self, request: ActorRequest) -> Response[None]:
        fields = await read_form(request)
        try:
            until = UUID(str(fields.get("until")))
        except ValueError:
            raise Invalid({"until": "Open the page again and press the button there."}) from None
        await read_notices(request.user, until=until)
        return redirect("/notifications")

    @post("/notifications/{notice_id:uuid}/reading", permission=Permission.EDIT_ACCOUNT)
    async def read(self, request: ActorRequest, notice_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await read_notice(request.user, notice_id)
        return redirect("/notifications")

    @get("/account/mail", permission=Permission.EDIT_ACCOUNT)
    async def preferences(
        self, request: ActorRequest, notice: FromQuery[str] = ""
    ) -> Response[str]:
        wanted = await preferences_of(request.user.id)
        kinds = [(name, KINDS[name].label, on) for name, on in wanted.items()]
        fixed = [
            kind.label
            for name, kind in KINDS.items()
            if name not in wanted and (request.user.roles or not kind.for_staff)
        ]
        return page(
            request,
            "mail/preferences.html",
            kinds=kinds,
            fixed=fixed,
            notice="Your choices are saved." if notice == "saved" else "",
        )

    @post("/account/mail", permission=Permission.EDIT_ACCOUNT)
    async def change(self, request: ActorRequest) -> Response[None]:
        ticked = several(await read_form(request), "kinds")
        await change_preferences(
            request.user, dict.fromkeys(SWITCHED, False) | dict.fromkeys(ticked, True)
        )
        return redirect("/account/mail?notice=saved")

    @get("/unsubscribe/{token:str}", permission=Permission.REGISTER)
    async def unsubscribe_form(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        kind = stopped_kind(token)
        return page(request, "mail/unsubscribe.html", label=kind.label, done=False)

    @post("/unsubscribe/{token:str}", permission=Permission.REGISTER, status_code=200)
    async def unsubscribe(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        """Needs neither session nor form token: a mail program posts here for its reader."""
        kind = stopped_kind(token)
        if (await request.form()).get("List-Unsubscribe") != "One-Click":  # RFC 8058 3.2
            raise Invalid({"List-Unsubscribe": "Open the page and press its button."})
        await unsubscribe(token)
        return page(request, "mail/unsubscribe.html", label=kind.label, done=True)
