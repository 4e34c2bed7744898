"""What the reviewer's pages show: one sheet, an element beside the policy, what changed."""

from datetime import date
from typing import Any
from uuid import UUID

from connect import clock
from connect.config import settings
from connect.policy import Actor, Permission
from connect.readiness import findings_rules as rules
from connect.readiness import snapshots
from connect.readiness.carried import approved_before
from connect.readiness.checklist import Material, found_in, material_of, pages_of, policy_of
from connect.readiness.facts import asked_of
from connect.readiness.findings_rules import Mark
from connect.readiness.review_queries import age_of, changes_since, reviewers
from connect.readiness.reviewing import AT_WORK, BEFORE_THE_DECISION
from connect.readiness.tables import Affirmation, Review, ReviewKind, ReviewState, Snapshot
from connect.web.templating import day, moment, plural

STATES = {
    ReviewState.DRAFT: ("Draft", "plain"),
    ReviewState.SUBMITTED: ("Waits for a reviewer", "plain"),
    ReviewState.IN_REVIEW: ("In review", "plain"),
    ReviewState.CHANGES_REQUESTED: ("The agency makes changes", "plain"),
    ReviewState.RECOMMENDED: ("Waits for the decision", "plain"),
    ReviewState.APPROVED: ("Approved", "well"),
    ReviewState.DECLINED: ("Declined", "stop"),
    ReviewState.WITHDRAWN: ("Withdrawn", "plain"),
    ReviewState.STALE: ("Closed after a year without a word", "plain"),
}
MARKS = {
    Mark.MET: ("Met", "well"),
    Mark.MET_EQUIVALENT: ("Met in another way", "well"),
    Mark.NOT_MET: ("Not met", "stop"),
    Mark.NOT_APPLICABLE: ("Does not apply", "plain"),
    Mark.OPEN: ("Not looked at", "plain"),
    Mark.AGAIN: ("Look again: it changed", "stop"),
}
KEPT_FOR = {
    "submission": "Handed in",
    "return": "Returned for changes",
    "recommendation": "Recommended",
    "decision": "Decided",
}
MOST_NAMES = 20


def age_words(seconds: int) -> str:
    """3 days; under a day: 5 hours."""
    days, rest = divmod(seconds, 86400)
    hours = rest // 3600
    return plural(days, "day") if days else plural(hours, "hour") if hours else "Under an hour"


async def sheet(actor: Actor, review: Review) -> dict[str, Any]:
    """Everything on the page of one review."""
    its = await material_of(review)
    state = await snapshots.state_of(review, its)
    digest = snapshots.hash_of(state)
    changed: list[str] = []
    if its.handed_in_again is not None:
        changed = await changes_since(review, review.returned_hash, state, findings=False)
    since: list[str] = []
    if review.state == ReviewState.RECOMMENDED and digest != review.recommended_hash:
        since = await changes_since(review, review.recommended_hash, state)
    people = await snapshots.names_of(
        {p for p in (review.reviewer, review.recommended_by, review.decided_by) if p}
    )
    zone, today = actor.time_zone, clock.today()
    works = review.reviewer == actor.id and actor.may(Permission.REVIEW_READINESS)
    return {
        "agency": {"id": its.agency.id, "name": its.agency.name},
        "review": review,
        "state": STATES[ReviewState(review.state)],
        "hash": digest,
        "asked": its.asked,
        "age": age_words(age_of(review.to_dict())),
        "is_overdue": rules.is_overdue(
            review.state, review.answer_due, review.answered_at is not None, today
        ),
        "submitted": moment(review.submitted_at, zone) if review.submitted_at else "",
        "names": {str(k): v for k, v in people.items()},
        "decided": moment(review.decided_at, zone) if review.decided_at else "",
        "elements": _elements(its),
        "missing": its.missing,
        "changed": changed,
        "since_recommended": since,
        "is_as_recommended": digest == review.recommended_hash,
        "facts": [(fact.label, its.facts.get(fact.id, "")) for fact in its.asked.facts],
        "training": [_training(one) for one in its.training],
        "documents": [_document(one, its, zone) for one in reversed(its.documents)],
        "affirmation": _affirmation(its, zone),
        "kept": await kept(review, zone),
        "compares": its.handed_in_again is not None or review.kind == ReviewKind.RENEWAL,
        "takes": actor.may(Permission.REVIEW_READINESS)
        and review.state in BEFORE_THE_DECISION
        and review.reviewer != actor.id,
        "hands_over": [row for row in await reviewers() if row["id"] != review.reviewer]
        if actor.may(Permission.ASSIGN_REVIEWS) and review.state in BEFORE_THE_DECISION
        else [],
        "works": works and review.state in AT_WORK,
        "decides": actor.may(Permission.DECIDE_READINESS)
        and review.state in (ReviewState.RECOMMENDED, ReviewState.IN_REVIEW),
        "is_same_person": actor.id in (review.reviewer, review.recommended_by),
        "two_persons": settings().two_persons == "on",
    }


