"""Steps of reminders, due days, and what may be assigned."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from connect.assignments.rules import Asked, Item, decisions, due_day, faults
from connect.assignments.tables import ReminderKind

DUE = date(2026, 6, 30)
NOBODY = UUID(int=0)


def item(**changes):
    return Item(
        **{
            "kind": ReminderKind.DUE,
            "about": NOBODY,
            "person": NOBODY,
            "due_on": DUE,
            "since": date(2026, 1, 1),
            **changes,
        }
    )


def told(found):
    return [(d.days, str(d.state), d.reason) for d in found]


@pytest.mark.parametrize(
    ("on", "wanted"),
    [
        (date(2026, 5, 30), []),
        (date(2026, 5, 31), [30]),
        (date(2026, 6, 23), [7]),
        (date(2026, 6, 30), [0]),
        (date(2026, 7, 7), [-7]),
        (date(2026, 7, 8), []),
    ],
)
def test_each_step_has_its_day(on, wanted):
    assert [d.days for d in decisions([item()], on, missed=timedelta(0))] == wanted


def test_after_ten_days_down_the_newest_is_sent_and_the_others_are_skipped():
    missed = decisions([item(decided=frozenset({30}))], date(2026, 7, 3))

    assert told(missed) == [(7, "skipped", "newer"), (0, "sent", "")]


def test_what_stands_in_the_ledger_is_not_decided_again_and_nothing_older_follows_it():
    assert decisions([item(decided=frozenset({30, 7, 0}))], date(2026, 7, 3)) == []
    assert told(decisions([item(decided=frozenset({0}))], date(2026, 7, 3))) == [
        (7, "skipped", "newer"),
    ]


def test_what_was_missed_for_more_than_a_month_is_let_go():
    assert decisions([item()], date(2026, 8, 7)) == []


def test_steps_that_were_past_when_it_was_assigned_are_skipped():
    found = decisions([item(since=date(2026, 6, 24))], date(2026, 6, 24))

    assert told(found) == [(30, "skipped", "before"), (7, "skipped", "before")]


def test_who_has_no_address_is_skipped_with_that_reason():
    found = decisions([item(reachable=False)], date(2026, 6, 30), missed=timedelta(0))

    assert told(found) == [(0, "skipped", "no_address")]


def test_a_completion_is_reminded_of_60_30_7_and_0_days_before_it_ends():
    one = item(kind=ReminderKind.RENEWAL)
    days = (DUE - timedelta(days=n) for n in range(70, -10, -1))

    found = [(DUE - on).days for on in days if decisions([one], on, missed=timedelta(0))]

    assert found == [60, 30, 7, 0]


@pytest.mark.parametrize(
    ("asked_on", "days", "joined", "wanted"),
    [
        (DUE, None, date(2026, 3, 1), DUE),
        (None, 30, date(2026, 3, 1), date(2026, 5, 31)),  # was there before it was made
        (None, 30, date(2026, 5, 11), date(2026, 6, 10)),
    ],
)
def test_the_due_day(asked_on, days, joined, wanted):
    assert due_day(asked_on, days, joined=joined, made=date(2026, 5, 1)) == wanted


FINE = {"course": "one", "discipline": "educator", "due_on": DUE}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({}, []),
        ({"path": "p"}, ["course"]),
        ({"course": ""}, ["course"]),
        ({"discipline": ""}, ["discipline"]),
        ({"discipline": "", "title": "  "}, ["discipline"]),
        ({"discipline": "", "title": "Chief"}, []),
        ({"discipline": "x", "category": "x", "role": "x"}, ["discipline", "category", "role"]),
        ({"role": "learner"}, ["role"]),
        ({"due_on": None}, ["due_on"]),
        ({"due_days": 3}, ["due_on"]),
        ({"due_on": None, "due_days": 0}, ["due_days"]),
        ({"due_on": date(2026, 3, 1)}, ["due_on"]),
        ({"due_on": date(2026, 3, 2)}, []),
    ],
)
def test_what_is_wrong_with_what_is_asked(changes, fields):
    asked = Asked(**FINE | changes)

    assert list(faults(asked, date(2026, 3, 2), whole_site=True)) == fields


def test_a_coordinator_names_the_agency():
    assert list(faults(Asked(**FINE), DUE, whole_site=False)) == ["agency"]
    assert faults(Asked(**FINE, agency=uuid4()), DUE, whole_site=False) == {}
