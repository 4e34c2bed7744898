"""What registrars do with agencies: requests that wait, and agencies that are listed twice."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get
from litestar.params import FromPath, FromQuery

from connect import clock
from connect.agencies import rules
from connect.agencies.pages import found
from connect.agencies.queries import drafts, standing_agency
from connect.agencies.tables import AgencyState
from connect.agencies.views import NOTICES, beside, filters_of, row_shown
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 20


class RegistrarPages(Controller):
    path = "/admin/agencies"
    include_in_schema = False

    @get("/", permission=Permission.MANAGE_AGENCIES)
    async def waiting(
        self, request: ActorRequest, waiting_after: FromQuery[str] = "", notice: FromQuery[str] = ""
    ) -> Response[str]:
        rows = await drafts(
            request.user,
            after=read_cursor(waiting_after, UUID) if waiting_after else None,
            limit=PER_PAGE,
        )
        kept, following = cut(rows, PER_PAGE, lambda row: row["id"])
        now = clock.now()
        return page(
            request,
            "agencies/waiting.html",
            waiting=[
                row_shown(row) | {"days": rules.days_waiting(row["opened_at"], now)} for row in kept
            ],
            waiting_next=f"/admin/agencies?waiting_after={following}" if following else "",
            waiting_first="/admin/agencies" if waiting_after else "",
            notice=NOTICES.get(notice, ""),
            **await found(request, "/admin/agencies"),
        )

    @get("/{agency_id:uuid}", permission=Permission.MANAGE_AGENCIES)
    async def agency(
        self, request: ActorRequest, agency_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[Any]:
        return await _agency_page(request, agency_id, notice=NOTICES.get(notice, ""))


async def _agency_page(
    request: ActorRequest, agency_id: UUID, *, notice: str = ""
) -> Response[Any]:
    """A listed agency that may be listed twice; a request leads on to its screening."""
    agency = await standing_agency(agency_id)
    if agency.id != agency_id or agency.status == AgencyState.DECLINED:
        return redirect(f"/agencies/{agency.id}")
    if agency.status == AgencyState.DRAFT:  # with who asks, whom this feature does not know
        asked = f"?{request.url.query}" if request.url.query else ""
        return redirect(f"/admin/agencies/{agency_id}/screening{asked}")
    return page(
        request,
        "agencies/merging.html",
        **await beside(agency, q=filters_of(request)["q"], notice=notice),
    )