def _elements(its: Material) -> list[dict[str, Any]]:
    found = []
    for element in its.asked.elements:
        row = its.findings.get(element.id)
        document = its.document(row.document) if row else None
        where = document.title if document else ""
        if row and where and row.page:
            where += f", page {row.page}"
        found.append(
            {
                "id": element.id,
                "title": element.title,
                "critical": element.critical,
                "mark": MARKS[its.mark(element.id)],
                "where": where,
                "comment": row.comment if row else "",
                "is_pointed": element.id in its.evidence,
            }
        )
    return found


def _training(one: Any) -> dict[str, Any]:
    return {
        "rule": one,
        "exempted": _some(one.exempted),
        "missing": _some(one.missing),
    }


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _document(one: Any, its: Material, zone: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "file_name": one.file_name,
        "uploaded": moment(one.uploaded_at, zone),
        "is_current": one.replaced_at is None,
        "has_text": one.pages not in ("", "[]"),
        "is_new": its.handed_in_again is not None and one.uploaded_at > its.handed_in_again,
    }


def _affirmation(its: Material, zone: str) -> dict[str, Any] | None:
    row = its.affirmation
    if row is None:
        return None
    return {"name": row.name, "title": row.title, "at": moment(row.affirmed_at, zone)}


async def kept(review: Review, zone: str) -> list[dict[str, str]]:
    """The states that were kept, oldest first: ``{hash, words, at}``."""
    rows = (
        await Snapshot.select(Snapshot.hash, Snapshot.made_for, Snapshot.made_at)
        .where(Snapshot.review == review.id)
        .order_by(Snapshot.made_at)
        .order_by(Snapshot.id)
    )
    found = []
    for row in rows:
        words = _kept_for(row["made_for"], row["hash"] == review.decided_hash)
        found.append({"hash": row["hash"], "words": words, "at": moment(row["made_at"], zone)})
    return found


def _kept_for(made_for: str, was_decided: bool) -> str:
    words = KEPT_FOR.get(made_for, "Kept")
    return f"{words} and decided" if was_decided and made_for != "decision" else words


async def _affirmed_by(state: snapshots.State) -> str:
    """Name and title of the executive, as long as they are kept."""
    if state["affirmation"] is None:
        return ""
    row = await Affirmation.objects().where(Affirmation.id == UUID(state["affirmation"]["id"]))
    words = ", ".join(part for one in row for part in (one.name, one.title) if part)
    return words or "an executive"


