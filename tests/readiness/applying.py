"""An agency on its way into the program, valid by default."""

from datetime import timedelta
from typing import Any

from agencies import made
from connect import clock, security
from connect.agencies.tables import Agency
from connect.policy import Actor
from connect.readiness import applications
from connect.readiness.tables import (
    Affirmation,
    PolicyDocument,
    Review,
    ReviewKind,
    RosterLine,
)

FACTS = {
    "ori": "IA0070100",
    "population": "41200",
    "population_source": "Census 2020",
    "population_year": "2020",
    "employees": "88",
    "sworn": "60",
    "policy_implemented_on": "2025-01-15",
    "policy_training": "Online",
}


async def police(**changes: Any) -> tuple[Agency, Actor]:
    """A police department without any fact on its page, and its coordinator."""
    agency = await made.agency(**{"ori": None, "domains": ("cedarfallspd.example",), **changes})
    return agency, await made.coordinator(agency)


async def opened(agency: Agency, coordinator: Actor, kind: ReviewKind = ReviewKind.NEW) -> Review:
    return await applications.open_review(coordinator, agency.id, kind)


async def ready(agency: Agency, coordinator: Actor) -> Review:
    """An application of a police department that lacks nothing."""
    review = await opened(agency, coordinator)
    assert await applications.answer(coordinator, review.id, FACTS) == {}
    await RosterLine(
        agency=agency.id,
        name="Pat Patrol",
        category="patrol",
        since=clock.today(),
        made_by=coordinator.id,
    ).save()
    await policy(review, coordinator)
    await affirmed(review, coordinator)
    return review


async def policy(review: Review, by: Actor, **changes: Any) -> PolicyDocument:
    """A policy without its file."""
    row = PolicyDocument(
        **{
            "review": review.id,
            "title": "Missing children",
            "file_name": "policy.pdf",
            "content_type": "application/pdf",
            "size": 1,
            "sha256": "a" * 64,
            "uploaded_by": by.id,
            **changes,
        }
    )
    await row.save()
    return row


async def affirmed(review: Review, by: Actor, **changes: Any) -> Affirmation:
    """An executive's word for the facts as they are now."""
    row = Affirmation(
        **{
            "review": review.id,
            "token_hash": security.token_hash(security.new_token()),
            "email": "chief@cedarfallspd.example",
            "asked_by": by.id,
            "expires_at": clock.now() + timedelta(days=14),
            "facts_hash": await applications.facts_hash_of(review),
            "name": "Chris Chief",
            "title": "Chief",
            "affirmed_at": clock.now(),
            **changes,
        }
    )
    await row.save()
    return row


async def submitted(agency: Agency, coordinator: Actor) -> Review:
    review = await ready(agency, coordinator)
    return await applications.submit(coordinator, review.id)
