"""When a mail is tried again."""

from datetime import timedelta

import pytest

from connect.mail.rules import wait_after


@pytest.mark.parametrize(
    ("tries", "minutes"),
    [(1, 1), (2, 5), (3, 30), (4, 120), (5, 360), (6, 360), (30, 360)],
)
def test_waits_grow_to_six_hours(tries, minutes):
    assert wait_after(tries) == timedelta(minutes=minutes)
