"""The evidence packet of a review as a download, for programs and in the browser."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get
from litestar.params import FromPath
from litestar.response import Stream

from connect.policy import Actor, Permission
from connect.readiness.packets import packet_of, zipped

ActorRequest = Request[Actor, Any, Any]


async def packet_file(actor: Actor, review_id: UUID) -> Stream:
    """The packet as it is being made; what can be refused was refused before its first byte."""
    packet = await packet_of(actor, review_id)
    return Stream(
        zipped(packet),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{packet.name}.zip"'},
    )


class PacketsApi(Controller):
    path = "/api/v1/reviews"
    tags = ["readiness"]

    @get(
        "/{review_id:uuid}/packet.zip",
        permission=Permission.READ_READINESS,
        summary="Policy, findings, roster, affirmation and decision as one ZIP with a manifest",
    )
    async def packet(self, request: ActorRequest, review_id: FromPath[UUID]) -> Stream:
        return await packet_file(request.user, review_id)


class PacketFiles(Controller):
    path = "/reviews"
    include_in_schema = False

    @get("/{review_id:uuid}/packet.zip", permission=Permission.READ_READINESS)
    async def packet(self, request: ActorRequest, review_id: FromPath[UUID]) -> Stream:
        return await packet_file(request.user, review_id)
