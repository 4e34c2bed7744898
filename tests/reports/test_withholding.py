"""No adding and subtracting of what is shown gives a group of fewer than five people."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connect.reports.withholding import LEAST, shown_groups, spans, whole_days

DAY = date(2026, 3, 1)
values = st.sampled_from(["a", "b", "c", None])
crowds = st.lists(
    st.tuples(st.tuples(values, values, values), st.integers(1, 9)), min_size=1, max_size=14
).map(lambda parts: [cell for cell, many in parts for _ in range(many)])


def people(**many):
    """One kind of groups: name of the group → how many."""
    return [(name,) for name, size in many.items() for _ in range(size)]


def shown(**many):
    found = shown_groups(people(**many))
    return None if found is None else sorted(value for _, value in found)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"a": 4}, None),
        ({"a": 5}, ["a"]),
        ({"a": 5, "b": 5}, ["a", "b"]),
        ({"a": 9, "b": 4}, []),  # the total less nine would be four
        ({"a": 20, "b": 6, "c": 4}, ["a"]),  # four go with the six
        ({"a": 20, "b": 3, "c": 4}, ["a"]),  # seven together
        ({"a": 20, "b": 1, "c": 2}, []),  # three together, so the twenty go too
        ({"a": 20, "b": 8, "c": 1, "d": 2}, ["a"]),
    ],
)
def test_groups_under_five_are_withheld_with_as_many_as_hide_them(sizes, expected):
    assert shown(**sizes) == expected


def test_groups_of_two_kinds_do_not_give_away_what_one_kind_withholds():
    # A and B are withheld together; version 1 less C would be A.
    crowd = [("1", "A")] * 3 + [("1", "C")] * 6 + [("2", "B")] * 4 + [("2", "D")] * 9

    found = shown_groups(crowd)

    assert found is not None
    assert (1, "A") not in found
    assert not {(0, "1"), (1, "C")} <= found
    assert not {(0, "2"), (1, "D")} <= found


def test_a_few_people_of_two_shown_groups_are_not_given_away():
    # Version 1 less discipline C would be two people of D.
    crowd = [("1", "C")] * 8 + [("1", "D")] * 2 + [("2", "D")] * 10

    found = shown_groups(crowd)

    assert found is not None
    assert not {(0, "1"), (1, "C")} <= found


@settings(max_examples=150, deadline=None)
@given(crowds)
def test_no_combination_of_shown_groups_is_a_group_under_five(crowd):
    found = shown_groups(crowd)
    cells = Counter(crowd)

    assert (found is None) == (len(crowd) < LEAST)
    if found is None:
        return
    order = list(cells)
    known = [[1] * len(order)] + [
        [int(cell[kind] == value) for cell in order] for kind, value in found
    ]
    for kinds in [k for size in (1, 2, 3) for k in combinations(range(3), size)]:
        for picked in {tuple(cell[k] for k in kinds) for cell in order}:
            inside = [int(tuple(cell[k] for k in kinds) == picked) for cell in order]
            size = sum(cells[cell] for cell, here in zip(order, inside, strict=True) if here)
            withheld = len(kinds) == 1 and (kinds[0], picked[0]) not in found
            if size < LEAST or withheld:
                assert not combines(known, inside), (kinds, picked, size)


def combines(rows, wanted):
    """Whether *wanted* is a combination of *rows*, exactly."""
    left = [[Fraction(x) for x in row] for row in rows]
    target = [Fraction(x) for x in wanted]
    for column in range(len(target)):
        pivot = next((row for row in left if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        for row in [*left, target]:
            if factor := row[column] / pivot[column]:
                row[:] = [x - factor * y for x, y in zip(row, pivot, strict=True)]
    return not any(target)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=60), st.data())
def test_the_difference_of_two_periods_is_nobody_or_five_people(numbers, data):
    days = [DAY + timedelta(days=n) for n in numbers]
    ends = st.tuples(st.integers(-1, 31), st.integers(-1, 31))
    first, second = (
        whole_days(days, DAY + timedelta(days=a), DAY + timedelta(days=b))
        for a, b in (data.draw(ends), data.draw(ends))
    )

    for part in (first - second, second - first, first & second, first):
        many = sum(day in part for day in days)
        assert many == 0 or many >= min(LEAST, len(days))


def test_spans_follow_each_other_and_hold_everybody():
    days = [DAY] * 3 + [DAY + timedelta(days=1)] * 3 + [DAY + timedelta(days=5)] * 7

    assert spans(days) == [
        (DAY, DAY + timedelta(days=1)),
        (DAY + timedelta(days=5), DAY + timedelta(days=5)),
    ]
    assert spans(days[:8]) == [(DAY, DAY + timedelta(days=5))]
    assert spans([]) == []
