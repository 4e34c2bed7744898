"""What a renewal takes over from the application that was approved before it."""

from datetime import date
from uuid import UUID

from connect import clock
from connect.agencies.queries import family_of
from connect.audit import record
from connect.config import settings
from connect.policy import Actor
from connect.readiness.facts import facts_of
from connect.readiness.tables import Evidence, PolicyDocument, Review, ReviewState


async def approved_before(agency: UUID) -> Review | None:
    """The last application of an agency, or of one merged into it, that was approved."""
    return (
        await Review.objects()
        .where(Review.agency.is_in(await family_of(agency)), Review.state == ReviewState.APPROVED)
        .order_by(Review.decided_at, ascending=False)
        .first()
    )


async def answers_of(former: Review) -> tuple[dict[str, str], date]:
    """What was answered then, and the day of that decision."""
    decided = former.decided_at or former.state_since
    return await facts_of(former), clock.day_in(settings().time_zone, decided)


async def carry_policy(actor: Actor, former: Review, review: Review) -> int:
    """Put the policy that was approved into the renewal, with where each element stands in it.

    The agency replaces what has changed since, and a reviewer sees the difference.

    Returns:
        How many documents were carried over.
    """
    table = PolicyDocument
    its = (
        await table.objects()
        .where(table.review == former.id, table.replaced_at.is_null())
        .order_by(table.uploaded_at)
    )
    fresh: dict[UUID, UUID] = {}
    for old in its:
        same = ("title", "file_name", "content_type", "size", "sha256", "pages")
        kept = {name: getattr(old, name) for name in same}
        row = table(review=review.id, uploaded_by=actor.id, **kept)
        await table.insert(row)
        fresh[old.id] = row.id
        facts = {"review": review.id, "from": old.id, "sha256": row.sha256}
        await record(actor, "policy_document.carried_over", table, of=row.id, **facts)
    for point in await Evidence.objects().where(Evidence.review == former.id):
        if point.document in fresh:
            place = Evidence(
                review=review.id,
                element=point.element,
                document=fresh[point.document],
                page=point.page,
                passage=point.passage,
                pointed_by=actor.id,
            )
            await Evidence.insert(place)
    return len(fresh)
