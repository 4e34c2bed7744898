"""The reviewer's acts: taking a review, what was found of each element, return, recommendation."""

from typing import Any
from uuid import UUID

from connect import clock
from connect.agencies.queries import standing_agency
from connect.agencies.tables import Agency
from connect.audit import record
from connect.config import settings
from connect.db import transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.readiness import findings_rules as rules
from connect.readiness.checklist import Material, material_of, pages_of
from connect.readiness.facts import asked_of
from connect.readiness.findings_rules import Mark
from connect.readiness.review_queries import (
    approvers,
    changes_since,
    coordinators_of,
    held_review,
    is_reviewer,
    is_tied,
    person,
    tell,
)
from connect.readiness.snapshots import State, hash_of, keep_state, state_of
from connect.readiness.tables import Finding, Review, ReviewMessage, ReviewState, Verdict

BEFORE_THE_DECISION = (
    ReviewState.SUBMITTED,
    ReviewState.IN_REVIEW,
    ReviewState.CHANGES_REQUESTED,
)
AT_WORK = (ReviewState.IN_REVIEW, ReviewState.RECOMMENDED)


class Tied(Forbidden):
    message = (
        "{who} worked for this agency, or held a role for it, within the last three years. "
        "Somebody else of the program has to do this."
    )


class NotTheReviewer(Forbidden):
    message = "Only the reviewer of this application may do this. Take it first."


class NotNow(Conflict):
    message = "{why} Open it again to see how it stands."


class StateChanged(Conflict):
    message = "The application has changed since you opened it. Look at it again. {what}"


class NotReady(Conflict):
    message = "This cannot be recommended yet. {what}"


async def assign(actor: Actor, review_id: UUID, account: UUID) -> Review:
    """Give a review to a reviewer, or take it oneself; the first time its review begins.

    Raises:
        NotFound: no such review, or it was never submitted.
        NotNow: it is recommended or over.
        Tied: the reviewer has a tie to the agency (R19).
        Invalid: that person is no reviewer.
    """
    actor.must(Permission.ASSIGN_REVIEWS)
    async with transaction():
        review = await held_review(review_id)
        if review.submitted_at is None:
            raise NotFound
        if review.state not in BEFORE_THE_DECISION:
            raise NotNow(why="This application waits for its decision, or is over.")
        agency = await standing_agency(review.agency)
        if not await is_reviewer(account):
            raise Invalid({"account_id": "Choose one of the program's reviewers."})
        if await is_tied(account, agency.id):
            taken = await person(account)
            who = "You" if account == actor.id else taken.legal_name if taken else "This person"
            raise Tied(who=who)
        if review.reviewer == account and review.state != ReviewState.SUBMITTED:
            return review
        before = review.reviewer
        review.reviewer = account
        if review.state == ReviewState.SUBMITTED:
            review.state, review.state_since = ReviewState.IN_REVIEW, clock.now()
        await review.save([Review.reviewer, Review.state, Review.state_since])
        await record(
            actor, "review.assigned", Review, of=review.id, reviewer=account, before=before
        )
        if account != actor.id:
            await _tell_reviewer(review, agency, "readiness/assigned", once=clock.now().isoformat())
    return review


async def find(
    actor: Actor,
    review_id: UUID,
    element: str,
    finding: str,
    *,
    document: UUID | None = None,
    page: int | None = None,
    comment: str = "",
) -> Material:
    """Write down what the reviewer found of one element; earlier findings stay.

    Without a document it is of the passage that the agency pointed at. One that was recommended
    is in review again.

    Raises:
        NotFound: no such review or element.
        NotTheReviewer, NotNow: by who asks and how it stands.
        Invalid: every bad value.
    """
    async with transaction():
        review = await held_review(review_id)
        await _must_be_at_work(actor, review)
        its = next((one for one in asked_of(review).elements if one.id == element), None)
        if its is None:
            raise NotFound
        material = await material_of(review)
        if document is None and finding != Verdict.NOT_APPLICABLE:
            document, page = _place(material, element, page)
        named = material.document(document)
        comment = comment.strip()
        pages = len(pages_of(named)) or None if named else None
        wrong = rules.finding_faults(its, finding, comment=comment, page=page, pages=pages)
        if document is not None and (named is None or named.replaced_at is not None):
            wrong["document"] = "Choose one of the documents that are the policy now."
        elif document is None and page is not None:
            wrong["document"] = "Choose the document that has this page."
        if wrong:
            raise Invalid(wrong)
        values: dict[str, Any] = {"finding": finding, "document": document, "page": page}
        values["comment"] = comment
        last = material.findings.get(element)
        same = last is not None and all(getattr(last, n) == v for n, v in values.items())
        if same and material.mark(element) is not Mark.AGAIN:
            return material
        row = Finding(review=review.id, element=element, found_by=actor.id, **values)
        await Finding.insert(row)
        await record(
            actor, "review.found", Finding, of=row.id, review=review.id, element=element, **values
        )
        await _back_to_work(actor, review)
        return await material_of(review)


def _place(material: Material, element: str, page: int | None) -> tuple[UUID | None, int | None]:
    """Where a finding belongs that names no document: where the agency points, or to the only one
    that has pages."""
    pointed = material.evidence.get(element)
    its = material.document(pointed.document) if pointed else None
    if pointed and its is not None and its.replaced_at is None:
        return its.id, page or pointed.page
    if page is not None and len(material.current) == 1:
        return material.current[0].id, page
    return None, page


