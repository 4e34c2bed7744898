"""What a completion elsewhere must say, and who may decide on it."""

from datetime import date
from uuid import uuid4

import pytest

from connect.external.rules import deciding_fault, faults, identity, row_of

TODAY = date(2026, 3, 2)
FACTS = {"title": "TELMAC", "provider": "NCMEC", "day": date(2021, 5, 4), "minutes": 480}
FACTS |= {"number": "T-1"}
CELLS = {"email": "ada@agency.example", "title": "TELMAC", "provider": "NCMEC"}
CELLS |= {"completed_on": "2021-05-04", "hours": "8"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, ""),
        ({"number": ""}, ""),
        ({"day": TODAY}, ""),
        ({"day": date(2026, 3, 3)}, "completed_on"),
        ({"day": date(1949, 12, 31)}, "completed_on"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"provider": "two\nlines"}, "provider"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 60_001}, "minutes"),
        ({"number": "x" * 61}, "number"),
    ],
)
def test_a_completion_elsewhere_is_refused_by_field(changes, field):
    assert list(faults(FACTS | changes, TODAY)) == ([field] if field else [])


def test_case_and_spaces_make_no_other_completion():
    assert identity("Telmac  Course", "NCMEC", TODAY) == identity("TELMAC course ", "ncmec", TODAY)
    assert identity("TELMAC", "NCMEC", TODAY) != identity("TELMAC", "NCMEC", date(2026, 3, 1))


def test_nobody_decides_on_what_is_their_own_or_what_they_brought_in():
    decider, other = uuid4(), uuid4()

    assert deciding_fault(decider, holder=other, made_by=other) == ""
    assert "your own" in deciding_fault(decider, holder=decider, made_by=other)
    assert "You brought this in" in deciding_fault(decider, holder=other, made_by=decider)


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({}, 480),
        ({"hours": "", "minutes": "90"}, 90),
        ({"hours": "1.5"}, 90),
        ({"hours": "0.33"}, 20),
        ({"minutes": "45"}, 45),  # beside hours, minutes are meant
    ],
)
def test_a_row_says_minutes_or_hours(changes, minutes):
    facts, wrong = row_of(CELLS | changes)

    assert wrong == {}
    assert (facts["minutes"], facts["day"]) == (minutes, date(2021, 5, 4))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hours": ""}, "minutes"),
        ({"hours": "eight"}, "minutes"),
        ({"hours": "NaN"}, "minutes"),
        ({"hours": "Infinity"}, "minutes"),
        ({"hours": "1e400"}, "minutes"),
        ({"minutes": "1.5"}, "minutes"),
        ({"minutes": "-5"}, "minutes"),
        ({"completed_on": "05/04/2021"}, "completed_on"),
        ({"email": "nobody"}, "email"),
        ({"title": ""}, "title"),
    ],
)
def test_a_row_is_refused_by_field(changes, field):
    assert list(row_of(CELLS | changes)[1]) == [field]
