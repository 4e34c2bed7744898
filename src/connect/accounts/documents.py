"""Documents that show where somebody works: what may be one, who reads it, when it goes.

Nothing here looks into a document beyond its first and last bytes, so there is nothing to blow up.
A document is sealed before it is stored: no two files are the same, and the removal of one never
takes away a file that something else needs.
"""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec

from connect import clock, files, limits
from connect.accounts.cases import WAITING, CaseDecided, case_held
from connect.accounts.tables import CaseRoute, EligibilityCase
from connect.audit import record
from connect.db import fetch, transaction
from connect.errors import Invalid, NotFound
from connect.jobs import enqueue
from connect.policy import SYSTEM, Actor, Permission
from connect.security import seal_bytes, unseal_bytes

MOST_BYTES = 5 * 1024 * 1024
KEPT = timedelta(days=90)  # after the decision, for a second look; then the file is removed
UNCLAIMED = timedelta(hours=1)  # after which a file that no request names is removed
TYPES = {"pdf": "application/pdf", "png": "image/png", "jpeg": "image/jpeg"}
BEGINS = {"pdf": b"%PDF-", "png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff"}
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
NEAR_THE_END = 1024  # bytes in which a PDF says that it ends; readers look there too


class Document(msgspec.Struct, frozen=True):
    """A document that is stored: name of the file, what it is, its bytes before it was sealed."""

    digest: str
    kind: str
    size: int


def kind_of(data: bytes) -> str:
    """What *data* begins as: a key of ``TYPES``, or nothing. A name or a stated type counts not."""
    return next((kind for kind, begin in BEGINS.items() if data.startswith(begin)), "")


def document_fault(data: bytes) -> str:
    """Why *data* is no document that can be taken, as a sentence; empty when it is one."""
    if not data:
        return "This file is empty. Choose another."
    if not (kind := kind_of(data)):
        return "This is not a PDF, PNG or JPEG. Save it as one of these, whatever its name is now."
    if len(data) > MOST_BYTES:
        return "This file is larger than 5 MB. Scan it with fewer colors, or send one page."
    if not _is_whole(kind, data):
        return f"This {kind.upper()} is cut off: its end is missing. Save it again, then send it."
    return ""


def _is_whole(kind: str, data: bytes) -> bool:
    if kind == "pdf":
        return b"%%EOF" in data[-NEAR_THE_END:]
    return data.endswith(PNG_END) if kind == "png" else data.rstrip(b"\x00").endswith(b"\xff\xd9")


async def keep_document(actor: Actor, data: bytes) -> Document:
    """Check and store *data*, before the transaction that names it.

    A job is written first that removes the file unless a request names it by then, so that
    nothing is left whatever happens in between.

    Raises:
        Invalid: under ``file``, why it cannot be taken.
        TooMany: too many within the hour.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    if fault := document_fault(data):
        raise Invalid({"file": fault})
    await limits.hit(("upload", str(actor.id)))
    sealed = await asyncio.to_thread(seal_bytes, data)
    async with transaction():
        await enqueue("records.remove_files", after=UNCLAIMED, digests=[files.name_of(sealed)])
    return Document(await files.put(sealed), kind_of(data), len(data))


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
    data = await asyncio.to_thread(unseal_bytes, await files.get(case.document))
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
