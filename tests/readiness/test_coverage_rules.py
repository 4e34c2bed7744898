"""How far an agency is: the pure rules against the plainest way of counting."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.lists import ROSTER_CATEGORIES
from connect.readiness.criteria import requirement_sets
from connect.readiness.rules import (
    LineState,
    Rostered,
    by_category,
    covered,
    criteria_of,
    is_exempt,
    line_faults,
    line_state,
    needs_in,
    needs_of,
)

LEA = requirement_sets()["law-enforcement/2026.1"]
ECC = requirement_sets()["emergency-communications/2026.1"]
TODAY = date(2026, 3, 1)
ALL = needs_of(LEA.training)

categories = st.frozensets(st.sampled_from(sorted(ROSTER_CATEGORIES)), max_size=4)


@st.composite
def rosters(draw):
    asked_of = draw(st.sampled_from([LEA, ECC]))
    needs = sorted(needs_of(asked_of.training))
    people = [
        Rostered(
            key=str(n),
            name=f"Person {n}",
            asked=draw(categories),
            exempt=draw(categories),
            done=draw(st.frozensets(st.sampled_from(needs))),
            shares=draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 12)))
    ]
    return asked_of, people


def plainly(people, rule_categories, rules):
    """Satisfied, missing and exempt, person by person and course by course."""
    satisfied, missing, exempt = 0, [], []
    for person in people:
        on_it = False
        waits = False
        for category in rule_categories:
            on_it = on_it or category in person.asked
            waits = waits or category in person.exempt
        if not on_it:
            if waits:
                exempt.append(person.name)
            continue
        lacks = False
        for rule in rules:
            for number in range(len(rule.every)):
                if (rule.id, number) not in person.done or not person.shares:
                    lacks = True
        if lacks:
            missing.append(person.name)
        else:
            satisfied += 1
    return satisfied, missing, exempt


@given(rosters())
def test_each_rule_is_counted_as_by_hand(roster):
    asked, people = roster

    found = criteria_of(people, asked)

    for rule, criterion in zip(asked.training, found, strict=True):
        satisfied, missing, exempt = plainly(people, rule.categories, [rule])
        assert (criterion.satisfied, criterion.missing, criterion.exempted) == (
            satisfied,
            missing,
            exempt,
        )
        assert criterion.required == satisfied + len(missing)
        there = criterion.required + criterion.exempt
        assert criterion.met == (bool(people) and not missing and there >= rule.least)


@given(rosters())
def test_each_category_needs_all_that_is_asked_of_it(roster):
    asked, people = roster

    found = by_category(people, asked)

    assert set(found) == {c for p in people for c in p.asked | p.exempt}
    for category, its in found.items():
        rules = [rule for rule in asked.training if category in rule.categories]
        assert (its.satisfied, its.missing, its.exempted) == plainly(people, [category], rules)
        assert 0 <= its.percent <= 100
        assert (its.percent == 100) == (not its.missing)


@given(rosters())
def test_a_person_in_two_categories_needs_the_union(roster):
    asked, people = roster
    for person in people:
        for category in person.asked:
            state = line_state(person, category, asked, has_account=True)
            needs = needs_in(category, asked)
            meets = not needs or (person.shares and needs <= person.done)
            assert (state is LineState.SATISFIED) == meets


def officer(name="Ada A", **changes):
    facts = {"key": name, "name": name, "asked": frozenset({"patrol"}), "done": ALL, **changes}
    return Rostered(**facts)


def test_one_officer_without_training_makes_49_of_50_and_is_named():
    people = [officer(f"Officer {n}") for n in range(49)]
    chief = officer("Chief", asked=frozenset({"executive"}))

    before = criteria_of([*people, chief], LEA)
    after = criteria_of([*people, chief, officer("New", done=frozenset())], LEA)

    assert all(criterion.met for criterion in before)
    sworn = after[0]
    assert (sworn.satisfied, sworn.required, sworn.missing) == (49, 50, ["New"])
    assert (sworn.percent, sworn.met) == (98.0, False)


def test_a_percentage_is_never_rounded_up_to_all():
    people = [officer(f"Officer {n}") for n in range(2999)]

    its = covered([*people, officer("New", done=frozenset())], ["patrol"], ALL)

    assert its.percent == 99.9


def test_an_agency_without_a_chief_on_its_roster_does_not_meet_the_chiefs_rule():
    found = {criterion.rule: criterion for criterion in criteria_of([officer()], LEA)}

    assert (found["executive"].met, found["executive"].percent) == (False, 0.0)
    assert found["investigators"].met  # a small agency has none


def test_an_empty_roster_meets_nothing():
    assert not any(criterion.met for criterion in criteria_of([], LEA))


@pytest.mark.parametrize(
    ("facts", "exempt"),
    [
        ({}, False),
        ({"exemption": "leave", "exempt_until": TODAY}, True),
        ({"exemption": "leave", "exempt_until": TODAY - timedelta(days=1)}, False),
        ({"hired_on": TODAY - timedelta(days=179)}, True),
        ({"hired_on": TODAY - timedelta(days=180)}, False),
        (
            {
                "exemption": "leave",
                "exempt_until": TODAY - timedelta(days=1),
                "hired_on": TODAY,
            },
            True,
        ),
    ],
)
def test_an_exemption_holds_to_its_last_day_and_a_new_hires_for_180_days(facts, exempt):
    none = {"exemption": None, "exempt_until": None, "hired_on": None}

    assert is_exempt(TODAY, **(none | facts)) is exempt


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"category": "chief"}, "category"),
        ({"exemption": "holiday", "exempt_until": TODAY}, "exemption"),
        ({"exemption": "leave"}, "exempt_until"),
        ({"exempt_until": TODAY}, "exemption"),
        ({"exemption": "leave", "exempt_until": date(2028, 3, 2)}, "exempt_until"),
        ({"exemption": "new_hire", "exempt_until": date(2026, 9, 1)}, "exempt_until"),
        ({"hired_on": TODAY + timedelta(days=1)}, "hired_on"),
    ],
)
def test_a_line_that_cannot_be_is_told_by_its_field(facts, field):
    good = {"category": "patrol", "exemption": None, "exempt_until": None, "hired_on": None}

    assert line_faults(TODAY, **good) == {}
    assert list(line_faults(TODAY, **(good | facts))) == [field]


def test_a_line_of_somebody_unknown_says_why():
    stranger = officer(shares=False)

    assert line_state(stranger, "patrol", LEA, has_account=False) is LineState.UNMATCHED
    assert line_state(stranger, "patrol", LEA, has_account=True) is LineState.UNVERIFIED
