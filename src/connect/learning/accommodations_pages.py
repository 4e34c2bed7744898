"""Accommodations, as a page for staff: what is granted in one enrollment."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.accounts.people import person
from connect.catalog.queries import content_of
from connect.errors import Invalid, decode
from connect.learning.accommodations import (
    NO_REASON,
    accommodate,
    accommodations_of,
)
from connect.learning.accommodations_api import AccommodationsIn
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]


class AccommodationPages(Controller):
    path = "/admin/enrollments/{enrollment_id:uuid}/accommodations"
    include_in_schema = False

    @get("/", permission=Permission.ACCOMMODATE)
    async def enrollment(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], notice: FromQuery[str] = ""
    ) -> Response[str]:
        words = "The accommodations are saved." if notice == "saved" else ""
        return await _page(request, enrollment_id, notice=words)

    @post("/", permission=Permission.ACCOMMODATE, status_code=303)
    async def accommodate(
        self, request: ActorRequest, enrollment_id: FromPath[UUID]
    ) -> Response[Any]:
        fields = await read_form(request)
        given = {name: value for name, value in fields.items() if value != ""}
        if "no_time_limit" in given:
            given["no_time_limit"] = True
        try:
            data = decode(AccommodationsIn, given, strict=False)
            await accommodate(
                request.user, enrollment_id, data.granted, private_reason=data.private_reason
            )
        except Invalid as refusal:
            errors = refusal.errors
            if not fields.get("private_reason", "").strip():
                errors |= {"private_reason": NO_REASON}
            return await _page(request, enrollment_id, form=fields, errors=errors)
        return redirect(f"/admin/enrollments/{enrollment_id}/accommodations?notice=saved")


async def _page(
    request: ActorRequest,
    enrollment_id: UUID,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    enrollment, granted = await accommodations_of(request.user, enrollment_id)
    account = await person(request.user, enrollment.learner)
    content = await content_of(enrollment.version)
    return page(
        request,
        "learning/accommodations.html",
        status=422 if errors else 200,
        person={"id": account.id, "name": account.legal_name},
        enrollment={
            "id": enrollment.id,
            "title": content.title,
            "state": enrollment.state.replace("_", " "),
        },
        form=granted if form is None else form,
        errors=errors or {},
        notice=notice,
    )
