"""The policy as files: taken by their content, kept for good, replaced and never removed."""

import re
from uuid import UUID

import msgspec
from litestar import Response

from connect import clock, files, limits
from connect.agencies.rules import normal_line
from connect.audit import record
from connect.db import one, transaction
from connect.errors import Conflict, Invalid
from connect.policy import Actor
from connect.readiness import evidence
from connect.readiness.applications import in_the_agencys_hands, seen_review
from connect.readiness.policy_pages import NotTaken
from connect.readiness.policy_text import TYPES, PolicyKind, kind_of, pages_of
from connect.readiness.tables import PolicyDocument
from connect.scanner import scan
from connect.uploads import HEADERS

MOST = 20  # current documents of one application
LONGEST = 200  # characters of a title or name


class TooManyDocuments(Conflict):
    message = "An application has at most 20 current documents. Replace one of them."


class Taken(msgspec.Struct, frozen=True):
    """A file that was checked and stored, and is not part of an application yet."""

    digest: str
    kind: PolicyKind
    size: int
    pages: list[str]
    name: str


async def take(actor: Actor, review_id: UUID, data: bytes, name: str) -> Taken:
    """Check, scan, read and store a policy, before the transaction that names it.

    It is stored under the hash of its bytes, which two applications may share: it is not removed.

    Raises:
        NotFound: no such review of the actor's.
        NotYourTurn: the agency may not change it now.
        Invalid: under ``file``, why it cannot be taken.
        TooMany: too many within the hour.
    """
    await in_the_agencys_hands(actor, review_id)
    await limits.hit(("upload", str(actor.id)))
    try:
        kind = kind_of(data)
        await scan(data)
        pages = await pages_of(kind, data)
    except NotTaken as fault:
        raise Invalid({"file": str(fault)}) from None
    return Taken(await files.put(data), kind, len(data), pages, file_name(name, kind))


def file_name(given: str, kind: PolicyKind) -> str:
    """The sender's name of a file without a path, ending as its content is."""
    last = normal_line(re.split(r"[\\/]", given)[-1])
    stem = re.sub(r"[^\w .()&-]", "", last.rpartition(".")[0] or last).strip(". ")
    return f"{stem[: LONGEST - 5] or 'policy'}.{kind}"


async def add(
    actor: Actor, review_id: UUID, taken: Taken, *, title: str = "", replaces: UUID | None = None
) -> PolicyDocument:
    """Make a stored file part of the policy; of one that it replaces, what was pointed at is
    looked for again.

    Raises:
        NotFound: no such review of the actor's, or no such current document of it.
        NotYourTurn: the agency may not change it now.
        TooManyDocuments: there is no room.
        Invalid: the title.
    """
    title = normal_line(title) or taken.name.rpartition(".")[0]
    if len(title) > LONGEST or not title.isprintable():
        raise Invalid({"title": f"Write at most {LONGEST} characters, on one line."})
    async with transaction():
        review = await in_the_agencys_hands(actor, review_id)
        current = (PolicyDocument.review == review.id) & PolicyDocument.replaced_at.is_null()
        old = None
        if replaces:
            old = await one(PolicyDocument.objects().where(current, PolicyDocument.id == replaces))
        elif await PolicyDocument.count().where(current) >= MOST:
            raise TooManyDocuments
        row = PolicyDocument(
            review=review.id,
            title=title,
            file_name=taken.name,
            content_type=TYPES[taken.kind],
            size=taken.size,
            sha256=taken.digest,
            pages=msgspec.json.encode(taken.pages).decode(),
            replaces=old.id if old else None,
            uploaded_by=actor.id,
        )
        await PolicyDocument.insert(row)
        facts = {"review": review.id, "sha256": row.sha256, "replaces": row.replaces}
        await record(actor, "policy_document.uploaded", PolicyDocument, of=row.id, **facts)
        if old:
            old.replaced_at = clock.now()
            await old.save([PolicyDocument.replaced_at])
            await record(actor, "policy_document.replaced", PolicyDocument, of=old.id, by=row.id)
            await evidence.follow(actor, review, old, row, taken.pages)
    return row


async def document_of(actor: Actor, review_id: UUID, document_id: UUID) -> PolicyDocument:
    """A document of a review that the actor may read, replaced or not.

    Raises:
        NotFound: no such document, or it is not the actor's to see.
    """
    review = await seen_review(actor, review_id)
    return await one(
        PolicyDocument.objects().where(
            PolicyDocument.id == document_id, PolicyDocument.review == review.id
        )
    )


async def download(document: PolicyDocument) -> Response[bytes]:
    """Its file as it came, to be kept and never shown inside a page."""
    plain = (
        document.file_name.encode("ascii", "replace").decode().replace('"', "").replace("?", "_")
    )
    headers = HEADERS | {"content-disposition": f'attachment; filename="{plain}"'}
    data = await files.get(document.sha256)
    return Response(data, media_type=document.content_type, headers=headers)
