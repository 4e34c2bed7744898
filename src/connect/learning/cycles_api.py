"""What is left of an enrollment, and what changed since the last one, over JSON."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, get
from litestar.params import FromPath

from connect.catalog.queries import current_version
from connect.errors import NotFound
from connect.learning import views
from connect.learning.cycles import earlier
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
