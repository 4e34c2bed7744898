"""How long a term is, when which reminder is due, and when it is over."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect import clock
from connect.readiness import term_rules
from connect.readiness.term_rules import NEWER, STEPS, Decision, Renewal, decisions, over_on

END = date(2028, 5, 10)


@pytest.mark.parametrize(
    ("ends_on", "days", "due"),
    [
        (END, 365, date(2027, 5, 10)),  # the window opens, though a leap day lies in between
        (date(2027, 5, 10), 365, date(2026, 5, 10)),
        (date(2029, 2, 28), 365, date(2028, 2, 28)),
        (END, 180, date(2027, 11, 12)),
        (END, 30, date(2028, 4, 10)),
        (END, 0, END),
    ],
)
def test_a_reminder_has_its_day(ends_on, days, due):
    assert term_rules.due_on(ends_on, days) == due


def test_after_ten_days_without_a_worker_the_newest_reminder_is_sent_and_the_others_skipped():
    late = decisions(END, END + timedelta(days=3), {365, 180, 90})

    assert late == [Decision(30, END - timedelta(days=30), NEWER), Decision(0, END)]


def test_why_a_reminder_is_not_sent_is_written_down():
    assert decisions(END, END, {365, 180, 90, 30}, why_not="Renewed.") == [
        Decision(0, END, "Renewed.")
    ]


@given(st.dates(date(2026, 1, 1), date(2060, 1, 1)), st.sets(st.integers(0, 1900)))
def test_whatever_days_the_worker_runs_each_reminder_is_decided_once(start, ran):
    end = clock.months_after(start, 60)
    decided: dict[int, Decision] = {}
    for day in sorted({start + timedelta(days=n) for n in ran} | {end}):
        found = decisions(end, day, decided)
        assert not decided.keys() & {d.days_before for d in found}
        assert len([d for d in found if not d.skipped]) <= 1
        decided |= {d.days_before: d for d in found}

    assert set(decided) == set(STEPS)
    assert not decided[0].skipped


@pytest.mark.parametrize(
    ("renewals", "over"),
    [
        ([], END),
        ([Renewal(END - timedelta(days=1))], None),
        ([Renewal(END)], END),  # a day too late
        ([Renewal(END - timedelta(days=9), END + timedelta(days=20))], END + timedelta(days=20)),
        ([Renewal(END - timedelta(days=9), END - timedelta(days=2))], END),
    ],
)
def test_a_renewal_that_was_submitted_in_time_keeps_the_term_until_the_decision(renewals, over):
    assert over_on(END, renewals) == over


def test_numbers_of_a_year_have_no_gaps():
    assert term_rules.next_number(2026, []) == "M-2026-0001"
    assert term_rules.next_number(2026, ["M-2026-0002", "M-2026-0001"]) == "M-2026-0003"
    assert term_rules.next_number(2026, ["M-2026-9999", "M-2026-0001"]) == "M-2026-10000"
