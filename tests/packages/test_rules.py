"""What a package may hand in, and what it says by that."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.catalog.package_content import Standard, Unit
from connect.learning.requirements import Told
from connect.packages import rules
from connect.packages.elements import ELEMENTS, element_of, value_fault

OLD, NEW = Standard.SCORM_12, Standard.SCORM_2004
STATUS, RAW = "cmi.core.lesson_status", "cmi.core.score.raw"
DONE, PASSED, SCALED = "cmi.completion_status", "cmi.success_status", "cmi.score.scaled"
PASS = {"pass_score": "0.8"}


def unit(**changes):
    return Unit("one", "One", "index.html", **changes)


@pytest.mark.parametrize(
    ("values", "asked", "told"),
    [
        ({}, None, Told.UNFINISHED),
        ({STATUS: "incomplete"}, None, Told.UNFINISHED),
        ({STATUS: "browsed"}, None, Told.UNFINISHED),
        ({STATUS: "completed"}, None, Told.FINISHED),
        ({STATUS: "passed"}, None, Told.FINISHED),
        ({STATUS: "failed"}, None, Told.FAILED),
        ({STATUS: "completed", RAW: "79"}, 80, Told.FAILED),
        ({STATUS: "passed", RAW: "79.99"}, 80, Told.FAILED),
        ({STATUS: "failed", RAW: "80"}, 80, Told.FINISHED),
        ({STATUS: "incomplete", RAW: "100"}, 80, Told.UNFINISHED),
        ({STATUS: "completed", RAW: ""}, 80, Told.FINISHED),
        ({STATUS: "completed", RAW: "0"}, None, Told.FINISHED),
    ],
)
def test_scorm_1_2_is_finished_by_its_status_and_mastery_score(values, asked, told):
    passes = None if asked is None else Decimal(asked)

    assert rules.told(OLD, unit(pass_score=passes), values) is told


@pytest.mark.parametrize(
    ("values", "asked", "told"),
    [
        ({}, {}, Told.UNFINISHED),
        ({DONE: "completed"}, {}, Told.FINISHED),
        ({DONE: "completed", PASSED: "failed"}, {}, Told.FAILED),
        ({DONE: "incomplete", PASSED: "passed"}, {}, Told.UNFINISHED),
        ({PASSED: "passed"}, {}, Told.FINISHED),
        ({DONE: "completed", PASSED: "passed", SCALED: "0.79"}, PASS, Told.FAILED),
        (
            {DONE: "completed", PASSED: "failed", SCALED: "0.8"},
            PASS,
            Told.FINISHED,
        ),
        ({DONE: "completed", SCALED: "-1"}, {}, Told.FINISHED),
        (
            {DONE: "completed", "cmi.progress_measure": "0.7"},
            {"completion_threshold": "0.75"},
            Told.UNFINISHED,
        ),
        ({"cmi.progress_measure": "0.75"}, {"completion_threshold": "0.75"}, Told.FINISHED),
    ],
)
def test_scorm_2004_is_finished_when_completed_and_not_failed(values, asked, told):
    limits = {name: Decimal(value) for name, value in asked.items()}

    assert rules.told(NEW, unit(**limits), values) is told


@pytest.mark.parametrize(
    ("told", "together"),
    [
        ([Told.FINISHED, Told.FINISHED], Told.FINISHED),
        ([Told.FINISHED, Told.NOTHING], Told.UNFINISHED),
        ([Told.NOTHING, Told.NOTHING], Told.NOTHING),
        ([Told.FAILED, Told.FINISHED], Told.FAILED),
        ([Told.UNFINISHED, Told.FINISHED], Told.UNFINISHED),
    ],
)
def test_every_part_has_to_be_finished(told, together):
    assert rules.told_by_all(told) is together


@pytest.mark.parametrize(
    ("standard", "name", "value", "why"),
    [
        (OLD, "cmi.core.student_name", "Eve", "reading only"),
        (OLD, "cmi.core.total_time", "99:00:00", "reading only"),
        (OLD, STATUS, "PASSED", "none of the words"),
        (OLD, STATUS, "not attempted", "none of the words"),
        (OLD, RAW, "100.01", "over 100"),
        (OLD, RAW, "-1", "below 0"),
        (OLD, RAW, "1e2", "no number"),
        (OLD, RAW, "٣", "no number"),
        (OLD, RAW, "NaN", "no number"),
        (OLD, "cmi.suspend_data", "x" * 64_001, "64,000"),
        (OLD, "cmi.suspend_data", "a\x00b", "NUL"),
        (OLD, "cmi.core.session_time", "1:2:3", "no span"),
        (OLD, "cmi.core.lesson_location.x", "1", "no element"),
        (OLD, "cmi.interactions.1000.id", "x", "no element"),
        (OLD, "cmi.interactions.99999999999.id", "x", "no element"),
        (OLD, "cmi.location", "1", "no element"),
        (OLD, "__proto__", "1", "no element"),
        (NEW, SCALED, "1.01", "over 1"),
        (NEW, SCALED, "-1.01", "below -1"),
        (NEW, DONE, "done", "none of the words"),
        (NEW, "cmi.session_time", "P", "no duration"),
        (NEW, "cmi.session_time", "PT", "no duration"),
        (NEW, "cmi.core.lesson_status", "passed", "no element"),
    ],
)
def test_what_is_not_of_the_data_model_is_refused_and_harms_nothing_else(
    standard, name, value, why
):
    place = "cmi.core.lesson_location" if standard is OLD else "cmi.location"

    taken = rules.take(standard, {"cmi.suspend_data": "before"}, {name: value, place: "page 2"})

    assert why in taken.refused[name]
    assert taken.values == {"cmi.suspend_data": "before", place: "page 2"}


def test_more_than_is_kept_changes_nothing():
    many = {f"cmi.interactions.{n}.student_response": "x" * 4000 for n in range(200)}

    taken = rules.take(OLD, {"cmi.suspend_data": "before"}, many)

    assert taken.values == {"cmi.suspend_data": "before"}
    assert len(taken.refused) == 200


@pytest.mark.parametrize(
    ("span", "seconds"),
    [
        ("00:01:30", 90),
        ("0010:00:00.99", 36_000),
        ("9999:00:00", rules.MOST_SECONDS),
        ("PT1M30S", 90),
        ("P1DT1H", 90_000),
        ("PT" + "9" * 30 + "S", rules.MOST_SECONDS),
        ("soon", 0),
    ],
)
def test_session_time_is_read_in_both_standards(span, seconds):
    assert rules.seconds_of(span) == seconds


@pytest.mark.parametrize(
    ("standard", "values", "score"),
    [
        (OLD, {RAW: "90"}, "90"),
        (OLD, {RAW: "66.666"}, "66.67"),
        (OLD, {RAW: ""}, ""),
        (NEW, {SCALED: "0.9"}, "90"),
        (NEW, {SCALED: "-0.5"}, ""),
        (NEW, {"cmi.score.raw": "7"}, ""),
    ],
)
def test_a_score_is_told_in_per_cent_or_not_at_all(standard, values, score):
    assert rules.score(standard, values) == score


ANY = st.text(max_size=40) | st.sampled_from(["passed", "completed", "0.5", "100", "PT5S", ""])


@given(
    st.sampled_from([OLD, NEW]),
    st.lists(
        st.tuples(st.sampled_from(sorted({n for e in ELEMENTS.values() for n in e})), ANY),
        max_size=20,
    ),
    st.none() | st.decimals(-1, 100, places=2),
)
def test_whatever_is_handed_in_is_kept_right_or_refused(standard, handed_in, passes):
    given_now = {name.replace(".n", ".0"): value for name, value in handed_in}

    taken = rules.take(standard, {}, given_now)

    for name, value in taken.values.items():
        element = element_of(standard, name)
        assert element is not None
        assert "w" in element.access
        assert not value_fault(element, value)
    assert taken.refused.keys().isdisjoint(taken.values)
    assert rules.take(standard, taken.values, taken.values).values == taken.values
    part = unit(pass_score=passes)
    assert rules.told(standard, part, taken.values) in Told
    rules.score(standard, taken.values)
    learner = rules.Learner("id", "Ada", ended=False)
    shown = rules.start(standard, part, taken.values, 90, learner)
    assert taken.values.items() <= shown.items()
    assert all(element_of(standard, name) for name in shown if "student_data" not in name)


@pytest.mark.parametrize(("standard", "entry"), [(OLD, "cmi.core.entry"), (NEW, "cmi.entry")])
def test_what_was_kept_is_given_back_and_the_entry_says_so(standard, entry):
    learner = rules.Learner("id", "Ada", ended=False)

    first = rules.start(standard, unit(), {}, 0, learner)
    again = rules.start(standard, unit(), {"cmi.suspend_data": "gate 3"}, 3690, learner)

    assert (first[entry], again[entry]) == ("ab-initio", "resume")
    assert again["cmi.suspend_data"] == "gate 3"
    total = "cmi.core.total_time" if standard is OLD else "cmi.total_time"
    assert again[total] == ("0001:01:30" if standard is OLD else "PT1H1M30S")


def test_the_log_keeps_the_beginning_of_what_is_long():
    kept = rules.shortened({"cmi.suspend_data": "x" * 64_000, "cmi.location": "page 2"})

    assert kept["cmi.location"] == "page 2"
    assert len(kept["cmi.suspend_data"]) < 600
    assert kept["cmi.suspend_data"].endswith("(64,000 characters)")
