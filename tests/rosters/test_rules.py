"""What a person still needs: by table, and against the plain statement of it."""

from calendar import monthrange
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.rosters.rules import (
    Done,
    Required,
    State,
    counts_from,
    expires_on,
    file_name,
    note_fault,
    required_faults,
    standings,
)

ONE, TWO = UUID(int=1), UUID(int=2)
TODAY = date(2026, 3, 2)


def required(course=ONE, **changes):
    return Required(course, f"course-{course.int}", f"Course {course.int}", **changes)


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        (date(2025, 3, 4), 12, date(2026, 3, 4)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2025, 11, 30), 3, date(2026, 2, 28)),
        (date(2025, 12, 31), 1, date(2026, 1, 31)),
        (date(2025, 3, 4), None, None),
    ],
)
def test_a_completion_counts_for_calendar_months(day, months, end):
    assert expires_on(day, months) == end


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2025, 3, 2), State.MISSING),  # ends today: the end is exclusive
        (date(2025, 3, 3), State.EXPIRING),
        (date(2025, 5, 31), State.EXPIRING),  # ends in 90 days
        (date(2025, 6, 1), State.COMPLETE),
    ],
)
def test_the_state_of_a_course_that_counts_for_a_year(day, state):
    found, (one,) = standings(
        category=None,
        consented=True,
        required=[required(valid_months=12)],
        done=[Done(ONE, day, "C-1")],
        today=TODAY,
    )

    assert (found, one.state, one.completed_on, one.certificate) == (state, state, day, "C-1")


@pytest.mark.parametrize(
    ("category", "consented", "done", "state", "courses"),
    [
        ("patrol", True, [], State.MISSING, {1: "missing", 2: "missing"}),
        ("patrol", True, [ONE], State.MISSING, {1: "complete", 2: "missing"}),
        ("patrol", True, [ONE, TWO], State.COMPLETE, {1: "complete", 2: "complete"}),
        ("support", True, [ONE], State.COMPLETE, {1: "complete"}),
        (None, True, [ONE], State.COMPLETE, {1: "complete"}),
        ("patrol", False, [ONE, TWO], State.UNKNOWN, {1: "unknown", 2: "unknown"}),
        ("patrol", False, [], State.UNKNOWN, {1: "unknown", 2: "unknown"}),
    ],
)
def test_a_person_is_as_the_worst_of_the_courses_asked_of_them(
    category, consented, done, state, courses
):
    found, each = standings(
        category=category,
        consented=consented,
        required=[required(ONE), required(TWO, category="patrol")],
        done=[Done(course, date(2020, 1, 1), "C-1") for course in done],
        today=TODAY,
    )

    assert found == state
    assert {s.required.course.int: s.state for s in each} == courses


def test_of_whom_nothing_is_asked_nothing_is_missing():
    facts = {"category": None, "required": [], "done": [], "today": TODAY}

    assert standings(consented=True, **facts) == (State.COMPLETE, [])
    assert standings(consented=False, **facts) == (State.UNKNOWN, [])


days = st.dates(date(2019, 1, 1), date(2027, 12, 31))
courses = st.sampled_from([ONE, TWO])
categories = st.none() | st.sampled_from(["patrol", "support"])
months = st.none() | st.integers(1, 60)


def ends(day, valid_months):
    """Month by month, as one counts on fingers; the last day where a month is too short."""
    year, month = day.year, day.month
    for _ in range(valid_months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def met(course, done, on):
    """Whether some completion of the course counts on a day."""
    return any(
        d.course == course.course
        and (course.valid_months is None or on < ends(d.day, course.valid_months))
        for d in done
    )


@given(
    category=categories,
    consented=st.booleans(),
    asked=st.lists(st.builds(required, courses, category=categories, valid_months=months)),
    done=st.lists(st.builds(Done, courses, days)),
    today=days,
)
def test_the_rule_is_what_one_would_say(category, consented, asked, done, today):
    state, each = standings(
        category=category, consented=consented, required=asked, done=done, today=today
    )

    mine = [c for c in asked if c.category in (None, category)]
    ninety = [today + timedelta(days=n) for n in range(91)]
    if not consented:
        said = [State.UNKNOWN for _ in mine]
    else:
        said = [
            State.MISSING
            if not met(c, done, today)
            else State.COMPLETE
            if all(met(c, done, on) for on in ninety)
            else State.EXPIRING
            for c in mine
        ]
    assert [s.state for s in each] == said
    assert [s.required for s in each] == mine
    ranked = [State.UNKNOWN, State.MISSING, State.EXPIRING, State.COMPLETE]
    worst = min(said, key=ranked.index, default=State.COMPLETE)
    assert state == (worst if consented else State.UNKNOWN)
    if not consented:
        assert {(s.completed_on, s.certificate, s.expires_on) for s in each} <= {(None, None, None)}


@given(days, months, days)
def test_a_completion_counts_exactly_from_the_day_that_is_told(day, valid_months, on):
    end = expires_on(day, valid_months)

    assert (day >= counts_from(valid_months, on)) == (end is None or end > on)


@pytest.mark.parametrize(
    ("number", "name", "file"),
    [
        ("C-2026-000001", "Ada Lovelace-Officer", "C-2026-000001-Ada-Lovelace-Officer.pdf"),
        ("C-2026-000002", "../../etc/passwd", "C-2026-000002-etc-passwd.pdf"),
        ("C-2026-000003", "Žofie Nováková", "C-2026-000003-Zofie-Novakova.pdf"),
        ("C-2026-000004", "山田太郎", "C-2026-000004.pdf"),
        ("..\\x", "a" * 200, f"x-{'a' * 60}.pdf"),
        ("/", "\x00", "certificate.pdf"),
    ],
)
def test_a_file_is_named_safely(number, name, file):
    assert file_name(number, name) == file


@pytest.mark.parametrize(
    ("note", "fault"),
    [
        ("", False),
        ("Please finish by June 30.\nThank you", False),
        ("See https://evil.example", True),
        ("See www.evil.example", True),
        ("Write to chief@pd.example", True),
        ("a 9 year old told me", True),
        ("the girl, aged 9, told me", True),
        ("x" * 1001, True),
        ("\x00", True),
    ],
)
def test_a_note_carries_no_links_and_nothing_about_a_child(note, fault):
    assert bool(note_fault(note)) is fault


def test_how_a_course_may_be_required():
    assert required_faults(category=None, valid_months=None) == {}
    assert required_faults(category="patrol", valid_months=120) == {}
    assert list(required_faults(category="chief", valid_months=0)) == ["category", "valid_months"]
    assert list(required_faults(category=None, valid_months=121)) == ["valid_months"]
