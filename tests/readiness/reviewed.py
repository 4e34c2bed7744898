"""Reviews of agencies and the memberships they lead to, as rows."""

from datetime import date
from typing import Any

import make
from agencies import made
from connect import clock
from connect.agencies.tables import Agency
from connect.db import transaction
from connect.policy import Actor, Role
from connect.readiness.memberships import admit
from connect.readiness.tables import Membership, Review, ReviewAnswer, ReviewState

SET = "law-enforcement/2026.1"
FACTS = {"population": "41200", "population_source": "Census 2020", "population_year": "2020"}


async def approver() -> Actor:
    return await make.staff(Role.APPROVER)


async def review(
    agency: Agency, state: ReviewState = ReviewState.SUBMITTED, **changes: Any
) -> Review:
    """A review that was submitted now, with what the agency wrote of its population."""
    opener = await make.account()
    given: dict[str, Any] = {
        "agency": agency.id,
        "kind": "new",
        "state": state,
        "requirements": SET,
        "opened_by": opener.id,
        "submitted_at": clock.now(),
        **changes,
    }
    row = Review(**given)
    await row.save()
    for field, value in FACTS.items():
        await ReviewAnswer(review=row.id, field=field, value=value, saved_by=opener.id).save()
    return row


async def close(row: Review, state: ReviewState) -> None:
    await Review.update({Review.state: state, Review.state_since: clock.now()}).where(
        Review.id == row.id
    )


async def approve(row: Review, day: date | None = None, actor: Actor | None = None) -> Membership:
    """Decide a review today, or on *day*, as the approver does."""
    actor = actor or await approver()
    async with transaction():
        await close(row, ReviewState.APPROVED)
        return await admit(actor, row, day or clock.today())


async def member(agency: Agency | None = None, day: date | None = None) -> Membership:
    """The first term of an agency."""
    return await approve(await review(agency or await made.agency()), day)
