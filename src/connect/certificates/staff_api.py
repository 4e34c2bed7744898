"""What staff does with certificates, over JSON: revoking."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, JSONBody

from connect.certificates.api import CertificateOut, shown
from connect.certificates.revocations import (
    decide,
    ends_at,
    numbers_of,
    proposals,
    propose,
    revoke,
    state_of,
)
from connect.certificates.tables import ProposalState, RevocationProposal
from connect.fields import Line, Reason
from connect.idempotency import once
from connect.paging import Page
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
SHOWN = 100  # proposals, the newest first


class RevocationIn(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason = ""


class ProposalIn(msgspec.Struct, forbid_unknown_fields=True):
    numbers: list[Line]
    reason: Reason = ""


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class DecisionIn(msgspec.Struct, forbid_unknown_fields=True):
    verdict: Verdict


class ProposalOut(msgspec.Struct):
    id: UUID
    numbers: list[str]
    reason: str
    state: ProposalState
    made_by: UUID
    made_at: datetime
    ends_at: datetime


def proposal_shown(row: RevocationProposal) -> ProposalOut:
    return ProposalOut(
        row.id,
        numbers_of(row),
        row.reason,
        state_of(row),
        row.made_by,
        row.made_at,
        ends_at(row),
    )


class RevocationsApi(Controller):
    path = "/api/v1"
    tags = ["certificates"]

    @post(
        "/certificates/{number:str}/revocation",
        permission=Permission.REVOKE_CERTIFICATES,
        summary="Revoke a certificate; its holder is told why",
        status_code=200,
    )
    async def revoke(
        self, request: ActorRequest, number: FromPath[str], data: JSONBody[RevocationIn]
    ) -> CertificateOut:
        return shown(await revoke(request.user, number, reason=data.reason))

    @post(
        "/certificate-revocations",
        permission=Permission.REVOKE_CERTIFICATES,
        summary="Propose to revoke several; another person confirms within 7 days",
        status_code=201,
    )
    async def propose(
        self, request: ActorRequest, data: JSONBody[ProposalIn]
    ) -> Response[ProposalOut]:
        async def act() -> tuple[int, ProposalOut]:
            row = await propose(request.user, data.numbers, reason=data.reason)
            return 201, proposal_shown(row)

        return await once(request, act)

    @get(
        "/certificate-revocations",
        permission=Permission.REVOKE_CERTIFICATES,
        summary="The newest proposals",
    )
    async def proposals(self, request: ActorRequest) -> Page[ProposalOut]:
        rows = await proposals(request.user, limit=SHOWN)
        return Page([proposal_shown(found["row"]) for found in rows], None)

    @post(
        "/certificate-revocations/{proposal_id:uuid}/decision",
        permission=Permission.REVOKE_CERTIFICATES,
        summary="Confirm a proposal of somebody else, or withdraw one",
        status_code=200,
    )
    async def decide(
        self, request: ActorRequest, proposal_id: FromPath[UUID], data: JSONBody[DecisionIn]
    ) -> ProposalOut:
        confirm = data.verdict is Verdict.CONFIRMED
        return proposal_shown(await decide(request.user, proposal_id, confirm=confirm))
