"""The closed lists have the codes that others rely on."""

import pytest

from connect.lists import AGENCY_KINDS, DISCIPLINES, ROSTER_CATEGORIES, STATES


@pytest.mark.parametrize(
    ("items", "codes"),
    [
        (
            DISCIPLINES,
            "law-enforcement emergency-communications child-welfare prosecutor public-defender"
            " juvenile-justice probation-parole educator child-advocacy-center medical"
            " mental-health victim-services faith-based nonprofit youth-serving"
            " other-professional parent general-public",
        ),
        (
            AGENCY_KINDS,
            "law-enforcement emergency-communications child-welfare school"
            " child-advocacy-center prosecutor nonprofit federal tribal military"
            " international other",
        ),
        (
            ROSTER_CATEGORIES,
            "patrol supervisor investigator executive telecommunicator call-taker"
            " ecc-supervisor ecc-manager ecc-executive support",
        ),
    ],
)
def test_a_list_has_its_codes_in_order(items, codes):
    assert list(items) == codes.split()
    assert [item.code for item in items.values()] == codes.split()


def test_states_are_the_fifty_and_what_else_has_a_code():
    others = {"DC", "AS", "GU", "MP", "PR", "VI", "ZZ"}

    assert len(STATES) == 57
    assert others < STATES.keys()
    assert all(code.isupper() and len(code) == 2 for code in STATES)


def test_only_parents_and_the_general_public_are_no_professionals():
    lay = [code for code, item in DISCIPLINES.items() if not item.professional]

    assert lay == ["parent", "general-public"]
    assert {item.professional for item in STATES.values()} == {None}


@pytest.mark.parametrize("items", [DISCIPLINES, STATES, AGENCY_KINDS, ROSTER_CATEGORIES])
def test_no_two_labels_of_a_list_are_alike(items):
    labels = [item.label for item in items.values()]

    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() for label in labels)
