"""Catalog and course, as pages."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect import clock
from connect.catalog.content import CourseContent
from connect.catalog.queries import content_of, courses, current_version, slug_of, topics
from connect.credits.queries import credits_now
from connect.learning import actions, views
from connect.learning.changes import Fate
from connect.learning.cycles import Earlier, earlier
from connect.learning.moving import move, newer_version
from connect.learning.player import go_on
from connect.learning.queries import enrollment_of, enrollments_in, latest_enrollment
from connect.learning.tables import Enrollment
from connect.learning.withdrawals import withdraw_enrollment
from connect.lists import DISCIPLINES
from connect.paging import cut, read_cursor
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
PER_PAGE = 20
NOTICES = {
    "left": "You left this course. What was recorded stays, and you may start it anew.",
    "moved": "You go on with the new version. What has not changed is still done.",
}
LENGTHS = [("30", "Up to 30 minutes"), ("60", "Up to an hour"), ("120", "Up to two hours")]


def _labels(codes: list[str]) -> list[str]:
    return [DISCIPLINES[code].label for code in codes if code in DISCIPLINES]


def _topic(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


class CoursePages(Controller):
    include_in_schema = False

    @get("/courses", permission=Permission.READ_CATALOG)
    async def catalog(
        self,
        request: ActorRequest,
        q: FromQuery[str] = "",
        discipline: FromQuery[str] = "",
        topic: FromQuery[str] = "",
        minutes: FromQuery[str] = "",
        after: FromQuery[str] = "",
    ) -> Response[str]:
        typed = {"q": q, "discipline": discipline, "topic": topic}
        filters = {name: value[:100].replace("\x00", "") for name, value in typed.items()}
        rows = await courses(
            q=filters["q"],
            discipline=filters["discipline"],
            topic=filters["topic"],
            max_minutes=int(minutes) if minutes in dict(LENGTHS) else None,
            after=read_cursor(after, str) if after else "",
            limit=PER_PAGE,
        )
        kept, following = cut(rows, PER_PAGE, lambda row: row["slug"])
        going = await _progress(request.user, [row["course_id"] for row in kept])
        shown = []
        for row in kept:
            content = await content_of(row["id"])
            shown.append(_card(content) | {"progress": going.get(row["course_id"])})
        query = request.url.query_params.copy() if following else None
        if query is not None:
            query["after"] = following or ""
        return page(
            request,
            "learning/catalog.html",
            courses=shown,
            filters=filters | {"minutes": minutes},
            filtered=any(filters.values()) or bool(minutes),
            next=f"/courses?{urlencode(dict(query))}" if query else "",
            options={
                "disciplines": [(item.code, item.label) for item in DISCIPLINES.values()],
                "topics": [(t, _topic(t)) for t in await topics()],
                "minutes": LENGTHS,
            },
        )

    @get("/courses/{slug:str}", permission=Permission.READ_CATALOG)
    async def course(
        self, request: ActorRequest, slug: FromPath[str], notice: FromQuery[str] = ""
    ) -> Response[str]:
        version = await current_version(slug)
        content = await content_of(version.id)
        latest = before = newer = None
        if request.user.signed_in:
            latest = await latest_enrollment(request.user, version.course)
            before = await earlier(request.user, version)
            newer = await newer_version(latest, version) if latest else None
        return page(
            request,
            "learning/course.html",
            course=_card(content)
            | {
                "objectives": content.objectives,
                "content_notes": content.content_notes,
                "components": content.components,
                "credits": await credits_now(content, version.course),
                "version": version.number,
                "reviewed_on": content.reviewed_on,
            },
            enrollment=await _standing_shown(latest) if latest else None,
            before=_before(before, request.user) if before else None,
            newer=[d for d in newer.differences if d.fate is not Fate.UNCHANGED] if newer else None,
            notice=NOTICES.get(notice, ""),
            address_proved=request.user.proved,
        )

    @post("/courses/{slug:str}/enrollments", permission=Permission.LEARN)
    async def enroll(self, request: ActorRequest, slug: FromPath[str]) -> Response[None]:
        fields = await read_form(request)
        only_changes = fields.get("only") == "changes"
        enrollment, _ = await actions.enroll(request.user, slug, only_changes=only_changes)
        return await go_on(request.user, enrollment)

    @post("/learn/{enrollment_id:uuid}/withdrawal", permission=Permission.LEARN)
    async def withdraw(
        self, request: ActorRequest, enrollment_id: FromPath[UUID]
    ) -> Response[None]:
        await read_form(request)
        enrollment = await enrollment_of(request.user, enrollment_id)
        await withdraw_enrollment(request.user, enrollment_id)
        return redirect(f"/courses/{await slug_of(enrollment.course)}?notice=left")

    @post("/learn/{enrollment_id:uuid}/newer-version", permission=Permission.LEARN)
    async def move(self, request: ActorRequest, enrollment_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        moved = await move(request.user, enrollment_id)
        return redirect(f"/courses/{await slug_of(moved.course)}?notice=moved")


async def _progress(actor: Actor, course_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    if not actor.signed_in or not course_ids:
        return {}
    rows = await enrollments_in(actor, course_ids)
    shown = await views.enrollments(rows)
    return {
        row.course: {
            "state": row.state,
            "percent": view["progress_percent"],
            "url": f"/learn/{row.id}",
        }
        for row, view in zip(rows, shown, strict=True)
    }


def _card(content: CourseContent) -> dict[str, Any]:
    return {
        "slug": content.slug,
        "title": content.title,
        "summary": content.summary,
        "contact_minutes": content.contact_minutes,
        "disciplines": _labels(content.disciplines),
        "topics": [_topic(t) for t in content.topics],
        "access": content.access if isinstance(content.access, str) else "restricted",
    }


async def _standing_shown(enrollment: Enrollment) -> dict[str, Any]:
    view = await views.enrollment(enrollment)
    number = view["certificate"]
    return {
        "state": enrollment.state,
        "url": f"/learn/{enrollment.id}",
        "percent": view["progress_percent"],
        "certificate_url": f"/certificates/{number}" if number else None,
        "explanation": view["explanation"],
        "carried_from": view["carried_from"],
        "minutes": view["minutes"],
    }


def _before(found: Earlier, actor: Actor) -> dict[str, Any]:
    """The last completion, and the short way to the next one where there is one."""
    today = clock.day_in(actor.time_zone, clock.now())
    return {
        "day": found.day,
        "expires_on": found.expires_on,
        "has_expired": found.expires_on is not None and found.expires_on <= today,
        "differences": [d for d in found.differences if d.fate is not Fate.UNCHANGED],
        "short": bool(found.carried),
        "minutes": found.minutes,
    }
