"""Grants, as a page: what there is, another one, and the courses of each."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from msgspec import Meta

from connect.catalog.queries import offered_courses
from connect.errors import Conflict, Invalid, NotFound, decode
from connect.grants import actions
from connect.grants.api import Day, GrantIn
from connect.grants.queries import grants
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
NOTICES = {
    "added": "The grant is written down.",
    "changed": "Your changes are saved.",
    "course": "The days of the course are saved. Trainings that are counted keep their grant.",
    "removed": "The course is taken out. Trainings that are counted keep their grant.",
}


class CourseForm(msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from"}):
    grant: Annotated[UUID, Meta(description="Choose a grant.")]
    course: Annotated[str, Meta(min_length=1, max_length=60, description="Choose a course.")]
    since: Day
    until: Day | None = None


class GrantPages(Controller):
    path = "/admin/grants"
    include_in_schema = False

    @get("/", permission=Permission.MANAGE_GRANTS)
    async def grants(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        return await _page(request, notice=NOTICES.get(notice, ""))

    @post("/", permission=Permission.MANAGE_GRANTS, status_code=303)
    async def add(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = decode(GrantIn, fields, strict=False)
            await actions.add_grant(request.user, **msgspec.structs.asdict(data))
        except Invalid as refusal:
            return await _page(request, form=fields, errors=refusal.errors)
        return redirect("/admin/grants?notice=added")

    @post("/{grant_id:uuid}", permission=Permission.MANAGE_GRANTS, status_code=303)
    async def change(self, request: ActorRequest, grant_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            data = decode(GrantIn, fields, strict=False)
            await actions.change_grant(request.user, grant_id, msgspec.structs.asdict(data))
        except Invalid as refusal:
            return await _page(request, form=fields, errors=refusal.errors, changing=grant_id)
        except Conflict as refusal:
            return await _page(
                request, form=fields, errors={"ends_on": str(refusal)}, changing=grant_id
            )
        return redirect("/admin/grants?notice=changed")

    @get("/{grant_id:uuid}", permission=Permission.MANAGE_GRANTS)
    async def change_form(self, request: ActorRequest, grant_id: FromPath[UUID]) -> Response[str]:
        return await _page(request, changing=grant_id)

    @post("/courses", permission=Permission.MANAGE_GRANTS, status_code=303)
    async def assign(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        given = {n: v for n, v in fields.items() if v != "" or n != "until"}
        try:
            data = decode(CourseForm, given, strict=False)
            await actions.assign_course(
                request.user, data.grant, data.course, since=data.since, until=data.until
            )
        except Invalid as refusal:
            return await _page(request, form=fields, errors=refusal.errors)
        return redirect("/admin/grants?notice=course")

    @post("/{grant_id:uuid}/courses/{slug:str}/removal", permission=Permission.MANAGE_GRANTS)
    async def remove(
        self, request: ActorRequest, grant_id: FromPath[UUID], slug: FromPath[str]
    ) -> Response[None]:
        await read_form(request)
        await actions.remove_course(request.user, grant_id, slug)
        return redirect("/admin/grants?notice=removed")


async def _page(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    changing: UUID | None = None,
    notice: str = "",
) -> Response[str]:
    rows = await grants(request.user)
    start: dict[str, Any] = {}
    if changing:
        start = next((row for row in rows if row["id"] == changing), {})
        if not start:
            raise NotFound
    return page(
        request,
        "grants/grants.html",
        status=422 if errors else 200,
        grants=rows,
        form={**start, **(form or {})},
        errors=errors or {},
        changing=changing,
        options={
            "grants": [(str(r["id"]), f"{r['award_number']}, {r['title']}") for r in rows],
            "courses": await offered_courses(),
        },
        notice=notice,
    )
