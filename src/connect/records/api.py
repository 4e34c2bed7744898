"""What is held about a person, closure and erasure, over JSON."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.params import FromPath, JSONBody

from connect.fields import Password, Reason
from connect.policy import Actor, Permission
from connect.records import actions, retention
from connect.records.queries import held_about

ActorRequest = Request[Actor, Any, Any]


class ClosureIn(msgspec.Struct, forbid_unknown_fields=True):
    password: Password


class ErasureIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class RecordsApi(Controller):
    path = "/api/v1"
    tags = ["records"]

    @get("/me/export", permission=Permission.EDIT_ACCOUNT, summary="All that is held about you")
    async def own(self, request: ActorRequest) -> dict[str, Any]:
        return await held_about(request.user.id)

    @post(
        "/me/closure",
        permission=Permission.EDIT_ACCOUNT,
        summary="Close your account; name and completions stay until retention ends",
        status_code=204,
    )
    async def close(self, request: ActorRequest, data: JSONBody[ClosureIn]) -> None:
        await actions.close_account(request.user, data.password)

    @get(
        "/accounts/{account_id:uuid}/export",
        permission=Permission.EXPORT_PEOPLE,
        summary="All that is held about a person; noted in the trail",
    )
    async def of_person(self, request: ActorRequest, account_id: FromPath[UUID]) -> dict[str, Any]:
        return await actions.export_person(request.user, account_id)

    @post(
        "/accounts/{account_id:uuid}/erasure",
        permission=Permission.ERASE_PEOPLE,
        summary="Erase a person; facts stay under the id, so counts stay",
        status_code=204,
    )
    async def erase(
        self, request: ActorRequest, account_id: FromPath[UUID], data: JSONBody[ErasureIn]
    ) -> None:
        await actions.erase(request.user, account_id, reason=data.reason)

    @put(
        "/accounts/{account_id:uuid}/hold",
        permission=Permission.ERASE_PEOPLE,
        summary="Put a legal hold on a person: nothing is erased until it is lifted",
        status_code=204,
    )
    async def hold(
        self, request: ActorRequest, account_id: FromPath[UUID], data: JSONBody[ErasureIn]
    ) -> None:
        await retention.hold(request.user, account_id, reason=data.reason)

    @delete(
        "/accounts/{account_id:uuid}/hold",
        permission=Permission.ERASE_PEOPLE,
        summary="Lift a legal hold",
    )
    async def lift(self, request: ActorRequest, account_id: FromPath[UUID]) -> None:
        await retention.lift(request.user, account_id)
