"""Paths as pages: the list, and one path with how far its learner is."""

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.learning import views as learning
from connect.learning.actions import Event, note_event
from connect.paths import actions, views
from connect.paths.queries import current_path, latest_enrollment, paths
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
MOST = 100  # on the list; a site has a handful


class PathPages(Controller):
    path = "/paths"
    include_in_schema = False

    @get("/", permission=Permission.READ_CATALOG)
    async def paths(self, request: ActorRequest) -> Response[str]:
        found = await paths(limit=MOST)
        return page(request, "paths/paths.html", paths=await views.paths(found[:MOST]))

    @get("/{slug:str}", permission=Permission.READ_CATALOG)
    async def one(self, request: ActorRequest, slug: FromPath[str]) -> Response[str]:
        version = await current_path(slug)
        row = None
        if request.user.signed_in:
            row = await latest_enrollment(request.user.id, version.path)
        shown = await views.enrollment(request.user, row) if row else None
        path = shown or (await views.paths([version]))[0]
        titles = {course["slug"]: course["title"] for course in path["courses"]}
        return page(
            request,
            "paths/path.html",
            shown=path,
            enrollment=shown,
            courses=[
                course
                | {
                    "comes_after": [titles[s] for s in course["after"]],
                    "waits_for": [titles[s] for s in course.get("blocked_by", [])],
                }
                for course in path["courses"]
            ],
            address_proved=request.user.proved,
        )

    @post("/{slug:str}/enrollments", permission=Permission.LEARN, status_code=303)
    async def enroll(self, request: ActorRequest, slug: FromPath[str]) -> Response[None]:
        await read_form(request)
        await actions.enroll(request.user, slug)
        return redirect(f"/paths/{slug}")

    @post(
        "/{slug:str}/courses/{course:str}/enrollments",
        permission=Permission.LEARN,
        status_code=303,
    )
    async def begin(
        self, request: ActorRequest, slug: FromPath[str], course: FromPath[str]
    ) -> Response[None]:
        await read_form(request)
        begun = await actions.begin(request.user, slug, course)
        here = (await learning.enrollment(begun))["next_component"]
        if here is not None:
            await note_event(request.user, begun.id, here, Event.OPEN)
        return redirect(f"/learn/{begun.id}")
