"""What staff does with certificates, over JSON: revoking, and many as one file."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from msgspec import Meta

from connect import files
from connect.certificates.api import CertificateOut, shown
from connect.certificates.batches import MOST, Chosen, batch_of, open_batch
from connect.certificates.revocations import (
    decide,
    ends_at,
    numbers_of,
    proposals,
    propose,
    revoke,
    state_of,
)
from connect.certificates.tables import CertificateBatch, ProposalState, RevocationProposal
from connect.errors import NotFound
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


class BatchIn(msgspec.Struct, forbid_unknown_fields=True):
    """Certificates by number, or all that fit what is said; the days are those of issue."""

    numbers: Annotated[list[Line], Meta(max_length=MOST)] = []
    agency: UUID | None = None
    course: Line = ""
    since: date | None = None
    until: date | None = None


class BatchOut(msgspec.Struct):
    id: UUID
    state: str
    total: int
    done: int
    file: str | None  # where to get it, when it is done


def batch_shown(row: CertificateBatch) -> BatchOut:
    file = f"/api/v1/certificate-batches/{row.id}/file" if row.file else None
    return BatchOut(row.id, row.state, row.total, row.done, file)


def batch_file(row: CertificateBatch) -> Stream:
    """The ZIP of a batch as a download.

    Raises:
        NotFound: it is not made yet, or was removed.
    """
    if row.file is None:
        raise NotFound
    return Stream(
        files.pieces(row.file),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="certificates-{row.id}.zip"'},
    )


class BatchesApi(Controller):
    path = "/api/v1/certificate-batches"
    tags = ["certificates"]

    @post(
        "/",
        permission=Permission.EXPORT_CERTIFICATES,
        summary="Many certificates as one ZIP with a manifest, made by the worker",
        status_code=202,
    )
    async def open(self, request: ActorRequest, data: JSONBody[BatchIn]) -> Response[BatchOut]:
        async def act() -> tuple[int, BatchOut]:
            chosen = Chosen(**msgspec.structs.asdict(data))
            return 202, batch_shown(await open_batch(request.user, chosen))

        return await once(request, act)

    @get(
        "/{batch_id:uuid}",
        permission=Permission.EXPORT_CERTIFICATES,
        summary="How far a batch is",
    )
    async def batch(self, request: ActorRequest, batch_id: FromPath[UUID]) -> BatchOut:
        return batch_shown(await batch_of(request.user, batch_id))

    @get(
        "/{batch_id:uuid}/file",
        permission=Permission.EXPORT_CERTIFICATES,
        summary="The ZIP of a batch; kept for 7 days",
        media_type="application/zip",
    )
    async def file(self, request: ActorRequest, batch_id: FromPath[UUID]) -> Stream:
        return batch_file(await batch_of(request.user, batch_id))
