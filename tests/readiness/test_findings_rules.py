"""What may be found, what is missing, whose time it was, and what became of the state; pure."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connect.readiness import findings_rules as rules
from connect.readiness.criteria import requirement_sets
from connect.readiness.differences import differences
from connect.readiness.findings_rules import Mark

ECC = requirement_sets()["emergency-communications/2026.1"]
CRITICAL = next(e for e in ECC.elements if e.critical)
OTHER = next(e for e in ECC.elements if not e.critical)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("element", "finding", "given", "fields"),
    [
        (CRITICAL, "met", {}, set()),
        (CRITICAL, "met_equivalent", {}, {"comment"}),
        (CRITICAL, "met_equivalent", {"comment": "By order 12."}, set()),
        (CRITICAL, "not_met", {}, {"comment"}),
        (CRITICAL, "not_applicable", {"comment": "x"}, {"finding"}),
        (OTHER, "not_applicable", {}, {"comment"}),
        (OTHER, "not_applicable", {"comment": "No such cases."}, set()),
        (CRITICAL, "met", {"page": 9, "pages": 8}, {"page"}),
        (CRITICAL, "met", {"page": 8, "pages": 8}, set()),
        (CRITICAL, "met", {"page": 900, "pages": None}, set()),
        (CRITICAL, "not_met", {"page": 0, "pages": 8}, {"comment", "page"}),
    ],
)
def test_what_a_finding_needs(element, finding, given, fields):
    given = {"comment": "", "page": None, "pages": None, **given}

    assert rules.finding_faults(element, finding, **given).keys() == fields


def mark(finding, **changes):
    known = {"found_at": NOON, "pointed_at": None, "handed_in_again": None, "rests": True}
    return rules.mark_of(finding, **(known | changes))


def test_what_opens_an_element_again():
    later = NOON + timedelta(hours=1)

    assert mark(None) is Mark.OPEN
    assert mark("met") is Mark.MET
    assert mark("met", handed_in_again=later) is Mark.MET
    assert mark("not_met", handed_in_again=later) is Mark.AGAIN
    assert mark("not_met", handed_in_again=NOON - timedelta(hours=1)) is Mark.NOT_MET
    assert mark("met", pointed_at=later) is Mark.AGAIN
    assert mark("met", rests=False) is Mark.AGAIN


def age(state="in_review", *, since=NOON, waited=0, submitted=NOON, decided=None):
    return rules.age_seconds(
        submitted_at=submitted,
        waited_seconds=waited,
        state=state,
        state_since=since,
        decided_at=decided,
        now=NOON + timedelta(hours=10),
    )


def test_the_age_leaves_out_the_agencys_time():
    assert age() == 36_000
    assert age(waited=6_000) == 30_000
    assert age("changes_requested", since=NOON + timedelta(hours=3), waited=800) == 10_000
    assert age("approved", decided=NOON + timedelta(hours=1)) == 3_600
    assert age("draft", submitted=None) == 0


def test_only_a_promise_that_was_not_kept_is_late():
    today = date(2026, 3, 5)

    assert rules.is_overdue("submitted", date(2026, 3, 4), False, today)
    assert not rules.is_overdue("submitted", date(2026, 3, 5), False, today)
    assert not rules.is_overdue("in_review", date(2026, 3, 4), True, today)
    assert not rules.is_overdue("changes_requested", date(2026, 3, 4), False, today)


def test_a_year_of_silence_from_the_end_of_february():
    last = date(2024, 2, 29)

    assert rules.idle_fate(last, date(2025, 1, 28)) == ""
    assert rules.idle_fate(last, date(2025, 1, 29)) == "warn"
    assert rules.idle_fate(last, date(2025, 2, 27)) == "warn"
    assert rules.idle_fate(last, date(2025, 2, 28)) == "stale"


def state(**changes):
    return {
        "facts": {},
        "documents": [],
        "evidence": {},
        "findings": {},
        "roster": [],
        "trained": [],
        "training": [],
        "affirmation": None,
        **changes,
    }


def said(old, new, **names):
    return differences(old, new, ECC, names)


def test_two_equal_states_differ_in_nothing():
    assert said(state(), state()) == []


def test_every_part_of_a_state_that_changed_is_told():
    line = {"id": "l1", "account": "a1", "category": "call-taker"}
    old = state(
        facts={"yearly_calls": "1"},
        documents=[{"id": "d1", "title": "Policy", "file_name": "x"}],
        roster=[line, {"id": "l2", "category": "support"}],
        trained=[{"id": "c1", "account": "a1", "course": "X-1"}],
        affirmation={"id": "f"},
        findings={"risk": {"finding": "met"}},
    )
    new = state(
        roster=[
            line | {"exemption": "leave"},
            {"id": "l3", "account": "a3", "category": "support"},
        ],
        evidence={"risk": {"page": 2}},
    )

    assert said(old, new, a1="Ada", l2="Ben", a3="Cat") == [
        "Calls in a year: 1 became no answer.",
        "The document “Policy” is replaced.",
        "The passage for “Risk and category” was pointed out anew.",
        "Roster: the exemption of Ada, Call-Taker, changed.",
        "Roster: Cat, Support Staff, is new.",
        "Roster: Ben, Support Staff, is on it no more.",
        "Training: Ada's X-1 counts no more.",
        "The executive's affirmation does not stand any more.",
        "The finding of “Risk and category” changed.",
    ]


def test_many_changes_of_one_part_are_counted():
    roster = [{"id": f"l{n}", "category": "support"} for n in range(20)]

    words = said(state(), state(roster=roster))

    assert (len(words), words[-1]) == (13, "And 8 more changes of the roster.")
