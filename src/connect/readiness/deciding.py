"""The decision on a review: by another person, on exactly the state that was reviewed (R19)."""

from enum import StrEnum
from uuid import UUID

import msgspec

from connect import clock
from connect.agencies.queries import standing_agency
from connect.agencies.tables import Agency
from connect.audit import record
from connect.config import settings
from connect.db import transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.policy import Actor, Permission
from connect.readiness import memberships
from connect.readiness.checklist import material_of
from connect.readiness.review_queries import held_review, is_tied
from connect.readiness.reviewing import NotNow, NotReady, Tied, must_be_present, tell_agency
from connect.readiness.snapshots import keep_state, state_of
from connect.readiness.tables import Finding, Membership, Review, ReviewState


class Decision(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"


class DecidedAlready(Conflict):
    message = "Somebody else has decided on this application: it was {state} on {day}."


class SamePerson(Forbidden):
    message = "You reviewed this application. Another approver has to decide on it."


class Decided(msgspec.Struct, frozen=True):
    review: Review
    membership: Membership | None


async def decide(
    actor: Actor, review_id: UUID, verdict: Decision, reasons: str, digest: str
) -> Decided:
    """Make the agency a member, or decline with reasons; of exactly the state *digest*.

    What was recommended can be approved; what is in review can be declined, too.

    Raises:
        StepUpNeeded: the actor's last proof of who it is is too old.
        NotFound: no such review.
        SamePerson: the actor took part in the review, while the rule of two persons is on.
        Tied: the actor has a tie to the agency.
        DecidedAlready, NotNow: by how it stands.
        StateChanged: it is not that state any more; what changed.
        NotReady: something is missing after all.
        Invalid: it is declined without a reason.
    """
    actor.must(Permission.DECIDE_READINESS)
    actor.must_be_fresh()
    async with transaction():
        review = await held_review(review_id)
        agency = await standing_agency(review.agency, lock=True)  # the roster stays as it is
        _must_be_open(review, verdict)
        alone = await _took_part(actor, review)
        if alone and settings().two_persons == "on":
            raise SamePerson
        if await is_tied(actor.id, agency.id):
            raise Tied(who="You")
        if verdict is Decision.DECLINED and not reasons.strip():
            raise Invalid({"reasons": "Write why, so that the agency knows what to do."})
        return await _decide(actor, review, agency, verdict, reasons.strip(), digest)


async def _decide(
    actor: Actor, review: Review, agency: Agency, verdict: Decision, reasons: str, digest: str
) -> Decided:
    material = await material_of(review)
    state = await state_of(review, material)
    if verdict is Decision.APPROVED:
        await must_be_present(review, review.recommended_hash or "", state)
    await must_be_present(review, digest, state)
    if verdict is Decision.APPROVED and material.missing:
        raise NotReady(what=" ".join(material.missing))
    review.decided_hash = await keep_state(review, state, "decision")
    review.decided_by, review.decided_at = actor.id, clock.now()
    review.decided_alone = settings().two_persons != "on"
    review.answered_at = review.answered_at or clock.now()
    review.state, review.state_since = ReviewState(verdict), clock.now()
    review.reasons = reasons
    await review.save()
    await record(
        actor,
        f"review.{verdict}",
        Review,
        of=review.id,
        hash=digest,
        reviewer=review.reviewer,
        two_persons=settings().two_persons,
    )
    membership = None
    if verdict is Decision.APPROVED:
        membership = await memberships.admit(actor, review, clock.today())
    await tell_agency(
        review,
        agency,
        f"readiness/{verdict}",
        reasons=reasons,
        starts_on=membership.starts_on if membership else None,
        ends_on=membership.ends_on if membership else None,
    )
    return Decided(review, membership)


def _must_be_open(review: Review, verdict: Decision) -> None:
    if review.submitted_at is None:
        raise NotFound
    if review.decided_at is not None:
        day = clock.day_in(settings().time_zone, review.decided_at)
        raise DecidedAlready(state=review.state, day=f"{day:%B} {day.day}, {day.year}")
    states = [ReviewState.RECOMMENDED]
    if verdict is Decision.DECLINED:
        states.append(ReviewState.IN_REVIEW)
    if review.state not in states:
        raise NotNow(why="This application is not recommended, so there is nothing to decide yet.")


async def _took_part(actor: Actor, review: Review) -> bool:
    """Whether somebody reviewed what is to be decided on."""
    if actor.id in (review.reviewer, review.recommended_by):
        return True
    return await Finding.exists().where(Finding.review == review.id, Finding.found_by == actor.id)
