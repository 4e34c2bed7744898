"""What a transcript adds up, and what a share may show."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from connect.transcripts.rules import (
    Origin,
    Row,
    Scope,
    Sum,
    by_year,
    in_scope,
    share_faults,
    total,
)

TODAY = date(2026, 3, 2)


def row(day=TODAY, minutes=30, origin=Origin.OWN, status="valid"):
    return Row(uuid4(), origin, "A course", "", 1, day, minutes, "C-1", status, "course")


def test_here_and_elsewhere_are_summed_apart_and_the_revoked_not_at_all():
    rows = [
        row(),
        row(minutes=60, status="superseded"),
        row(status="revoked"),
        row(minutes=480, origin=Origin.EXTERNAL),
        row(minutes=90, origin=Origin.BROUGHT_IN, day=date(2021, 5, 4)),
    ]

    assert total(rows) == Sum(2, 90, 2, 570)
    assert by_year(rows) == {2026: Sum(2, 90, 1, 480), 2021: Sum(0, 0, 1, 90)}
    assert total([]) == Sum()


def test_a_scope_shows_its_rows_only():
    old, new = row(day=date(2020, 1, 1)), row()

    assert in_scope(Scope(), [new, old]) == [new, old]
    assert in_scope(Scope(since=date(2020, 1, 2)), [new, old]) == [new]
    assert in_scope(Scope(since=date(2020, 1, 1)), [new, old]) == [new, old]
    assert in_scope(Scope(chosen=(old.id,)), [new, old]) == [old]


OWN = uuid4()


@pytest.mark.parametrize(
    ("scope", "days", "field"),
    [
        (Scope(), 0, ""),
        (Scope(), 90, ""),
        (Scope(), 91, "expires_on"),
        (Scope(), -1, "expires_on"),
        (Scope(since=TODAY), 30, ""),
        (Scope(since=TODAY + timedelta(1)), 30, "scope"),
        (Scope(chosen=(OWN,)), 30, ""),
        (Scope(chosen=(OWN, uuid4())), 30, "scope"),
        (Scope(chosen=(OWN,) * 501), 30, "scope"),
    ],
)
def test_r30_a_share_is_of_ones_own_and_of_ninety_days_at_most(scope, days, field):
    found = share_faults(scope, TODAY + timedelta(days), today=TODAY, own=[OWN])

    assert list(found) == ([field] if field else [])
