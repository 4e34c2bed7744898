"""What a reviewer may find of an element, and what is missing before a decision. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from connect import clock
from connect.readiness.comparison import stands_in
from connect.readiness.criteria import PolicyElement, RequirementSet
from connect.readiness.rules import Criterion
from connect.readiness.tables import ReviewState, Verdict

QUALITY = "quality"  # the element on quality assurance, which some sets ask for (R18)
APART = 36  # months without a tie to the agency, of whoever reviews or decides (R19)
WARNED, OVER = 11, 12  # months without a sign of life
FIRST_ANSWER = (ReviewState.SUBMITTED, ReviewState.IN_REVIEW)


class Mark(StrEnum):
    """How an element of the policy stands."""

    MET = "met"
    MET_EQUIVALENT = "met_equivalent"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    OPEN = "open"  # nobody looked yet
    AGAIN = "again"  # what the finding rests on has changed since


GOOD = (Mark.MET, Mark.MET_EQUIVALENT)


def finding_faults(
    element: PolicyElement, finding: str, *, comment: str, page: int | None, pages: int | None
) -> dict[str, str]:
    """What is wrong with a finding: field → sentence.

    Args:
        pages: how many the document has that it names; None: none is named, or it has no text.
    """
    found = {}
    if finding == Verdict.MET_EQUIVALENT and not comment:
        found["comment"] = "Write in which other words or ways the policy meets this."
    if finding == Verdict.NOT_MET and not comment:
        found["comment"] = "Write what the agency should change: it reads this as your advice."
    if finding == Verdict.NOT_APPLICABLE and element.critical:
        found["finding"] = "This element is critical: it is met or not met."
    if finding == Verdict.NOT_APPLICABLE and not element.critical and not comment:
        found["comment"] = "Write why this does not apply to the agency."
    if page is not None and (page < 1 or (pages is not None and page > pages)):
        found["page"] = f"The document has {pages} pages." if pages else "Pages count from 1."
    return found


def rests(
    *, passage: str, page_text: str | None, pages: Sequence[str] | None, is_current: bool
) -> bool:
    """Whether what a finding was made of still stands in the policy.

    Args:
        passage: that the agency pointed at, on the page of the finding; empty: none.
        page_text: of the page of the finding; None: it names none, or has no text.
        pages: of the document that stands for the one of the finding now; None: there is none.
        is_current: the very document is still in force.
    """
    if is_current:
        return True
    if not pages:
        return False
    return stands_in(passage or page_text or "", pages) if passage or page_text else False


def mark_of(
    finding: str | None,
    *,
    found_at: datetime | None,
    pointed_at: datetime | None,
    handed_in_again: datetime | None,
    rests: bool,
) -> Mark:
    """How an element stands.

    Args:
        finding: the newest; None: there is none.
        pointed_at: when the agency last pointed at a passage for it.
        handed_in_again: when changes were last asked for that were handed in since; else None.
        rests: what the finding was made of still stands.
    """
    if finding is None or found_at is None:
        return Mark.OPEN
    if finding == Verdict.NOT_MET and handed_in_again is not None and found_at <= handed_in_again:
        return Mark.AGAIN
    if not rests or (pointed_at is not None and pointed_at > found_at):
        return Mark.AGAIN
    return Mark(finding)


def missing(
    asked: RequirementSet,
    marks: Mapping[str, Mark],
    training: Sequence[Criterion],
    *,
    affirmed: bool,
) -> list[str]:
    """What stands in the way of a recommendation, in sentences."""
    found = []
    for element in asked.elements:
        needed = element.critical or (asked.quality_assurance and element.id == QUALITY)
        mark = marks.get(element.id, Mark.OPEN)
        if mark is Mark.AGAIN:
            found.append(f"{element.title}: what this rests on has changed. Look at it again.")
        elif needed and mark is Mark.OPEN:
            found.append(f"{element.title}: there is no finding yet.")
        elif needed and mark not in GOOD:
            found.append(f"{element.title}: this is not met.")
    for its in training:
        if not its.met:
            names = ", ".join(its.missing[:5])
            more = f" and {len(its.missing) - 5} more" if len(its.missing) > 5 else ""
            who = f"Missing: {names}{more}." if names else "Nobody stands on the roster for it."
            found.append(f"{its.title}: {its.satisfied} of {its.required} have it. {who}")
    if not affirmed:
        found.append("An executive of the agency has to affirm the answers as they are now.")
    return found


def age_seconds(
    *,
    submitted_at: datetime | None,
    waited_seconds: int,
    state: str,
    state_since: datetime,
    decided_at: datetime | None,
    now: datetime,
) -> int:
    """How long the program has had a review, without the time that was the agency's."""
    if submitted_at is None:
        return 0
    end = decided_at or now
    if state in (ReviewState.CHANGES_REQUESTED, ReviewState.WITHDRAWN, ReviewState.STALE):
        end = state_since
    return max(0, int((end - submitted_at).total_seconds()) - waited_seconds)


def is_overdue(state: str, answer_due: date | None, answered: bool, today: date) -> bool:
    """Whether the promised first answer is late."""
    return state in FIRST_ANSWER and not answered and answer_due is not None and answer_due < today


def idle_fate(last: date, today: date) -> str:
    """``stale``, ``warn`` or nothing for a review that waits for its agency since *last*."""
    if clock.months_after(last, OVER) <= today:
        return "stale"
    return "warn" if clock.months_after(last, WARNED) <= today else ""


def apart_since(today: date) -> date:
    """From which day on a tie to the agency is a conflict."""
    return clock.months_after(today, -APART) + timedelta(days=1)
