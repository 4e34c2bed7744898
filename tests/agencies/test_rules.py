"""What identifies an agency, what its profile may say, and its codes."""

from datetime import UTC, date, datetime, timedelta

import pytest

from connect.agencies import rules

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({}, []),
        ({"ori": None}, []),
        ({"kind": "emergency-communications", "ori": None, "psap_id": "2155"}, []),
        ({"state": "NE", "ori": "NB0070100"}, []),  # the FBI's code of Nebraska
        ({"state": "TX"}, ["ori"]),
        ({"ori": "IA007"}, ["ori"]),
        ({"kind": "nonprofit"}, ["ori"]),
        ({"psap_id": "2155"}, ["psap_id"]),
        ({"kind": "emergency-communications", "ori": None, "psap_id": "١٢"}, ["psap_id"]),
        ({"kind": "emergency-communications", "ori": None, "psap_id": "123456"}, ["psap_id"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"name": "Bell\x07"}, ["name"]),
        ({"name": "a\u202eb"}, ["name"]),
        ({"county": "x" * 121}, ["county"]),
        (
            {"kind": "x", "name": "", "state": "QQ", "county": "\x00", "ori": "?", "psap_id": "?"},
            ["kind", "name", "state", "county", "ori", "psap_id"],
        ),
    ],
)
def test_facts_are_judged_all_at_once(facts, wrong):
    given = {"kind": "law-enforcement", "name": "Cedar Falls Police", "state": "IA", "county": ""}

    found = rules.agency_faults(**{**given, "ori": "IA0070100", "psap_id": None, **facts})

    assert list(found) == wrong


def test_domains_are_told_apart_from_what_proves_nothing():
    typed = ["@CedarFallsPD.Example.", "cedarfallspd.example", "", "k12.ia.example"]

    assert rules.normal_domains(typed) == ["cedarfallspd.example", "k12.ia.example"]
    assert rules.domains_fault(["a.example"]) == ""
    assert rules.domains_fault(["a.example", "gmail.com"]).startswith("gmail.com: ")
    assert rules.domains_fault(["a b"]).startswith("a b: ")
    assert rules.domains_fault([f"a{n}.example" for n in range(21)]) == "List at most 20 domains."


@pytest.mark.parametrize(
    ("facts", "wrong"),
    [
        ({"employees": 0}, []),
        ({"population": 41700, "population_source": "Census", "population_year": 2024}, []),
        ({}, ["population"]),
        ({"population_source": "Census"}, ["population"]),
        ({"population": 41700}, ["population_source", "population_year"]),
        (
            {"population": 1, "population_source": "Census", "population_year": 2027},
            ["population_year"],
        ),
        ({"employees": 3, "sworn": 4}, ["sworn"]),
        ({"sworn": 4}, []),
        ({"sworn": 4, "positions": 2, "psap_level": "primary"}, ["positions", "psap_level"]),
    ],
)
def test_a_profile_says_where_its_numbers_come_from(facts, wrong):
    found = rules.profile_faults(facts, kind="law-enforcement", as_of=TODAY, today=TODAY)

    assert list(found) == wrong


def test_a_profile_is_of_a_911_center_or_not_and_never_of_tomorrow():
    facts = {"positions": 2, "psap_level": "primary"}
    kind = "emergency-communications"

    assert rules.profile_faults(facts, kind=kind, as_of=TODAY, today=TODAY) == {}
    tomorrow = TODAY + timedelta(days=1)
    assert list(rules.profile_faults(facts, kind=kind, as_of=tomorrow, today=TODAY)) == ["as_of"]


def test_a_code_can_be_typed_in_many_ways():
    code = rules.new_code()

    assert len(code) == 10
    assert set(code) <= set(rules.CODE_ALPHABET)
    assert rules.normal_code(f" {rules.grouped_code(code).lower()} ") == code
    assert rules.normal_code("oil0 1-1") == "011011"


def test_whole_days_are_counted():
    now = datetime(2026, 3, 2, 15, tzinfo=UTC)

    assert rules.days_waiting(now - timedelta(hours=23), now) == 0
    assert rules.days_waiting(now - timedelta(days=3, hours=1), now) == 3


def test_the_words_that_tell_an_agency_from_others():
    assert rules.telling_words("Ames Police Department") == ["ames"]
    assert rules.telling_words("County Sheriff") == ["county", "sheriff"]
