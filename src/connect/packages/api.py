"""Packages over JSON: launching them, handing in for them, and the log of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.params import FromPath, JSONBody

from connect.catalog.queries import content_of
from connect.idempotency import once
from connect.learning.queries import enrollment_of
from connect.packages import actions, host
from connect.packages.queries import log_for_staff, package_in, unit_at
from connect.paging import DEFAULT, Limit
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]


class LaunchIn(msgspec.Struct, forbid_unknown_fields=True):
    unit: int | None = None  # its place, from 1; the first that is not finished when left out


class LaunchOut(msgspec.Struct):
    id: UUID
    unit: int
    title: str
    token: str  # told once
    url: str  # what a frame shows
    sandbox: str  # what the frame may do
    expires_at: datetime


class CommitRow(msgspec.Struct):
    id: UUID
    launch: UUID
    unit: int
    number: int
    at: datetime
    given: dict[str, str]
    refused: str  # lines of "element: why"


class Commits(msgspec.Struct):
    items: list[CommitRow]


class PackagesApi(Controller):
    path = "/api/v1/enrollments/{enrollment_id:uuid}/components/{component:str}"
    tags = ["learning"]

    @post("/launches", permission=Permission.LEARN, summary="Start a part of a package")
    async def launch(
        self,
        request: ActorRequest,
        enrollment_id: FromPath[UUID],
        component: FromPath[str],
        data: JSONBody[LaunchIn],
    ) -> Response[LaunchOut]:
        async def act() -> tuple[int, LaunchOut]:
            made = await actions.launch(request.user, enrollment_id, component, data.unit)
            enrollment = await enrollment_of(request.user, enrollment_id)
            _, package = package_in(await content_of(enrollment.version), component)
            url = host.frame_address(made.token, unit_at(package, made.unit))
            return 201, LaunchOut(
                id=made.id,
                unit=made.unit,
                title=made.title,
                token=made.token,
                url=url,
                sandbox=host.rights(),
                expires_at=made.expires_at,
            )

        return await once(request, act, secret=True)

    @put("/package", permission=Permission.LEARN, summary="Keep what a package hands in")
    async def commit(
        self,
        request: ActorRequest,
        enrollment_id: FromPath[UUID],
        component: FromPath[str],
        data: JSONBody[actions.Commit],
    ) -> actions.Committed:
        return await actions.commit(request.user, enrollment_id, component, data)

    @get(
        "/commits",
        permission=Permission.READ_ENROLLMENTS,
        summary="What a package handed in, newest first; claims of the learner's browser",
    )
    async def commits(
        self,
        request: ActorRequest,
        enrollment_id: FromPath[UUID],
        component: FromPath[str],
        limit: Limit = DEFAULT,
    ) -> Commits:
        _, rows = await log_for_staff(request.user, enrollment_id, component, limit=limit)
        return Commits(msgspec.convert(rows, list[CommitRow], strict=False))
