"""An application with everything that is shown of it."""

from collections.abc import Sequence
from uuid import UUID

from connect import clock
from connect.db import fetch
from connect.readiness.application_rules import Item
from connect.readiness.applications import affirmed, asked_of, open_items
from connect.readiness.coverage import coverage_of
from connect.readiness.facts import judging_day
from connect.readiness.progress import TURNS, Known, Step, Turn, steps_of
from connect.readiness.rules import Criterion
from connect.readiness.tables import (
    Affirmation,
    Evidence,
    Finding,
    PolicyDocument,
    Review,
    ReviewState,
)

NEWEST_FINDINGS = """
SELECT f.element, f.id FROM policy_finding f
WHERE f.review = {} AND f.id = (SELECT g.id FROM policy_finding g
  WHERE g.review = f.review AND g.element = f.element ORDER BY g.found_at DESC, g.id DESC LIMIT 1)
"""


async def current_review(agency: UUID) -> Review | None:
    """An agency's newest application: the open one, if there is one."""
    return (
        await Review.objects()
        .where(Review.agency == agency)
        .order_by(Review.opened_at, ascending=False)
        .order_by(Review.id, ascending=False)
        .first()
    )


async def judged_coverage(review: Review) -> list[Criterion]:
    """The training of the roster that is judged: that of the last submission (R16, R17).

    Exemptions and the age of training go by today, and by the day of the decision once it is made.
    """
    on, of = judging_day(review), review.judged_on
    return await coverage_of(review.agency, asked_of(review), on, roster_of=of)


async def documents_of(review: Review) -> list[PolicyDocument]:
    """Everything that was handed in as policy, newest first."""
    table = PolicyDocument
    return (
        await table.objects()
        .where(table.review == review.id)
        .order_by(table.uploaded_at, ascending=False)
        .order_by(table.id, ascending=False)
    )


async def evidence_of(review: Review) -> dict[str, Evidence]:
    """Where the agency says that each element stands."""
    rows = await Evidence.objects().where(Evidence.review == review.id)
    return {row.element: row for row in rows}


async def findings_of(review: Review) -> dict[str, Finding]:
    """The newest finding of each element."""
    ids = [row["id"] for row in await fetch(NEWEST_FINDINGS, review.id)]
    rows = await Finding.objects().where(Finding.id.is_in(ids)) if ids else []
    return {row.element: row for row in rows}


def told_of(review: Review, findings: dict[str, Finding]) -> dict[str, Finding]:
    """Those of *findings* that the agency was told of: with the last return, or the decision."""
    if TURNS.get(ReviewState(review.state)) not in (Turn.REVIEWER, Turn.APPROVER):
        return findings
    until = review.returned_at
    return {e: row for e, row in findings.items() if until and row.found_at <= until}


async def waiting_link(review: Review) -> Affirmation | None:
    """The link that an executive has and has not used, while it is good."""
    return (
        await Affirmation.objects()
        .where(
            Affirmation.review == review.id,
            Affirmation.affirmed_at.is_null(),
            Affirmation.voided_at.is_null(),
            Affirmation.expires_at > clock.now(),
        )
        .order_by(Affirmation.asked_at, ascending=False)
        .first()
    )


async def progress_of(
    review: Review,
    *,
    told: bool = False,
    items: Sequence[Item] | None = None,
    coverage: Sequence[Criterion] | None = None,
) -> list[Step]:
    """Per criterion: what is met, what is missing, whose turn it is and since when.

    Args:
        told: only with the findings that the agency was told of.
        items, coverage: of the same moment, when they were read already.
    """
    findings = await findings_of(review)
    documents = [row for row in await documents_of(review) if row.replaced_at is None]
    link = await waiting_link(review)
    known = Known(
        items=await open_items(review) if items is None else items,
        coverage=await judged_coverage(review) if coverage is None else coverage,
        policy_since=documents[0].uploaded_at if documents else None,
        pointed={e: row.pointed_at for e, row in (await evidence_of(review)).items()},
        findings=told_of(review, findings) if told else findings,
        affirmed=await affirmed(review),
        asked_at=link.asked_at if link else None,
    )
    return steps_of(review, asked_of(review), known)
