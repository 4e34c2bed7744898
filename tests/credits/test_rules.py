"""R6 as tables: hours, CEU, names of units, and what a certificate prints."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.credits.rules import (
    CONTACT_HOURS,
    Accreditation,
    Offer,
    accreditation_faults,
    amount,
    ceu,
    contact_hours,
    countable,
    kind_fault,
    lines,
    offer_faults,
    propose,
)

DAY = date(2026, 3, 2)
IACET = Accreditation("IACET", ("IACET CEU",), date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("minutes", "hours", "units"),
    [
        (1, "0.02", None),
        (29, "0.48", None),
        (30, "0.50", "0.1"),
        (50, "0.83", "0.1"),
        (60, "1.00", "0.1"),
        (89, "1.48", "0.1"),
        (90, "1.50", "0.2"),
        (149, "2.48", "0.2"),
        (150, "2.50", "0.3"),
        (600, "10.00", "1.0"),
        (630, "10.50", "1.1"),
    ],
)
def test_minutes_become_hours_and_tenths_of_a_ceu_half_up(minutes, hours, units):
    assert contact_hours(minutes) == Decimal(hours)
    assert ceu(minutes) == (Decimal(units) if units else None)


@given(st.integers(30, 60_000))
def test_a_ceu_is_never_off_by_more_than_half_a_tenth_but_for_the_minimum(minutes):
    assert abs(max(ceu(minutes), Decimal("0.1")) - Decimal(minutes) / 600) <= Decimal("0.05")


@pytest.mark.parametrize(
    ("minutes", "kind", "words"),
    [
        (90, CONTACT_HOURS, "1.5 contact hours"),
        (60, CONTACT_HOURS, "1 contact hour"),
        (600, CONTACT_HOURS, "10 contact hours"),
        (90, "IACET CEU", "0.2 IACET CEU"),
        (600, "CEUs", "1 CEUs"),
        (90, "nursing hours", "1.5 nursing hours"),
        (25, "IACET CEU", ""),
    ],
)
def test_an_amount_is_told_in_its_unit(minutes, kind, words):
    assert amount(minutes, kind) == words


def test_scenario_8_without_an_accreditation_only_contact_hours_are_proposed():
    minutes = countable(95, 5)

    found = propose(minutes, DAY, [])

    assert (found.minutes, found.contact_hours, found.ceu) == (90, 1.5, None)
    assert [worth.amount for worth in found.kinds] == ["1.5 contact hours"]
    assert "No accreditation" in kind_fault("IACET CEU", minutes, [], DAY, None)


def test_scenario_8_with_an_accreditation_valid_today_a_fifth_of_a_ceu_is_proposed():
    found = propose(countable(95, 5), DAY, [IACET])

    assert found.ceu == 0.2
    assert [worth.amount for worth in found.kinds] == ["1.5 contact hours", "0.2 IACET CEU"]
    assert kind_fault("IACET CEU", 90, [IACET], DAY, None) == ""


def test_scenario_8_for_twenty_five_minutes_a_ceu_is_refused():
    assert propose(25, DAY, [IACET]).ceu is None
    assert "less than 30 minutes" in kind_fault("IACET CEU", 25, [IACET], DAY, None)


@pytest.mark.parametrize(
    ("since", "until", "allowed"),
    [
        (date(2025, 12, 31), date(2025, 12, 31), False),
        (date(2025, 12, 31), None, True),
        (date(2026, 12, 31), None, True),
        (date(2027, 1, 1), None, False),
    ],
)
def test_an_accreditation_allows_its_names_on_its_days_only(since, until, allowed):
    assert (kind_fault("IACET CEU", 90, [IACET], since, until) == "") == allowed


OFFER = Offer("TX", "TCOLE", 90, "3270", since=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("offer", "field"),
    [
        (OFFER, ""),
        (Offer("XX", "TCOLE", 90, since=DAY), "state"),
        (Offer("TX", "", 90, since=DAY), "board"),
        (Offer("TX", "two\nlines", 90, since=DAY), "board"),
        (Offer("TX", "TCOLE", 0, since=DAY), "minutes"),
        (Offer("TX", "TCOLE", 90, "x" * 61, since=DAY), "course_number"),
        (Offer("TX", "TCOLE", 90, kind="IACET CEU", since=DAY), "kind"),
        (Offer("TX", "TCOLE", 90, since=DAY, until=date(2026, 3, 1)), "until"),
    ],
)
def test_an_offer_is_refused_by_field(offer, field):
    assert list(offer_faults(offer, [], [])) == ([field] if field else [])


def test_two_offers_of_one_board_do_not_meet():
    later = Offer("TX", "TCOLE", 60, since=date(2027, 1, 1))
    ended = Offer("TX", "TCOLE", 90, since=date(2026, 1, 1), until=date(2026, 12, 31))

    assert "from" in offer_faults(later, [], [OFFER])
    assert offer_faults(later, [], [ended]) == {}
    assert offer_faults(Offer("VA", "DCJS", 60, since=DAY), [], [OFFER]) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, ""),
        ({"body": ""}, "body"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["x" * 41]}, "kinds"),
        ({"body": "ANCC"}, "kinds"),  # says IACET and is not
        ({"until": date(2025, 1, 1)}, "until"),
        ({"number": "x" * 61}, "number"),
    ],
)
def test_an_accreditation_is_refused_by_field(changes, field):
    facts = {"body": "IACET", "number": "1", "kinds": ["IACET CEU"], "since": DAY, "until": None}

    assert list(accreditation_faults(facts | changes)) == ([field] if field else [])


def test_a_certificate_prints_the_own_state_first_and_only_what_is_valid_on_its_day():
    offers = [
        OFFER,
        Offer("CA", "POST", 90),
        Offer("VA", "DCJS", 90, "12-345", kind="IACET CEU", since=DAY),
        Offer("FL", "FDLE", 90, since=date(2026, 3, 3)),
        Offer("FL", "old", 90, until=date(2026, 3, 1)),
    ]

    assert lines(offers, DAY, [IACET], state="TX", most=8) == [
        "TX · TCOLE · 3270 · 1.5 contact hours",
        "CA · POST · 1.5 contact hours",
        "VA · DCJS · 12-345 · 0.2 IACET CEU",
    ]
    assert lines(offers, DAY, [], state="VA", most=1) == ["VA · DCJS · 12-345 · 1.5 contact hours"]
