"""Whose turn a criterion is, and since when. Pure."""

from datetime import UTC, datetime, timedelta

import pytest

from connect.db import uuid7
from connect.readiness.application_rules import Item
from connect.readiness.criteria import requirement_sets
from connect.readiness.progress import Known, steps_of
from connect.readiness.rules import Rostered, criteria_of
from connect.readiness.tables import Affirmation, Finding, Review

LEA = requirement_sets()["law-enforcement/2026.1"]
OPENED = datetime(2026, 3, 2, 15, tzinfo=UTC)
LATER = OPENED + timedelta(days=3)


def steps(state="draft", people=(), **known):
    ids = {"agency": uuid7(), "opened_by": uuid7()}
    review = Review(state=state, opened_at=OPENED, state_since=LATER, **ids)
    facts = {
        "items": [],
        "coverage": criteria_of(list(people), LEA),
        "policy_since": None,
        "pointed": {},
        "findings": {},
        "affirmed": None,
        "asked_at": None,
        **known,
    }
    return {step.element: step for step in steps_of(review, LEA, Known(**facts))}


def found(finding):
    ids = {"review": uuid7(), "found_by": uuid7()}
    return {"no-waiting": Finding(finding=finding, found_at=OPENED, **ids)}


@pytest.mark.parametrize(
    ("state", "known", "expected"),
    [
        ("draft", {}, ("missing", "agency", OPENED)),
        ("draft", {"policy_since": OPENED}, ("given", "agency", LATER)),
        ("submitted", {"policy_since": OPENED}, ("given", "reviewer", LATER)),
        ("recommended", {"policy_since": OPENED}, ("given", "approver", LATER)),
        ("in_review", {"findings": found("met")}, ("met", "nobody", OPENED)),
        ("in_review", {"findings": found("not_met")}, ("not_met", "reviewer", LATER)),
        ("changes_requested", {"findings": found("not_met")}, ("not_met", "agency", LATER)),
        ("withdrawn", {}, ("missing", "nobody", OPENED)),
    ],
)
def test_an_element_of_the_policy(state, known, expected):
    step = steps(state, **known)["no-waiting"]

    assert (step.state, step.whose_turn, step.since) == expected


def test_the_word_of_the_executive():
    waits = steps(asked_at=LATER)["affirmation"]
    ids = {"review": uuid7(), "asked_by": uuid7()}
    word = Affirmation(name="Chris Chief", title="Chief", affirmed_at=LATER, **ids)
    given = steps(affirmed=word)["affirmation"]

    assert (waits.whose_turn, waits.since) == ("executive", LATER)
    assert (given.state, given.whose_turn) == ("met", "nobody")
    assert given.words == "Chris Chief, Chief, affirmed the answers."


def test_training_says_how_many_have_it_and_why_nobody_is_asked():
    ada = Rostered(key="a", name="Ada", asked=frozenset({"patrol"}))
    ben = Rostered(key="b", name="Ben", exempt=frozenset({"supervisor"}))
    its = steps(people=[ada, ben])

    assert (its["sworn"].words, its["sworn"].whose_turn) == ("0 of 1 have it; 1 exempt.", "agency")
    assert its["supervisors"].words == "Everybody who needs it is exempt."
    assert its["investigators"].words == "Nobody on your roster needs it."
    assert its["executive"].words == "Nobody on the roster yet."


def test_answers_are_counted_without_what_belongs_to_other_steps():
    items = [Item("ori", "x"), Item("roster", "x"), Item("policy", "x"), Item("affirmation", "x")]

    assert steps(items=items)["facts"].words == "One answer is missing."
    assert steps(items=items[1:])["facts"].state == "met"
