"""What the page of a package asks for, and what staff read of its commits."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.catalog.package_content import Standard
from connect.catalog.queries import content_of
from connect.config import settings
from connect.errors import Invalid
from connect.learning.queries import enrollment_for_staff, enrollment_of
from connect.packages import actions, host
from connect.packages.queries import log_for_staff, package_in, states_of, told_in, unit_at
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import clock_time, page

ActorRequest = Request[Actor, Any, Any]
SHOWN = 100  # launches and commits
STANDARDS = {
    Standard.SCORM_12: "SCORM 1.2",
    Standard.SCORM_2004: "SCORM 2004",
    Standard.CMI5: "cmi5",
}


class PackagePages(Controller):
    include_in_schema = False

    @post(
        "/learn/{enrollment_id:uuid}/{component:str}/launches",
        permission=Permission.LEARN,
        status_code=200,
    )
    async def launch(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> dict[str, Any]:
        """Where the frame of a part begins, and what it may do."""
        fields = await read_form(request)
        place = str(fields.get("unit", ""))
        if place and not (place.isascii() and place.isdigit() and len(place) < 5):
            raise Invalid({"unit": "Give the place of a part, from 1."})
        unit = int(place) if place else None
        launched = await actions.launch(request.user, enrollment_id, component, unit)
        return await _framed(request.user, enrollment_id, component, launched)

    @post(
        "/learn/{enrollment_id:uuid}/{component:str}/commits",
        permission=Permission.LEARN,
        status_code=200,
    )
    async def commit(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> dict[str, Any]:
        fields = await read_form(request)
        try:
            given = msgspec.json.decode(str(fields.get("commit", "")), type=actions.Commit)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Invalid({"commit": f"This is no commit: {error}."}) from None
        taken = await actions.commit(request.user, enrollment_id, component, given)
        return msgspec.structs.asdict(taken) | {
            "saved_at": clock_time(taken.saved_at, request.user.time_zone)
        }

    @get(
        "/admin/enrollments/{enrollment_id:uuid}/packages/{component:str}",
        permission=Permission.READ_ENROLLMENTS,
    )
    async def log(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], component: FromPath[str]
    ) -> Response[str]:
        enrollment = await enrollment_for_staff(request.user, enrollment_id)
        content = await content_of(enrollment.version)
        found, package = package_in(content, component)
        launches, commits = await log_for_staff(request.user, enrollment_id, component, limit=SHOWN)
        states = await states_of(enrollment_id, component)
        return page(
            request,
            "packages/log.html",
            enrollment={"id": enrollment_id, "course": content.title},
            title=found.title,
            standard=STANDARDS[package.standard],
            parts=[
                {
                    "title": unit.title,
                    "told": told,
                    "score": states[place].score if place in states else "",
                }
                for place, (unit, told) in enumerate(
                    zip(package.units, told_in(package, states), strict=True), 1
                )
            ],
            launches=[row | {"title": unit_at(package, row["unit"]).title} for row in launches],
            commits=[row | {"title": unit_at(package, row["unit"]).title} for row in commits],
            most=SHOWN,
        )


async def _framed(
    actor: Actor, enrollment_id: UUID, component: str, launched: actions.Launched
) -> dict[str, Any]:
    enrollment = await enrollment_of(actor, enrollment_id)
    _, package = package_in(await content_of(enrollment.version), component)
    address = host.frame_address(launched.token, unit_at(package, launched.unit))
    url = urlsplit(address)
    return {
        "unit": launched.unit,
        "title": launched.title,
        "token": launched.token,
        "url": address,
        "sandbox": host.rights(),
        # A sandbox without an origin of its own sends its messages from "null".
        "origin": f"{url.scheme}://{url.netloc}" if settings().packages_url else "null",
    }
