"""Documents that show where somebody works: who reads them, when they go.

What may be one, and how it is kept, is told by ``uploads``.
"""

from datetime import timedelta
from uuid import UUID

from connect import clock, uploads
from connect.accounts.cases import WAITING, CaseDecided, case_held
from connect.accounts.tables import CaseRoute, EligibilityCase
from connect.audit import record
from connect.db import fetch, transaction
from connect.errors import NotFound
from connect.jobs import enqueue
from connect.policy import SYSTEM, Actor, Permission
from connect.uploads import Kept

KEPT = timedelta(days=90)  # after the decision, for a second look; then the file is removed


async def keep_document(actor: Actor, data: bytes) -> Kept:
    """Check and store *data*, before the transaction that names it.

    Raises:
        Invalid, TooMany: as ``uploads.keep``.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    return await uploads.keep(actor, data)


async def attach_document(actor: Actor, case_id: UUID, data: bytes) -> EligibilityCase:
    """Put a document to one's own request that waits for a registrar, in place of an earlier one.

    Raises:
        NotFound: no such request, or not one's own.
        CaseDecided: it does not wait any more.
        Invalid, TooMany: as ``keep_document``.
    """
    await _own_waiting(actor, case_id)
    document = await keep_document(actor, data)
    async with transaction():
        await case_held(case_id)
        case = await _own_waiting(actor, case_id)
        if case.document:
            await enqueue("records.remove_files", digests=[case.document])
        case.document, case.document_kind = document.digest, document.kind
        case.document_size = document.size
        await case.save(list(DOCUMENT))
        await record(actor, "case.document_added", EligibilityCase, of=case.id, size=document.size)
    return case


DOCUMENT = (
    EligibilityCase.document,
    EligibilityCase.document_kind,
    EligibilityCase.document_size,
)


async def _own_waiting(actor: Actor, case_id: UUID) -> EligibilityCase:
    case = await _case(case_id)
    if case.account != actor.id or case.route != CaseRoute.DOCUMENT:
        raise NotFound
    if case.state not in WAITING:
        raise CaseDecided
    return case


async def _case(case_id: UUID) -> EligibilityCase:
    case = await EligibilityCase.objects().where(EligibilityCase.id == case_id).first()
    if case is None:
        raise NotFound
    return case


async def document_of(actor: Actor, case_id: UUID) -> tuple[str, bytes]:
    """The kind and the bytes of a request's document, for its owner and for who decides it.

    A registrar reads it while the request waits, later only if the decision was theirs; each
    reading by one is noted in the trail.

    Raises:
        NotFound: there is none, or it is not the actor's to read.
    """
    case = await _case(case_id)
    own = case.account == actor.id
    decides = case.state in WAITING or case.decided_by == actor.id
    if not actor.may(Permission.READ_DOCUMENT, owner=case.account) or not (own or decides):
        raise NotFound
    if not case.document or not case.document_kind:
        raise NotFound
    data = await uploads.opened(case.document)
    if not own:
        async with transaction():
            await record(
                actor, "case.document_read", EligibilityCase, of=case.id, person=case.account
            )
    return case.document_kind, data


OLD = """
SELECT c.id FROM eligibility_case c JOIN account a ON a.id = c.account
WHERE c.document IS NOT NULL AND c.decided_at < {} AND a.held_at IS NULL ORDER BY c.id
"""


async def old_documents() -> list[UUID]:
    """The requests whose documents are to go: decided 90 days ago, and on no legal hold."""
    return [row["id"] for row in await fetch(OLD, clock.now() - KEPT)]


async def forget_documents() -> None:
    """Remove the documents of requests that were decided 90 days ago; job."""
    for case_id in await old_documents():
        async with transaction():
            case, _ = await case_held(case_id)
            if not case.document:
                continue
            await enqueue("records.remove_files", digests=[case.document])
            case.document = case.document_kind = case.document_size = None
            await case.save(list(DOCUMENT))
            await record(SYSTEM, "case.document_removed", EligibilityCase, of=case.id)
