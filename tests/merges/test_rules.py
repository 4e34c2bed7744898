"""What each reference becomes, who looks like whom, and what a merge tells. Pure."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from piccolo.columns import UUID as Uuid
from piccolo.columns import ForeignKey

from connect.merges import rules
from connect.merges.rules import (
    Fact,
    Plan,
    Reason,
    Someone,
    Step,
    almost_same,
    folded,
    keys,
    mailbox,
    masked,
    reasons,
    undo_until,
)
from connect.piccolo_app import APP_CONFIG

PD, SCHOOL = uuid4(), uuid4()


def test_every_reference_to_a_person_or_an_agency_is_decided_on():
    undecided, known = set(), set()
    for table in APP_CONFIG.table_classes:
        for column in table._meta.columns:
            name = f"{table._meta.tablename}.{column._meta.name}"
            known.add(name)
            points = None
            if isinstance(column, ForeignKey):
                points = column._foreign_key_meta.resolved_references._meta.tablename
            named = set()
            if points == "account" or (isinstance(column, Uuid) and not column._meta.primary_key):
                named |= rules.PEOPLE.keys()
            if points == "agency" or (isinstance(column, Uuid) and not column._meta.primary_key):
                named |= rules.AGENCIES.keys() | rules.OTHERS
            if named and name not in named:
                undecided.add(name)

    assert undecided == set(), "decide in merges/rules.py what a merge does with these"
    assert (rules.PEOPLE.keys() | rules.AGENCIES.keys() | rules.OTHERS) - known == set()
    assert rules.PEOPLE.keys() | rules.AGENCIES.keys() >= rules.BY_HAND


NAMES = st.text("abcé ,.-", min_size=1, max_size=12)


def someone(name="Maria García", email="maria@pd.example", state="TX", **facts):
    return Someone(id=uuid4(), name=name, email=email, state=state, **facts)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Maria García", "maria garcia"),
        ("GARCIA, Maria", "maria garcia"),
        ("  O'Neil-Brown,  Ann ", "ann o neil brown"),
        ("ﬁona Strauß", "fiona strauss"),
        ("李 小龍", "李 小龍"),
        ("...", ""),
    ],
)
def test_a_name_is_folded(name, plain):
    assert folded(name) == plain


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("maria garcia", "maria garcia", True),
        ("maria garcia", "maria g garcia", True),
        ("maria garcia", "maria garcia lopez", True),
        ("jon smith", "john smith", True),
        ("jhon smith", "john smith", True),
        ("john smyth", "john smith", True),
        ("john smith", "joan smith", True),  # one letter; a person looks at it
        ("john smith", "jane smith", False),
        ("ann li", "ann lu", True),
        ("al li", "al lu", False),  # short: one letter is another name
        ("maria", "maria garcia", False),
        ("maria garcia", "garcia maria", False),
        ("", "", True),
    ],
)
def test_names_that_are_almost_the_same(one, other, same):
    assert almost_same(one, other) is same
    assert almost_same(other, one) is same


@given(NAMES, NAMES)
def test_being_almost_the_same_has_no_direction(one, other):
    assert almost_same(folded(one), folded(one))
    assert almost_same(folded(one), folded(other)) == almost_same(folded(other), folded(one))


@given(NAMES)
def test_folding_twice_is_folding_once(name):
    assert folded(folded(name)) == folded(name)


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("m.garcia@pd.example", "mgarcia"),
        ("m.garcia+train@pd.example", "mgarcia"),
        ("mgarcia@school.example", "mgarcia"),
    ],
)
def test_a_mailbox_is_what_people_keep_when_they_move(email, name):
    assert mailbox(email) == name


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({}, {"name": "GARCIA, MARIA", "email": "mg@x.example"}, [Reason.NAME_STATE]),
        ({}, {"email": "other@x.example", "state": "OK"}, []),
        ({"state": None}, {"email": "mg@x.example", "state": None}, []),  # unknown is not equal
        (
            {"agencies": (PD,)},
            {"email": "mg@x.example", "state": None, "agencies": (SCHOOL, PD)},
            [Reason.NAME_AGENCY],
        ),
        (
            {},
            {"name": "Maria Garcia Lopez", "email": "maria@new.example", "state": "OK"},
            [Reason.MAILBOX],
        ),
        ({}, {"name": "Ben Other", "email": "maria@new.example"}, []),
        (
            {"agencies": (PD,)},
            {"email": "ma.ria@new.example", "agencies": (PD,)},
            [Reason.MAILBOX, Reason.NAME_AGENCY, Reason.NAME_STATE],
        ),
    ],
)
def test_why_two_accounts_may_be_one_persons(one, other, why):
    one, other = someone(**one), someone(**other)

    assert reasons(one, other) == why
    assert reasons(other, one) == why
    assert bool(why) <= bool(set(keys(one)) & set(keys(other)))


def test_an_address_is_told_only_to_who_knows_it():
    assert masked("maria.garcia@pd.example") == "m…@pd.example"


def test_an_undo_is_possible_for_thirty_days():
    assert undo_until(datetime(2026, 3, 2, 15, tzinfo=UTC)) == datetime(2026, 4, 1, 15, tzinfo=UTC)


def test_a_plan_is_told_in_numbers():
    person, row = UUID(int=1), str(UUID(int=2))
    plan = Plan(
        steps=[
            Step("completion", row, "learner", person, person),
            Step("certificate", row, "holder", person, person),
            Step("certificate", row, "holder", person, person),
            Step("affiliation", row, "until", None, "2026-03-01"),
            Step("affiliation", row, "is_primary", True, False),
            Step("session", row, "", {}),
            Step("account", row, "status", "active", "merged"),
        ],
        facts=[Fact("State", "Texas", "Ohio"), Fact("Name", "Ann", "ANN")],
    )

    assert [(c.what, c.number) for c in plan.moves()] == [("completion", 1), ("certificates", 2)]
    assert [(c.what, c.number) for c in plan.ends()] == [("affiliation", 1), ("session", 1)]
    assert [fact.differs for fact in plan.facts] == [True, False]
