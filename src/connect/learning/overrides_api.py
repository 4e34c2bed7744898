"""What staff set aside in an enrollment, over JSON."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from connect.fields import Reason
from connect.idempotency import once
from connect.learning.overrides import override, withdraw_override
from connect.learning.queries import enrollment_for_staff, overrides_of
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
Component = Annotated[
    str | None,
    Meta(description="Name a required step; leave it out to open a failed course again."),
]


class OverrideIn(msgspec.Struct, forbid_unknown_fields=True):
    """Without a component: the failed tests get all their attempts anew."""

    reason: Reason
    evidence: Reason
    component: Component = None


class WithdrawalIn(msgspec.Struct, forbid_unknown_fields=True):
    """Without a component: what opened the course again is taken back."""

    reason: Reason
    component: Component = None


class OverrideOut(msgspec.Struct):
    """``kind`` is ``met`` or ``reopened``; one that was withdrawn stays in the list."""

    id: UUID
    component: str
    kind: str
    reason: str
    evidence: str
    made_by: UUID
    made_by_name: str | None
    made_at: datetime
    withdrawn_by: UUID | None
    withdrawn_by_name: str | None
    withdrawn_at: datetime | None
    withdrawal_reason: str


class OverridesOut(msgspec.Struct):
    enrollment: UUID
    state: str
    items: list[OverrideOut]


class OverridesApi(Controller):
    path = "/api/v1/enrollments/{enrollment_id:uuid}/overrides"
    tags = ["learning"]

    @get("/", permission=Permission.READ_ENROLLMENTS, summary="What staff set aside, oldest first")
    async def overrides(self, request: ActorRequest, enrollment_id: FromPath[UUID]) -> OverridesOut:
        return await _shown(request.user, enrollment_id)

    @post(
        "/",
        permission=Permission.OVERRIDE,
        summary="Say that a step is met, or open a failed course again",
    )
    async def override(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], data: JSONBody[OverrideIn]
    ) -> Response[OverridesOut]:
        async def act() -> tuple[int, OverridesOut]:
            await override(
                request.user,
                enrollment_id,
                component=data.component,
                reason=data.reason,
                evidence=data.evidence,
            )
            return 201, await _shown(request.user, enrollment_id)

        return await once(request, act)

    @delete(
        "/",
        permission=Permission.OVERRIDE,
        status_code=200,
        summary="Take it back; a completion that stands is not changed",
    )
    async def withdraw(
        self, request: ActorRequest, enrollment_id: FromPath[UUID], data: JSONBody[WithdrawalIn]
    ) -> OverridesOut:
        await withdraw_override(
            request.user, enrollment_id, component=data.component, reason=data.reason
        )
        return await _shown(request.user, enrollment_id)


async def _shown(actor: Actor, enrollment_id: UUID) -> OverridesOut:
    row = await enrollment_for_staff(actor, enrollment_id)
    items = msgspec.convert(await overrides_of(row.id), list[OverrideOut])
    return OverridesOut(row.id, row.state, items)
