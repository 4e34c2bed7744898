"""What an account may hold."""

from datetime import UTC, datetime, timedelta

import pytest

from connect.accounts.rules import faults, is_over, normal_email, normal_name, zones

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Ada@Agency.Example", "ada@agency.example"),
        ("  ada@agency.example\t", "ada@agency.example"),
        ("ADA+COURSE@AGENCY.EXAMPLE", "ada+course@agency.example"),
    ],
)
def test_an_address_is_looked_up_in_one_form(typed, stored):
    assert normal_email(typed) == stored


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("  Ada   Bright  ", "Ada Bright"),
        ("Ada\u00a0Bright", "Ada Bright"),
        ("Zoe\u0308", "Zoë"),
        ("\u3000", ""),
    ],
)
def test_a_name_has_one_form_and_single_spaces(typed, printed):
    assert normal_name(typed) == printed


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"legal_name": "Ada", "certificate_name": "", "title": ""}, set()),
        ({"legal_name": " "}, {"legal_name"}),
        ({"legal_name": "x" * 120, "certificate_name": "x" * 120, "title": "x" * 120}, set()),
        # Each of these is three characters in the form that is stored.
        ({"legal_name": "\ufb2c" * 41}, {"legal_name"}),
        (
            {"certificate_name": "\ufb2c" * 41, "title": "\ufb2c" * 41},
            {"certificate_name", "title"},
        ),
        ({"time_zone": "America/Chicago"}, set()),
        ({"time_zone": "Chicago"}, {"time_zone"}),
        ({"time_zone": ""}, {"time_zone"}),
        ({"time_zone": "../../etc/passwd"}, {"time_zone"}),
        ({}, set()),
    ],
)
def test_values_are_judged_beyond_their_form(given, wrong):
    assert faults(given).keys() == wrong


def test_a_password_is_judged_together_with_name_and_address():
    given = {"legal_name": "Ada Lovelace", "email": "countess@riverside.example"}

    assert faults(given, password="lovelace countess 7").keys() == {"password"}
    assert faults({}, password="lovelace countess 7").keys() == set()


def test_the_time_zones_are_those_of_iana():
    assert {"America/New_York", "Pacific/Guam", "UTC"} <= zones()
    assert "" not in zones()


@pytest.mark.parametrize(
    ("age", "silence", "over"),
    [
        (timedelta(0), timedelta(0), False),
        (timedelta(hours=24), timedelta(0), False),
        (timedelta(hours=24, seconds=1), timedelta(0), True),
        (timedelta(hours=2), timedelta(hours=1), False),
        (timedelta(hours=2), timedelta(hours=1, seconds=1), True),
    ],
)
def test_a_privileged_session_ends_by_age_or_by_silence(age, silence, over):
    assert is_over(NOW, made_at=NOW - age, last_seen_at=NOW - silence) is over
