"""Knowledge gain: over people with both tests, by hand-made numbers."""

from datetime import date

from connect.reports.gain import Cycle, Sitting, measure

DAY = date(2026, 3, 4)
YEAR = date(2026, 1, 1), date(2026, 12, 31)


def sitting(score, day=DAY, **right):
    return Sitting(day, score, right)


def cycles(*scores, **changes):
    return [
        Cycle(
            f"person-{n}", sitting(before, a=before > 50), sitting(after, a=after > 50), **changes
        )
        for n, (before, after) in enumerate(scores)
    ]


def test_the_gain_is_the_difference_of_two_means_of_the_same_people():
    five = cycles((20, 80), (40, 80), (60, 100), (50, 90), (80, 90))
    alone = [
        Cycle("before", before=sitting(0, a=False)),
        Cycle("after", after=sitting(100, a=True)),
    ]

    found = measure([*five, *alone], {"a": "What?"}, *YEAR)

    assert (found.n, found.only_before, found.only_after) == (5, 1, 1)
    assert (found.before, found.after, found.gain) == (50.0, 88.0, 38.0)
    asked = found.questions[0]
    assert (asked.n, asked.right_before, asked.right_after) == (5, 40, 100)


def test_four_people_are_withheld():
    found = measure(cycles((0, 100), (0, 100), (0, 100), (0, 100)), {"a": "What?"}, *YEAR)

    assert (found.withheld, found.n, found.gain, found.questions) == (True, None, None, [])


def test_a_person_counts_once_with_the_first_cycle_that_has_both():
    five = cycles((0, 50), (0, 50), (0, 50), (0, 50))
    again = [
        Cycle("again", before=sitting(10, a=False)),
        Cycle("again", sitting(20, a=False), sitting(70, a=True)),
        Cycle("again", sitting(100, a=True), sitting(100, a=True)),
    ]

    found = measure([*again, *five], {"a": "What?"}, *YEAR)

    assert (found.n, found.only_before) == (5, 0)
    assert (found.before, found.after, found.gain) == (4.0, 54.0, 50.0)


def test_a_question_that_fewer_than_five_were_asked_both_times_is_withheld():
    five = cycles((0, 100), (0, 100), (0, 100), (0, 100))
    other = [Cycle("other", sitting(0, b=False), sitting(100, b=True))]

    found = measure([*five, *other], {"a": "What?"}, *YEAR)

    assert (found.n, found.gain) == (5, 100.0)
    assert (found.questions[0].withheld, found.questions[0].n) == (True, None)


def test_only_those_whose_test_after_lies_in_the_period_count():
    late = [
        Cycle(f"late-{n}", sitting(0, a=False), sitting(50, date(2027, 1, 5), a=False))
        for n in range(5)
    ]

    found = measure([*cycles(*[(0, 100)] * 5), *late], {"a": "What?"}, *YEAR)

    assert (found.n, found.gain) == (5, 100.0)
