"""Paths over JSON."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.errors import NotFound
from connect.idempotency import once
from connect.learning.requirements import Missing
from connect.paging import DEFAULT, After, Limit, Page, cut, read_cursor
from connect.paths import actions, views
from connect.paths.queries import (
    completed_paths,
    current_path,
    latest_enrollment,
    paths,
    paths_under_way,
)
from connect.paths.tables import PathEnrollment
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]


class PathCourseOut(msgspec.Struct):
    slug: str
    title: str
    minutes: int
    required: bool
    after: list[str]


class PathOut(msgspec.Struct):
    slug: str
    title: str
    summary: str
    language: str
    version: int
    certificate: bool
    valid_months: int | None
    contact_minutes: int
    courses: list[PathCourseOut]


class CourseStandingOut(PathCourseOut, kw_only=True):
    state: str
    blocked_by: list[str]
    completed_on: date | None
    expires_on: date | None
    certificate: str | None
    enrollment: UUID | None
    progress_percent: int


class LackingOut(msgspec.Struct):
    course: str
    title: str
    what: str
    url: str
    components: list[Missing]


class PathEnrollmentOut(msgspec.Struct):
    id: UUID
    path: str
    title: str
    version: int
    state: str
    enrolled_at: datetime
    progress_percent: int
    next_course: str | None
    courses: list[CourseStandingOut]
    missing: list[LackingOut]
    completed_on: date | None
    expires_on: date | None
    certificate: str | None


class FollowedOut(msgspec.Struct):
    slug: str
    title: str


class FinishedOut(FollowedOut):
    day: date
    expires_on: date | None
    minutes: int
    certificate: str | None
    courses: list[str]


class MyPathsOut(msgspec.Struct):
    under_way: list[FollowedOut]
    completed: list[FinishedOut]


class BegunOut(msgspec.Struct):
    enrollment: UUID


async def _shown(actor: Actor, row: PathEnrollment) -> PathEnrollmentOut:
    return msgspec.convert(await views.enrollment(actor, row), PathEnrollmentOut)


class PathsApi(Controller):
    path = "/api/v1/paths"
    tags = ["courses"]

    @get("/", permission=Permission.READ_CATALOG, summary="Published paths of courses")
    async def paths(self, limit: Limit = DEFAULT, after: After = "") -> Page[PathOut]:
        found = await paths(after=read_cursor(after, str) if after else "", limit=limit)
        kept, following = cut(found, limit, lambda row: row.content.slug)
        return Page(msgspec.convert(await views.paths(kept), list[PathOut]), following)

    @get("/{slug:str}", permission=Permission.READ_CATALOG, summary="One path")
    async def one(self, slug: FromPath[str]) -> PathOut:
        return msgspec.convert((await views.paths([await current_path(slug)]))[0], PathOut)

    @get(
        "/{slug:str}/enrollment",
        permission=Permission.LEARN,
        summary="How you stand to a path: what is done, what is missing, what comes next",
    )
    async def enrollment(self, request: ActorRequest, slug: FromPath[str]) -> PathEnrollmentOut:
        row = await latest_enrollment(request.user.id, (await current_path(slug)).path)
        if row is None:
            raise NotFound
        return await _shown(request.user, row)

    @post(
        "/{slug:str}/enrollments",
        permission=Permission.LEARN,
        summary="Follow a path, or get the enrollment that is there",
    )
    async def enroll(
        self, request: ActorRequest, slug: FromPath[str]
    ) -> Response[PathEnrollmentOut]:
        async def act() -> tuple[int, PathEnrollmentOut]:
            row, new = await actions.enroll(request.user, slug)
            return (201 if new else 200), await _shown(request.user, row)

        return await once(request, act)

    @post(
        "/{slug:str}/courses/{course:str}/enrollments",
        permission=Permission.LEARN,
        summary="Begin a course of a path that you follow, when its turn has come",
    )
    async def begin(
        self, request: ActorRequest, slug: FromPath[str], course: FromPath[str]
    ) -> Response[BegunOut]:
        async def act() -> tuple[int, BegunOut]:
            return 201, BegunOut((await actions.begin(request.user, slug, course)).id)

        return await once(request, act)


class MyPathsApi(Controller):
    path = "/api/v1/me/paths"
    tags = ["learning"]

    @get("/", permission=Permission.LEARN, summary="The paths that you follow, and completed")
    async def mine(self, request: ActorRequest) -> MyPathsOut:
        return MyPathsOut(
            msgspec.convert(await paths_under_way(request.user.id), list[FollowedOut]),
            msgspec.convert(await completed_paths(request.user.id), list[FinishedOut]),
        )
