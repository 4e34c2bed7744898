"""What is left of an enrollment, what changed since the last one or since it began, over JSON."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.catalog.queries import current_version, slug_of
from connect.errors import NotFound
from connect.idempotency import once
from connect.learning import views
from connect.learning.api import EnrollmentOut
from connect.learning.cycles import earlier
from connect.learning.moving import move, newer_version
from connect.learning.queries import enrollment_of
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]


class RequirementOut(msgspec.Struct):
    """A required component; ``missing`` is empty when it is met."""

    component: str
    kind: str
    title: str
    asked: str
    recorded: str
    missing: str
    by_hand: bool
    carried: bool
    url: str  # of its page


class ExplanationOut(msgspec.Struct):
    items: list[RequirementOut]


class DifferenceOut(msgspec.Struct):
    component: str
    kind: str
    title: str
    fate: str


class ChangesOut(msgspec.Struct):
    """What changed since the last completion; ``carried`` is what a short cycle leaves out."""

    since_version: int
    version: int
    completed_on: date
    expires_on: date | None
    items: list[DifferenceOut]
    carried: list[str]  # empty: there is no short cycle
    minutes: int  # contact minutes of the next cycle


class NewerOut(msgspec.Struct):
    """A newer version that concerns everybody; what is recorded of ``kept`` counts on."""

    version: int
    items: list[DifferenceOut]
    kept: list[str]


class CyclesApi(Controller):
    path = "/api/v1"
    tags = ["learning"]

    @get(
        "/enrollments/{enrollment_id:uuid}/explanation",
        permission=Permission.LEARN,
        summary="What is asked for completion, what is recorded, what is missing",
    )
    async def explanation(
        self, request: ActorRequest, enrollment_id: FromPath[UUID]
    ) -> ExplanationOut:
        row = await enrollment_of(request.user, enrollment_id)
        return ExplanationOut(msgspec.convert(await views.explanation(row), list[RequirementOut]))

    @get(
        "/courses/{slug:str}/changes",
        permission=Permission.LEARN,
        summary="What changed since you last completed it",
    )
    async def changes(self, request: ActorRequest, slug: FromPath[str]) -> ChangesOut:
        version = await current_version(slug)
        found = await earlier(request.user, version)
        if found is None:
            raise NotFound
        return ChangesOut(
            since_version=found.version,
            version=version.number,
            completed_on=found.day,
            expires_on=found.expires_on,
            items=msgspec.convert(msgspec.to_builtins(found.differences), list[DifferenceOut]),
            carried=found.carried,
            minutes=found.minutes,
        )

    @get(
        "/enrollments/{enrollment_id:uuid}/newer-version",
        permission=Permission.LEARN,
        summary="A newer version that everybody is asked to take",
    )
    async def newer_version(self, request: ActorRequest, enrollment_id: FromPath[UUID]) -> NewerOut:
        row = await enrollment_of(request.user, enrollment_id)
        found = await newer_version(row, await current_version(await slug_of(row.course)))
        if found is None:
            raise NotFound
        items = msgspec.convert(msgspec.to_builtins(found.differences), list[DifferenceOut])
        return NewerOut(found.number, items, found.kept)

    @post(
        "/enrollments/{enrollment_id:uuid}/newer-version",
        permission=Permission.LEARN,
        summary="Go on with it in a new enrollment; what has not changed stays done",
    )
    async def move(
        self, request: ActorRequest, enrollment_id: FromPath[UUID]
    ) -> Response[EnrollmentOut]:
        async def act() -> tuple[int, EnrollmentOut]:
            moved = await move(request.user, enrollment_id)
            return 201, msgspec.convert(await views.enrollment(moved), EnrollmentOut)

        return await once(request, act)
