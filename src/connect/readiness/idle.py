"""Applications of which nothing was heard for a year, while it was the agency's turn; a job."""

from datetime import date, datetime
from uuid import UUID

from connect import clock
from connect.agencies.queries import standing_agency
from connect.audit import record
from connect.config import settings
from connect.db import transaction
from connect.policy import SYSTEM
from connect.readiness.findings_rules import OVER, WARNED, idle_fate
from connect.readiness.review_queries import held_review
from connect.readiness.reviewing import tell_agency
from connect.readiness.tables import (
    Affirmation,
    Evidence,
    PolicyDocument,
    Review,
    ReviewAnswer,
    ReviewMessage,
    ReviewState,
)

# What waits for the program does not end by the program's silence.
AGENCYS_TURN = [ReviewState.DRAFT, ReviewState.CHANGES_REQUESTED]
SIGNS = [  # of life, with the moment that each row keeps
    (ReviewAnswer.review, ReviewAnswer.saved_at),
    (PolicyDocument.review, PolicyDocument.uploaded_at),
    (Evidence.review, Evidence.pointed_at),
    (Affirmation.review, Affirmation.asked_at),
    (Affirmation.review, Affirmation.affirmed_at),
    (ReviewMessage.review, ReviewMessage.sent_at),
]


async def end_idle() -> None:
    """Close applications after a year of silence, and tell their agencies a month before; job."""
    today = clock.today()
    # Days differ between zones and months in length: whoever is near is looked at.
    before = clock.midnight(settings().time_zone, clock.months_after(today, -WARNED + 1))
    rows = (
        await Review.select(Review.id)
        .where(Review.state.is_in(AGENCYS_TURN), Review.state_since < before)
        .order_by(Review.id)
    )
    for row in rows:
        await _look(row["id"], today)


async def _look(review_id: UUID, today: date) -> None:
    async with transaction():
        review = await held_review(review_id)
        if review.state not in AGENCYS_TURN:
            return
        last = clock.day_in(settings().time_zone, await last_sign(review))
        fate = idle_fate(last, today)
        agency = await standing_agency(review.agency)
        once = f"{review.id} {last}"
        if fate == "warn":
            closes_on = clock.months_after(last, OVER)
            await tell_agency(review, agency, "readiness/idle", once=once, closes_on=closes_on)
        elif fate == "stale":
            await record(SYSTEM, "review.stale", Review, of=review.id, before=review.state)
            review.state, review.state_since = ReviewState.STALE, clock.now()
            await review.save([Review.state, Review.state_since])
            await tell_agency(review, agency, "readiness/stale", once=once)


async def last_sign(review: Review) -> datetime:
    """When something was last done for an application by either side."""
    moments: list[datetime] = [review.state_since]
    for its_review, at in SIGNS:
        table = its_review._meta.table
        row = (
            await table.select(at)
            .where(its_review == review.id, at.is_not_null())
            .order_by(at, ascending=False)
            .first()
        )
        if row:
            moments.append(row[at._meta.name])
    return max(moments)
