"""Where in its policy an agency says that each element stands."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from connect import clock
from connect.audit import record
from connect.db import transaction
from connect.errors import Invalid, NotFound
from connect.policy import Actor
from connect.readiness.applications import asked_of, in_the_agencys_hands
from connect.readiness.passages import page_with, passage_fault
from connect.readiness.tables import Evidence, PolicyDocument, Review

LONGEST = 4_000  # characters of a passage


async def point(
    actor: Actor,
    review_id: UUID,
    element: str,
    *,
    document: UUID,
    page: int | None = None,
    passage: str = "",
) -> Evidence:
    """Say where an element stands; again, it says so anew. Without a page it is looked for.

    Raises:
        NotFound: no such review of the actor's, or no such element.
        NotYourTurn: the agency may not change it now.
        Invalid: the document is no current one, or the words do not stand there.
    """
    passage = passage.strip()
    async with transaction():
        review = await in_the_agencys_hands(actor, review_id)
        if element not in {one.id for one in asked_of(review).elements}:
            raise NotFound
        its = await _current(review, document)
        if its is None:
            raise Invalid({"document": "Choose one of your current documents."})
        pages = pages_in(its)
        if len(passage) > LONGEST:
            raise Invalid({"passage": f"Copy at most {LONGEST:,} characters."})
        if wrong := passage_fault(pages, passage, page):
            raise Invalid(wrong)
        if page is None and not passage:
            raise Invalid({"page": "Write the page, or copy the words."})
        place = page or page_with(pages, passage)
        return await _write(actor, review, element, its.id, place, passage)


async def follow(
    actor: Actor, review: Review, old: PolicyDocument, new: PolicyDocument, pages: Sequence[str]
) -> None:
    """Point to the new document wherever the words of the old one stand in it, too.

    What is not found stays with the old document: it is gone, and has to be pointed at anew.
    """
    for row in await Evidence.objects().where(Evidence.document == old.id):
        place = page_with(pages, row.passage)
        if place is not None:  # the agency said nothing new: by whom and when stays
            row.document, row.page = new.id, place
            await row.save([Evidence.document, Evidence.page])
            facts = {"element": row.element, "document": new.id, "page": place}
            await record(actor, "review.followed", Review, of=review.id, **facts)


async def _write(
    actor: Actor,
    review: Review,
    element: str,
    document: UUID,
    page: int | None,
    passage: str,
    *,
    at: datetime | None = None,
) -> Evidence:
    row = Evidence(
        review=review.id,
        element=element,
        document=document,
        page=page,
        passage=passage,
        pointed_by=actor.id,
        pointed_at=at or clock.now(),
    )
    changed = [
        *(Evidence.document, Evidence.page, Evidence.passage),
        *(Evidence.pointed_by, Evidence.pointed_at),
    ]
    await Evidence.insert(row).on_conflict(
        target=(Evidence.review, Evidence.element), action="DO UPDATE", values=changed
    )
    facts = {"element": element, "document": document, "page": page, "passage": passage}
    await record(actor, "review.pointed", Review, of=review.id, **facts)
    return row


async def _current(review: Review, document: UUID) -> PolicyDocument | None:
    table = PolicyDocument
    return (
        await table.objects()
        .where(table.id == document, table.review == review.id, table.replaced_at.is_null())
        .first()
    )


def pages_in(document: PolicyDocument) -> list[str]:
    """The text of each page of a document."""
    return msgspec.json.decode(document.pages, type=list[str])
