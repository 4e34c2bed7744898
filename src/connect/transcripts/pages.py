"""The transcript, its links, and what a link shows, as pages."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from connect import clock, limits
from connect.accounts.authentication import network
from connect.csv_out import download
from connect.errors import ConnectError, Invalid, decode
from connect.idempotency import once_by_form
from connect.paging import cut, read_cursor
from connect.paths.queries import completed_paths
from connect.policy import Actor, Permission
from connect.transcripts import actions, drawing
from connect.transcripts.api import HIDDEN, Part, pdf_answer, scope_asked, share_shown
from connect.transcripts.queries import Place, all_rows, printed_name, shares, transcript
from connect.transcripts.rules import USUAL_SHARE, total
from connect.transcripts.tables import ScopeKind
from connect.web.forms import read_form, several
from connect.web.templating import day, hours, page, plural, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 50


class ShareForm(msgspec.Struct, forbid_unknown_fields=True):
    scope: Annotated[ScopeKind, Meta(description="Choose what the link shows.")]
    expires_on: Annotated[date, Meta(description="Choose the last day on which the link works.")]
    since: Annotated[date | None, Meta(description="Choose a day.")] = None
    chosen: list[UUID] = []


class TranscriptPages(Controller):
    include_in_schema = False

    @get("/transcript", permission=Permission.READ_RECORDS)
    async def transcript(self, request: ActorRequest, after: FromQuery[str] = "") -> Response[str]:
        before = read_cursor(after, Place) if after else None
        rows = await transcript(request.user, before=before, limit=PER_PAGE)
        kept, following = cut(rows, PER_PAGE, lambda row: Place(row.day, row.id))
        every = await all_rows(request.user.id)
        of = total(every)
        words = [f"{plural(of.own, 'completion')}, {hours(of.own_minutes)}"]
        if of.elsewhere:
            words.append(f"{of.elsewhere:,} elsewhere, {hours(of.elsewhere_minutes)}")
        return page(
            request,
            "transcripts/transcript.html",
            name=await printed_name(request.user.id),
            total="; ".join(words) if every else "",
            completions=[drawing.shown(row) for row in kept],
            years=drawing.sums(every),
            paths=[] if before else await completed_paths(request.user.id),
            next=f"/transcript?after={following}" if following else "",
        )

    @get("/transcript.csv", permission=Permission.READ_RECORDS)
    async def csv(self, request: ActorRequest) -> Response[str]:
        return download(drawing.as_csv(await all_rows(request.user.id)), "transcript.csv")

    @get("/transcript.pdf", permission=Permission.READ_RECORDS)
    async def pdf(self, request: ActorRequest) -> Response[bytes]:
        return await pdf_answer(request.user)

    @get("/transcript/shares", permission=Permission.READ_RECORDS)
    async def shares(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        words = "The link shows nothing any more." if notice == "ended" else ""
        return await _shares(request, notice=words)

    @post("/transcript/shares", permission=Permission.READ_RECORDS, status_code=200)
    async def share(self, request: ActorRequest) -> Response[str]:
        fields = await read_form(request)
        chosen = several(fields, "chosen")
        given = {name: value for name, value in fields.items() if value != "" and name != "chosen"}
        try:
            data = decode(ShareForm, given | {"chosen": chosen}, strict=False)
            scope = scope_asked(_part(data))

            async def act() -> Any:
                return await actions.share(request.user, scope, data.expires_on)

            row, token = await once_by_form(request, act, secret=True)
        except Invalid as refusal:
            return await _shares(request, form=fields | {"chosen": chosen}, errors=refusal.errors)
        except ConnectError as refusal:
            return await _shares(request, form=fields, errors={"": str(refusal)})
        made = share_shown(row.to_dict(), token)
        return await _shares(request, made={"url": made.url, "until": day(made.expires_on)})

    @post("/transcript/shares/{share_id:uuid}/end", permission=Permission.READ_RECORDS)
    async def end(self, request: ActorRequest, share_id: FromPath[UUID]) -> Response[Any]:
        await read_form(request)
        await actions.end_share(request.user, share_id)
        return redirect("/transcript/shares?notice=ended")

    @get("/transcripts/{token:str}", permission=Permission.CHECK_CERTIFICATE)
    async def shared(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        await limits.hit(("verify", network(request)))
        found = await actions.open_share(token)
        told = {
            "all": "All completions",
            "since": f"Completions since {day(found.scope.since)}" if found.scope.since else "",
            "chosen": "Chosen completions",
        }
        return page(
            request,
            "transcripts/shared.html",
            headers=HIDDEN,
            name=found.name,
            told=told[found.scope.kind],
            expires_on=found.expires_on,
            completions=[drawing.shown(row) for row in found.rows],
            years=drawing.sums(found.rows),
        )


def _part(data: ShareForm) -> str | Part:
    """What the form's choice means.

    Raises:
        Invalid: the choice lacks its day or its rows.
    """
    if data.scope is ScopeKind.ALL:
        return "all"
    if data.scope is ScopeKind.SINCE:
        if data.since is None:
            raise Invalid({"since": "Choose the day from which on completions are shown."})
        return Part(since=data.since)
    if not data.chosen:
        raise Invalid({"chosen": "Choose at least one completion."})
    return Part(chosen=data.chosen)


async def _shares(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    made: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    today = clock.day_in(request.user.time_zone, clock.now())
    listed = []
    for row in await shares(request.user):
        works = row["ended_at"] is None and row["expires_on"] >= today
        seen = row["last_seen_at"]
        listed.append(
            {
                "id": row["id"],
                "told": {
                    "all": "All completions",
                    "since": f"Since {day(row['since'])}" if row["since"] else "",
                    "chosen": plural(len(msgspec.json.decode(row["chosen"])), "completion"),
                }[row["scope"]],
                "made_on": row["made_at"].date(),
                "expires_on": row["expires_on"],
                "opened_on": seen and seen.date(),
                "works": works,
            }
        )
    return page(
        request,
        "transcripts/shares.html",
        status=422 if errors else 200,
        shares=listed,
        completions=[drawing.shown(row) for row in await all_rows(request.user.id)],
        form={"scope": "all", "expires_on": today + USUAL_SHARE, "chosen": []} | (form or {}),
        errors=errors or {},
        made=made,
        notice=notice,
    )
