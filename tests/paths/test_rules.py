"""What completes a path, whatever the order and the cycle."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from connect.catalog.path_check import PathContent, PathCourse
from connect.paths.rules import (
    Done,
    State,
    blocking,
    counting,
    may_repeat,
    missing,
    next_course,
    progress_percent,
    states,
)

TODAY = date(2026, 3, 2)


def path(*courses):
    return PathContent("p", "0" * 64, "P", "Summary.", "en", list(courses))


def done(day, valid_months=None):
    return Done(day, datetime.combine(day, time(12), UTC), 30, valid_months)


THREE = path(PathCourse("a"), PathCourse("b", True, ["a"]), PathCourse("c", False), PathCourse("d"))
DONE = [done(date(2026, 3, 1))]


@pytest.mark.parametrize(
    ("of", "wanted", "percent", "following"),
    [
        ({}, {"a": "open", "b": "locked", "c": "open", "d": "open"}, 0, "a"),
        ({"a": DONE}, {"a": "done", "b": "open", "c": "open", "d": "open"}, 33, "b"),
        ({"b": DONE}, {"a": "open", "b": "done", "c": "open", "d": "open"}, 33, "a"),
        ({"a": DONE, "d": DONE}, {"a": "done", "b": "open", "c": "open", "d": "done"}, 66, "b"),
        (
            {"a": DONE, "b": DONE, "d": DONE},
            {"a": "done", "b": "done", "c": "open", "d": "done"},
            100,
            "c",
        ),
    ],
)
def test_states_progress_and_what_comes_next(of, wanted, percent, following):
    now = states(THREE, of, TODAY)

    assert now == wanted
    assert progress_percent(THREE, now) == percent
    assert next_course(THREE, now) == following


def test_what_is_missing_is_every_required_course_without_a_completion_and_no_other():
    assert [c.course for c in missing(THREE, {"a": DONE}, TODAY)] == ["b", "d"]
    assert missing(THREE, dict.fromkeys("abd", DONE), TODAY) == []


def test_what_is_locked_names_what_comes_first():
    assert blocking(THREE, "b", states(THREE, {}, TODAY)) == ["a"]
    assert blocking(THREE, "b", states(THREE, {"a": DONE}, TODAY)) == []


@pytest.mark.parametrize(
    ("days", "since", "wanted"),
    [
        ([(date(2020, 1, 1), None)], None, date(2020, 1, 1)),  # any cycle, long before the path
        ([(date(2025, 3, 2), 12)], None, None),  # ended today
        ([(date(2025, 3, 3), 12)], None, date(2025, 3, 3)),
        ([(date(2025, 3, 2), 12), (date(2024, 1, 1), None)], None, date(2024, 1, 1)),
        ([(date(2026, 1, 1), None), (date(2026, 2, 1), None)], None, date(2026, 2, 1)),
        ([(date(2026, 1, 1), None)], date(2026, 1, 2), None),  # of the cycle before
        ([(date(2026, 1, 3), None)], date(2026, 1, 2), date(2026, 1, 3)),
    ],
)
def test_which_completion_counts(days, since, wanted):
    moment = datetime.combine(since, time(12), UTC) if since else None

    found = counting([done(day, months) for day, months in days], TODAY, moment)

    assert (found.day if found else None) == wanted


@pytest.mark.parametrize(
    ("expires", "may"),
    [
        (None, False),
        (TODAY + timedelta(days=91), False),
        (TODAY + timedelta(days=90), True),
        (TODAY - timedelta(days=400), True),
    ],
)
def test_a_path_is_followed_anew_only_when_its_completion_ends(expires, may):
    assert may_repeat(expires, TODAY) is may


def test_the_states_are_words_that_pages_know():
    assert set(State) == {"locked", "open", "done"}
