"""What an application says of its agency, by which set it is judged, and who affirmed it."""

from datetime import date

from connect import clock
from connect.config import settings
from connect.readiness import application_rules as rules
from connect.readiness.criteria import RequirementSet, requirement_sets
from connect.readiness.tables import Affirmation, Review, ReviewAnswer


def asked_of(review: Review) -> RequirementSet:
    """The set that a review was opened under, and is judged by."""
    return requirement_sets()[review.requirements]


def judging_day(review: Review) -> date:
    """The day by which training and exemptions are judged: that of the decision, or today."""
    if review.decided_at is None:
        return clock.today()
    return min(clock.today(), clock.day_in(settings().time_zone, review.decided_at))


async def facts_of(review: Review) -> dict[str, str]:
    """What stands in the form: field → answer, in the order of the form; no empty answer."""
    rows = await ReviewAnswer.select(ReviewAnswer.field, ReviewAnswer.value).where(
        ReviewAnswer.review == review.id, ReviewAnswer.value != ""
    )
    given = {row["field"]: row["value"] for row in rows}
    return {fact.id: given[fact.id] for fact in asked_of(review).facts if fact.id in given}


async def facts_hash_of(review: Review) -> str:
    """Of what an executive affirms as it stands now."""
    return rules.facts_hash(asked_of(review), await facts_of(review))


async def affirmed(review: Review) -> Affirmation | None:
    """The executive's word that stands for the facts as they are."""
    return (
        await Affirmation.objects()
        .where(
            Affirmation.review == review.id,
            Affirmation.affirmed_at.is_not_null(),
            Affirmation.voided_at.is_null(),
            Affirmation.facts_hash == await facts_hash_of(review),
        )
        .order_by(Affirmation.affirmed_at, ascending=False)
        .first()
    )
