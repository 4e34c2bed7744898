"""An application as it lies before its reviewer: documents, passages, findings, who is trained."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from connect.agencies.queries import standing_agency
from connect.readiness import findings_rules as found
from connect.readiness.coverage import rostered
from connect.readiness.criteria import RequirementSet
from connect.readiness.facts import affirmed, asked_of, facts_of, judging_day
from connect.readiness.findings_rules import Mark
from connect.readiness.rules import Criterion, Rostered, criteria_of
from connect.readiness.tables import Evidence, Finding, PolicyDocument, Review, ReviewState


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """All of a review that is judged, as it stands now."""

    review: Any  # Review
    agency: Any  # Agency
    asked: RequirementSet
    documents: list[Any]  # PolicyDocument, oldest first, with those that were replaced
    evidence: dict[str, Any]  # element → Evidence
    findings: dict[str, Any]  # element → the newest Finding
    facts: dict[str, str] = {}
    people: list[Rostered] = []  # whose training is judged
    training: list[Criterion] = []
    affirmation: Any = None  # Affirmation

    @property
    def current(self) -> list[Any]:
        """The documents that are the policy now (R18)."""
        return [one for one in self.documents if one.replaced_at is None]

    @property
    def marks(self) -> dict[str, Mark]:
        return {element.id: self.mark(element.id) for element in self.asked.elements}

    @property
    def missing(self) -> list[str]:
        """What stands in the way of a recommendation, in sentences."""
        affirmed = self.affirmation is not None
        return found.missing(self.asked, self.marks, self.training, affirmed=affirmed)

    def document(self, document_id: UUID | None) -> Any:
        """A document of the review, or None."""
        return next((one for one in self.documents if one.id == document_id), None)

    def successor(self, document: Any) -> Any:
        """The document that stands for this one now; None: it was taken out of the policy."""
        while document is not None and document.replaced_at is not None:
            document = next((one for one in self.documents if one.replaces == document.id), None)
        return document

    def mark(self, element: str) -> Mark:
        """How an element stands."""
        finding, evidence = self.findings.get(element), self.evidence.get(element)
        return found.mark_of(
            finding.finding if finding else None,
            found_at=finding.found_at if finding else None,
            pointed_at=evidence.pointed_at if evidence else None,
            handed_in_again=self.handed_in_again,
            rests=finding is not None and self._rests(finding, evidence),
        )

    @property
    def handed_in_again(self) -> datetime | None:
        """When changes were last asked for, if they were handed in since."""
        waits = self.review.state == ReviewState.CHANGES_REQUESTED
        returned: datetime | None = self.review.returned_at
        return None if waits else returned

    def _rests(self, finding: Any, evidence: Any) -> bool:
        document = self.document(finding.document)
        if document is None:
            return all(one.uploaded_at <= finding.found_at for one in self.documents)
        its = pages_of(document)
        page_text = its[finding.page - 1] if finding.page and finding.page <= len(its) else None
        now = self.successor(document)
        seen = evidence is not None and evidence.pointed_at <= finding.found_at
        same = seen and now is not None and evidence.document in (document.id, now.id)
        return found.rests(
            passage=evidence.passage if same else "",
            page_text=page_text,
            pages=pages_of(now) if now else None,
            is_current=document.replaced_at is None,
        )


def pages_of(document: Any) -> list[str]:
    """The text of each page; empty where a document has none that can be read."""
    return msgspec.json.decode(document.pages or "[]", type=list[str])


async def material_of(review: Review) -> Material:
    """All of a review that is judged, read in few statements."""
    its = await policy_of(review)
    # As in ``judged_coverage``: the roster of the last submission, training of today (R16, R17).
    on, of = judging_day(review), review.judged_on
    people = await rostered(its.agency.id, its.asked, on, roster_of=of)
    return msgspec.structs.replace(
        its,
        facts=await facts_of(review),
        people=people,
        training=criteria_of(people, its.asked),
        affirmation=await affirmed(review),
    )


async def policy_of(review: Review) -> Material:
    """The policy alone and what was found of it; of the rest nothing."""
    documents = (
        await PolicyDocument.objects()
        .where(PolicyDocument.review == review.id)
        .order_by(PolicyDocument.uploaded_at)
        .order_by(PolicyDocument.id)
    )
    evidence = await Evidence.objects().where(Evidence.review == review.id)
    return Material(
        review=review,
        agency=await standing_agency(review.agency),
        asked=asked_of(review),
        documents=documents,
        evidence={row.element: row for row in evidence},
        findings=await found_in(review),
    )


async def found_in(review: Review) -> dict[str, Any]:
    """The newest finding of each element."""
    rows = (
        await Finding.objects()
        .where(Finding.review == review.id)
        .order_by(Finding.found_at)
        .order_by(Finding.id)
    )
    return {row.element: row for row in rows}
