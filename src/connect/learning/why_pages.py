"""Why a certificate was issued: JSON and page."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from connect.learning.why import Why, why
from connect.policy import Actor, Permission
from connect.web.templating import hours, moment, page

ActorRequest = Request[Actor, Any, Any]


class WhyApi(Controller):
    path = "/api/v1/certificates/{number:str}/why"
    tags = ["certificates"]

    @get(
        "/",
        permission=Permission.READ_RECORDS,
        summary="Why it was issued: version, rule, minutes, attempts, overrides, reissues",
    )
    async def why(self, request: ActorRequest, number: FromPath[str]) -> Why:
        return await why(request.user, number)


class WhyPages(Controller):
    include_in_schema = False

    @get("/certificates/{number:str}/why", permission=Permission.READ_RECORDS)
    async def why(self, request: ActorRequest, number: FromPath[str]) -> Response[str]:
        found = await why(request.user, number)
        zone = request.user.time_zone
        course = found.course
        basis = (
            [
                ("Course", course.title),
                ("Version", course.version),
                ("Content", course.hash),
                ("Begun", moment(course.enrolled_at, zone)),
                ("Completed", moment(course.completed_at, zone) if course.completed_at else ""),
                ("Credited", hours(found.minutes)),
            ]
            if course
            else []
        )
        return page(
            request,
            "learning/why.html",
            why=found,
            basis=basis,
            requirements=[
                (r.title, r.asked, r.recorded, moment(r.done_at, zone) if r.done_at else "")
                for r in found.requirements
            ],
            attempts=[
                (
                    a.title,
                    a.number,
                    a.state,
                    "" if a.score_percent is None else f"{a.score_percent} %",
                    moment(a.submitted_at, zone) if a.submitted_at else "",
                )
                for a in found.attempts
            ],
            overrides=[
                (
                    o,
                    moment(o.at, zone),
                    moment(o.withdrawn_at, zone) if o.withdrawn_at else "",
                )
                for o in found.overrides
            ],
            line=[(i, moment(i.issued_at, zone)) for i in found.line],
        )
