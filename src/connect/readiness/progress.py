"""How far an application is: per criterion what is met, whose turn it is, and since when. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from connect.readiness.application_rules import Item
from connect.readiness.criteria import RequirementSet
from connect.readiness.rules import Criterion
from connect.readiness.tables import Affirmation, Finding, Review, ReviewState, Verdict


class Part(StrEnum):
    """What a criterion is about, in the order in which an agency works it off."""

    FACTS = "facts"
    TRAINING = "training"
    POLICY = "policy"
    AFFIRMATION = "affirmation"


class Turn(StrEnum):
    AGENCY = "agency"
    EXECUTIVE = "executive"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    NOBODY = "nobody"


class StepState(StrEnum):
    MET = "met"
    MISSING = "missing"  # something is left to do for the agency
    GIVEN = "given"  # the agency has done its part; nobody has judged it
    MET_EQUIVALENT = "met_equivalent"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


SETTLED = {StepState.MET, StepState.MET_EQUIVALENT, StepState.NOT_APPLICABLE}
TURNS = {
    ReviewState.DRAFT: Turn.AGENCY,
    ReviewState.CHANGES_REQUESTED: Turn.AGENCY,
    ReviewState.SUBMITTED: Turn.REVIEWER,
    ReviewState.IN_REVIEW: Turn.REVIEWER,
    ReviewState.RECOMMENDED: Turn.APPROVER,
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One criterion of an application."""

    element: str  # facts, id of a training rule, id of a policy element, affirmation
    part: Part
    title: str
    state: StepState
    whose_turn: Turn
    since: datetime
    words: str  # what is met or missing, as a sentence
    critical: bool = True


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps are worked out from."""

    items: Sequence[Item]
    coverage: Sequence[Criterion]
    policy_since: datetime | None  # when the newest current document came; None: there is none
    pointed: Mapping[str, datetime]  # element → when its place in the policy was named
    findings: Mapping[str, Finding]  # element → the newest
    affirmed: Affirmation | None
    asked_at: datetime | None  # when an executive got the link that still waits


def turn_of(state: str) -> Turn:
    """Whose turn an application is."""
    return TURNS.get(ReviewState(state), Turn.NOBODY)


def steps_of(review: Review, asked: RequirementSet, known: Known) -> list[Step]:
    """Every criterion of the set, in the order of the parts."""
    return [
        _facts(review, known),
        *(_training(review, one) for one in known.coverage),
        *_policy(review, asked, known),
        _affirmation(review, known),
    ]


def _facts(review: Review, known: Known) -> Step:
    left = [item for item in known.items if item.key not in ("roster", "policy", "affirmation")]
    over = turn_of(review.state) is Turn.NOBODY
    return Step(
        element="facts",
        part=Part.FACTS,
        title="Facts about your agency",
        state=StepState.MISSING if left else StepState.MET,
        whose_turn=Turn.AGENCY if left and not over else Turn.NOBODY,
        since=review.opened_at,
        words=_left(len(left)) if left else "Every question is answered.",
    )


def _left(number: int) -> str:
    return "One answer is missing." if number == 1 else f"{number} answers are missing."


NOBODY = {True: "Nobody on your roster needs it.", False: "Nobody on the roster yet."}


def _training(review: Review, one: Criterion) -> Step:
    over = turn_of(review.state) is Turn.NOBODY
    exempt = f"; {one.exempt} exempt" if one.exempt else ""
    words = f"{one.satisfied} of {one.required} have it{exempt}."
    if not one.required:
        words = "Everybody who needs it is exempt." if one.exempt else NOBODY[one.met]
    return Step(
        element=one.rule,
        part=Part.TRAINING,
        title=one.title,
        state=StepState.MET if one.met else StepState.MISSING,
        whose_turn=Turn.NOBODY if one.met or over else Turn.AGENCY,
        since=review.opened_at,
        words=words,
    )


def _policy(review: Review, asked: RequirementSet, known: Known) -> list[Step]:
    found = []
    for element in asked.elements:
        finding = known.findings.get(element.id)
        turn, since = turn_of(review.state), review.state_since
        if finding is not None:
            state = StepState(finding.finding)
            words = FOUND[Verdict(finding.finding)]
            since = max(since, finding.found_at) if turn is Turn.REVIEWER else since
        elif known.policy_since is None:
            state, words = StepState.MISSING, "No policy is uploaded yet."
            turn = Turn.AGENCY if turn is not Turn.NOBODY else turn
            since = review.opened_at
        else:
            state = StepState.GIVEN
            words = "You showed where it stands." if element.id in known.pointed else GIVEN
            since = max(since, known.pointed.get(element.id, known.policy_since))
        settled = state in SETTLED
        found.append(
            Step(
                element=element.id,
                part=Part.POLICY,
                title=element.title,
                state=state,
                whose_turn=Turn.NOBODY if settled else turn,
                since=finding.found_at if settled and finding else since,
                words=words,
                critical=element.critical,
            )
        )
    return found


GIVEN = "Your policy is uploaded; a reviewer will look for it."
FOUND = {
    Verdict.MET: "Your policy says it.",
    Verdict.MET_EQUIVALENT: "Your policy says it in another way.",
    Verdict.NOT_MET: "Your policy does not say it yet.",
    Verdict.NOT_APPLICABLE: "It does not apply to your agency.",
}


def _affirmation(review: Review, known: Known) -> Step:
    turn = Turn.EXECUTIVE if known.asked_at else Turn.AGENCY
    state, since = StepState.MISSING, known.asked_at or review.opened_at
    words = "An executive has the link." if known.asked_at else "No executive has affirmed yet."
    if known.affirmed is not None and known.affirmed.affirmed_at is not None:
        state, since = StepState.MET, known.affirmed.affirmed_at
        words = f"{known.affirmed.name}, {known.affirmed.title}, affirmed the answers."
    over = turn_of(review.state) is Turn.NOBODY or state is StepState.MET
    return Step(
        element="affirmation",
        part=Part.AFFIRMATION,
        title="The word of your executive",
        state=state,
        whose_turn=Turn.NOBODY if over else turn,
        since=since,
        words=words,
    )
