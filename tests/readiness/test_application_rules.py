"""What may be answered, when an answer is due, and which kind of application fits."""

from datetime import date

import pytest

from connect.readiness import application_rules as rules
from connect.readiness.applications import first_answer_due
from connect.readiness.criteria import Asked, FactKind, requirement_sets

LEA = requirement_sets()["law-enforcement/2026.1"]
TODAY = date(2026, 3, 2)


def told(kind, typed, **more):
    asked = Asked(id="x", label="X", kind=FactKind(kind), **more)
    value = rules.normal(asked, typed)
    return value, rules.answer_fault(asked, value, state="IA", today=TODAY)


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("count", "41,200", "41200"),
        ("count", " 0041200 ", "41200"),
        ("count", "0", "0"),
        ("year", "2020", "2020"),
        ("day", "2026-03-02", "2026-03-02"),
        ("ori", "ia 0070100", "IA0070100"),
        ("psap", "123", "123"),
        ("text", " Census   2020", "Census 2020"),
        ("count", "", ""),
    ],
)
def test_an_answer_that_fits_is_kept_in_one_form(kind, typed, kept):
    assert told(kind, typed) == (kept, "")


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("count", "about 40k", "Write a whole number, such as 41200."),
        ("count", "-1", "Write a whole number, such as 41200."),
        ("count", "41.200", "Write a whole number, such as 41200."),
        ("count", "4,12", "Write a whole number, such as 41200."),
        ("count", "٤٠", "Write a whole number, such as 41200."),
        ("count", "999999999999", "Write a whole number, such as 41200."),
        ("year", "2027", "Write a year from 1990 to 2026."),
        ("year", "20", "Write a year from 1990 to 2026."),
        ("day", "2026-03-03", "Write a day such as 2026-03-04, not one to come."),
        ("day", "20260101", "Write a day such as 2026-03-04, not one to come."),
        ("day", "soon", "Write a day such as 2026-03-04, not one to come."),
        ("ori", "TX0070100", "This ORI belongs to Texas. Check it, or the state."),
        ("psap", "12x", "An FCC PSAP ID is a number of up to five digits."),
        ("text", "x" * 501, "Write at most 500 characters, on one line."),
        ("text", "a\x00b", "Write at most 500 characters, on one line."),
    ],
)
def test_an_answer_that_does_not_fit_is_told_in_words(kind, typed, words):
    assert told(kind, typed)[1] == words


def test_a_choice_is_one_of_the_list():
    assert told("choice", "Both", choices=["Online", "Both"])[1] == ""
    assert told("choice", "both", choices=["Both"])[1] == "Choose an answer from the list."


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        (date(2026, 3, 2), date(2026, 3, 4)),  # a Monday
        (date(2026, 3, 6), date(2026, 3, 10)),  # a Friday
        (date(2026, 3, 7), date(2026, 3, 10)),  # a Saturday
        (date(2026, 11, 25), date(2026, 11, 30)),  # the day before Thanksgiving
        (date(2026, 7, 2), date(2026, 7, 7)),  # the Fourth is a Saturday, observed on Friday
        (date(2027, 12, 30), date(2028, 1, 4)),  # New Year's Day is observed in the year before
    ],
)
def test_the_first_answer_is_due_in_two_business_days(submitted, due):
    assert first_answer_due(submitted) == due


def test_what_is_affirmed_depends_on_every_answer_and_on_nothing_else():
    facts = {"ori": "IA0070100", "population": "41200"}
    turned = dict(reversed(facts.items()))

    assert rules.facts_hash(LEA, facts) == rules.facts_hash(LEA, {**turned, "sworn": ""})
    assert rules.facts_hash(LEA, facts) != rules.facts_hash(LEA, {**facts, "population": "41201"})


END = date(2028, 5, 10)


@pytest.mark.parametrize(
    ("kind", "ends_on", "today", "words"),
    [
        ("new", None, TODAY, ""),
        ("renewal", None, TODAY, "no membership to renew"),
        ("renewal", END, date(2027, 5, 9), "can be opened from May 10, 2027 on"),
        ("new", END, date(2027, 5, 9), "can be opened from May 10, 2027 on"),
        ("renewal", END, date(2027, 5, 10), ""),
        ("new", END, date(2027, 5, 10), "a member until May 10, 2028. Open a renewal."),
    ],
)
def test_a_renewal_is_opened_in_the_last_year_of_a_term(kind, ends_on, today, words):
    fault = rules.kind_fault(kind, ends_on=ends_on, today=today)

    assert words in fault
    assert bool(words) == bool(fault)


def test_codes_of_an_agencys_profile_are_choices_of_the_form():
    (scope,) = [f for f in ECC.facts if f.id == "ecc_scope"]

    assert rules.known_answer(scope, "law-enforcement-only") == "Law enforcement only"
    assert rules.known_answer(scope, "else") == ""
    assert rules.known_answer(LEA.facts[1], 41200) == "41200"
    assert rules.known_answer(LEA.facts[1], None) == ""


ECC = requirement_sets()["emergency-communications/2026.1"]