async def beside(
    actor: Actor, review: Review, element_id: str, *, document: str = "", page: int = 0
) -> dict[str, Any] | None:
    """An element beside a page of the policy: the one asked for, else the one pointed at."""
    its = await policy_of(review)
    element = next((one for one in its.asked.elements if one.id == element_id), None)
    if element is None:
        return None
    evidence, finding = its.evidence.get(element_id), its.findings.get(element_id)
    shown = next((one for one in its.documents if str(one.id) == document), None)
    pointed = its.document(evidence.document) if evidence else None
    found_there = its.document(finding.document) if finding else None
    if shown is None:
        shown = next((d for d in (pointed, its.successor(found_there)) if d is not None), None)
        shown = shown or next(iter(its.current), None)
    pages = pages_of(shown) if shown else []
    number = page
    if not number and shown is not None:
        if evidence and evidence.document == shown.id:
            number = evidence.page or 1
        elif finding and finding.document == shown.id:
            number = finding.page or 1
    number = min(max(number or 1, 1), len(pages) or 1)
    places = [one.id for one in its.asked.elements]
    place = places.index(element_id)
    names = await snapshots.names_of({finding.found_by} if finding else set())
    before = None  # what was found of it in the application that was approved before a renewal
    if review.kind == ReviewKind.RENEWAL and (former := await approved_before(its.agency.id)):
        before = (await found_in(former)).get(element_id) if former.id != review.id else None
    return {
        "agency": {"id": its.agency.id, "name": its.agency.name},
        "review": review,
        "element": element,
        "mark": MARKS[its.mark(element_id)],
        "stands": its.mark(element_id) is not Mark.AGAIN,
        "number": place + 1,
        "of": len(places),
        "before": places[place - 1] if place else "",
        "following": places[place + 1] if place + 1 < len(places) else "",
        "documents": its.current,
        "choices": [(str(one.id), one.title) for one in its.current],
        "shown": shown,
        "page": number,
        "pages": len(pages),
        "parts": _marked(pages[number - 1], evidence, shown, number) if pages else [],
        "pointed": {
            "title": pointed.title if pointed else "",
            "page": evidence.page,
            "passage": evidence.passage,
            "is_gone": pointed is not None and pointed.replaced_at is not None,
        }
        if evidence
        else None,
        "finding": finding,
        "approved": before,
        "finder": next(iter(names.values()), ""),
        "found_in": found_there.title if found_there else "",
        "works": review.reviewer == actor.id
        and actor.may(Permission.REVIEW_READINESS)
        and review.state in AT_WORK,
    }


def _marked(text: str, evidence: Any, shown: Any, number: int) -> list[tuple[bool, str]]:
    """The text of a page in parts, each with whether the agency points at it."""
    if evidence is None or not evidence.passage or evidence.document != shown.id:
        return [(False, text)]
    words = evidence.passage.split()
    place = _place(text, words)
    if place is None or (evidence.page and evidence.page != number):
        return [(False, text)]
    first, last = place
    return [(False, text[:first]), (True, text[first:last]), (False, text[last:])]


def _place(text: str, words: list[str]) -> tuple[int, int] | None:
    """Where words stand one after another in a text, whatever its line breaks and case."""
    lower, at = text.casefold(), 0
    if len(lower) != len(text):
        return None
    while (first := lower.find(words[0].casefold(), at)) >= 0:
        end = first
        for word in words:
            while end < len(text) and text[end].isspace():
                end += 1
            if not lower.startswith(word.casefold(), end):
                break
            end += len(word)
        else:
            return first, end
        at = first + 1
    return None


async def kept_view(actor: Actor, review: Review, digest: str) -> dict[str, Any]:
    """A state that was kept, with the names of people as they are today.

    Raises:
        NotFound: there is none with this hash.
    """
    row = await snapshots.kept(review, digest)
    state = snapshots.decoded(row)
    names = await snapshots.names_in(state)
    asked = asked_of(review)
    documents = {one["id"]: one for one in state["documents"]}
    return {
        "review": review,
        "state": state,
        "names": names,
        "asked": asked,
        "documents": documents,
        "hash": row.hash,
        "judged_on": day(date.fromisoformat(state["judged_on"])) if state["judged_on"] else "",
        "affirmed_by": await _affirmed_by(state),
        "words": _kept_for(row.made_for, review.decided_hash == row.hash),
        "at": moment(row.made_at, actor.time_zone),
        "rules": {rule.id: rule.title for rule in asked.training},
        "marks": {mark.value: words for mark, words in MARKS.items()},
    }
