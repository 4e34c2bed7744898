"""Courses of the site for staff: which are published, and publishing one from a ZIP."""

from typing import Any

from litestar import Controller, Request, Response, get, post

from connect.errors import Invalid
from connect.policy import Actor, Permission
from connect.publishing.actions import Faulty, Outlook, publish_zip
from connect.publishing.api import MULTIPART, zip_of
from connect.publishing.queries import open_drafts, published_courses
from connect.publishing.rules import words
from connect.web.forms import read_form
from connect.web.templating import moment, page

ActorRequest = Request[Actor, Any, Any]


class PublishingPages(Controller):
    path = "/admin/courses"
    include_in_schema = False

    @get("/", permission=Permission.PUBLISH_COURSES)
    async def courses(self, request: ActorRequest) -> Response[str]:
        return await _page(request, published=request.query_params.get("published", ""))

    @post("/", permission=Permission.PUBLISH_COURSES, request_max_body_size=MULTIPART)
    async def publish(self, request: ActorRequest) -> Response[str]:
        fields = await read_form(request)
        dry_run = fields.get("act") != "publish"
        try:
            outlook = await publish_zip(request.user, await zip_of(fields), dry_run=dry_run)
        except Faulty as refusal:
            faults = sorted(refusal.faults)
            return await _page(request, slug=refusal.slug, faults=faults, status=422)
        except Invalid as refusal:
            return await _page(request, errors=refusal.errors, status=422)
        return await _page(request, outlook=outlook, faults=outlook.warnings)


def outlook_shown(outlook: Outlook | None) -> dict[str, Any] | None:
    """What the macro of an outlook draws."""
    if outlook is None:
        return None
    return {
        "title": outlook.title,
        "outcome": outlook.outcome,
        "version": outlook.version,
        "whom": words(outlook.concerned),
        "lines": outlook.difference,
    }


async def _page(
    request: ActorRequest, *, status: int = 200, outlook: Outlook | None = None, **shown: Any
) -> Response[str]:
    zone = request.user.time_zone
    defaults: dict[str, Any] = {"errors": {}, "faults": [], "slug": "", "published": ""}
    drafts = await open_drafts()
    return page(
        request,
        "publishing/courses.html",
        status=status,
        courses=[
            row
            | {"published_at": moment(row["published_at"], zone), "draft": drafts.get(row["slug"])}
            for row in await published_courses()
        ],
        outlook=outlook_shown(outlook),
        **defaults | shown,
    )