async def give_back(actor: Actor, review_id: UUID, note: str) -> Review:
    """Ask the agency for changes: each element that is not met, with page and advice, and a note.

    Raises:
        NotFound: no such review.
        NotTheReviewer, NotNow: by who asks and how it stands.
        Invalid: there is nothing to say.
    """
    async with transaction():
        review = await held_review(review_id)
        await _must_be_at_work(actor, review)
        material = await material_of(review)
        unmet = not_met(material)
        if not unmet and not note.strip():
            words = "Write what the agency should change: every element is met or open."
            raise Invalid({"note": words})
        state = await state_of(review, material)
        before = review.state
        review.returned_hash = await keep_state(review, state, "return")
        review.returned_at = review.state_since = clock.now()
        review.answered_at = review.answered_at or clock.now()
        review.state = ReviewState.CHANGES_REQUESTED
        _not_recommended(review)
        await review.save()
        if note.strip():
            await ReviewMessage(
                review=review.id, author=actor.id, text=note.strip(), by_program=True
            ).save()
        await record(
            actor,
            "review.returned",
            Review,
            of=review.id,
            before=before,
            elements=[row["element"] for row in unmet],
            hash=review.returned_hash,
        )
        await tell_agency(
            review, material.agency, "readiness/returned", unmet=unmet, note=note.strip()
        )
    return review


def not_met(material: Material) -> list[dict[str, Any]]:
    """The elements that are not met: ``{element, title, page, document, advice}``."""
    found = []
    for element in material.asked.elements:
        row = material.findings.get(element.id)
        if row is not None and row.finding == "not_met":
            document = material.document(row.document)
            name = (document.title or document.file_name) if document else ""
            found.append(
                {
                    "element": element.id,
                    "title": element.title,
                    "document": name,
                    "page": row.page,
                    "advice": row.comment,
                }
            )
    return found


async def recommend(actor: Actor, review_id: UUID, digest: str) -> Review:
    """Say that everything is met, of exactly the state that was looked at.

    Raises:
        NotFound: no such review.
        NotTheReviewer, NotNow: by who asks and how it stands.
        StateChanged: it is not that state any more; what changed.
        NotReady: everything that is missing.
    """
    async with transaction():
        review = await held_review(review_id)
        await _must_be_at_work(actor, review)
        await standing_agency(review.agency, lock=True)  # nobody changes the roster meanwhile
        material = await material_of(review)
        state = await state_of(review, material)
        await must_be_present(review, digest, state)
        if material.missing:
            raise NotReady(what=" ".join(material.missing))
        review.recommended_hash = await keep_state(review, state, "recommendation")
        review.recommended_by, review.recommended_at = actor.id, clock.now()
        review.answered_at = review.answered_at or clock.now()
        if review.state != ReviewState.RECOMMENDED:
            review.state, review.state_since = ReviewState.RECOMMENDED, clock.now()
        await review.save()
        await record(actor, "review.recommended", Review, of=review.id, hash=digest)
        others = [row for row in await approvers() if row["id"] != actor.id]
        await tell(others, "readiness/recommended", review, material.agency.name)
    return review


async def must_be_present(review: Review, digest: str, state: State) -> None:
    """Do nothing when *digest* is of the present state.

    Raises:
        StateChanged: what changed.
    """
    if digest != hash_of(state):
        what = await changes_since(review, digest, state)
        raise StateChanged(what=" ".join(what))


async def tell_agency(review: Review, agency: Agency, template: str, **facts: Any) -> None:
    """Write to the coordinators of the agency."""
    for row in await coordinators_of(agency.id):
        await write_mail(
            template,
            to=row["email"],
            account=row["id"],
            name=row["name"],
            agency=agency.name,
            link=f"{settings().base_url}/agencies/{agency.id}/readiness",
            messages=f"{settings().base_url}/reviews/{review.id}/messages",
            **facts,
        )


async def _tell_reviewer(review: Review, agency: Agency, template: str, *, once: str) -> None:
    account = await person(review.reviewer)
    if account is not None:
        await write_mail(
            template,
            to=account.email,
            account=account.id,
            once=f"{review.id} {once}",
            name=account.legal_name,
            agency=agency.name,
            link=f"{settings().base_url}/reviews/{review.id}",
        )


async def _must_be_at_work(actor: Actor, review: Review) -> None:
    actor.must(Permission.REVIEW_READINESS)
    if review.submitted_at is None:
        raise NotFound
    if review.state not in AT_WORK:
        why = {
            ReviewState.SUBMITTED: "Nobody has taken this application yet.",
            ReviewState.CHANGES_REQUESTED: "The agency is making the changes that were asked for.",
        }
        raise NotNow(why=why.get(ReviewState(review.state), "This application is over."))
    if review.reviewer != actor.id:
        raise NotTheReviewer


def _not_recommended(review: Review) -> None:
    review.recommended_hash = review.recommended_by = review.recommended_at = None


async def _back_to_work(actor: Actor, review: Review) -> None:
    """What was recommended is looked at again."""
    if review.state == ReviewState.RECOMMENDED:
        review.state, review.state_since = ReviewState.IN_REVIEW, clock.now()
        _not_recommended(review)
        await review.save()
        await record(actor, "review.recommendation_withdrawn", Review, of=review.id)
