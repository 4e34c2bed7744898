"""Roles that are held for one agency: how far they reach, and that they reach no further."""

from uuid import uuid4

import pytest

from connect.errors import Forbidden, NotSignedIn
from connect.policy import VISITOR, Actor, Permission, Relation, Role

OURS, THEIRS, ME = uuid4(), uuid4(), uuid4()
COORDINATOR = Actor(account_id=ME, roles=frozenset({(Role.COORDINATOR, OURS)}))
OF_SITE = Actor(account_id=ME, roles=frozenset({(Role.COORDINATOR, None)}))
REGISTRAR = Actor(account_id=ME, roles=frozenset({(Role.REGISTRAR, None)}))
SMALL_ADMIN = Actor(account_id=ME, roles=frozenset({(Role.ADMIN, OURS), (Role.REGISTRAR, OURS)}))
LEARNER = Actor(account_id=ME)


@pytest.mark.parametrize(
    ("actor", "relation", "ours", "theirs"),
    [
        (VISITOR, None, False, False),
        (LEARNER, None, False, False),
        (COORDINATOR, Relation.AGENCY, True, False),
        (OF_SITE, Relation.ANY, True, True),
        (REGISTRAR, Relation.ANY, True, True),
        # A role that reaches everything gives nothing when it is held for one agency.
        (SMALL_ADMIN, None, False, False),
    ],
)
def test_a_role_held_for_an_agency_reaches_that_agency(actor, relation, ours, theirs):
    permission = Permission.MANAGE_OWN_AGENCY

    assert actor.relation(permission) is relation
    assert actor.may(permission) is (relation is not None)
    assert actor.may(permission, agency=OURS) is ours
    assert actor.may(permission, agency=THEIRS) is theirs


@pytest.mark.parametrize("actor", [COORDINATOR, SMALL_ADMIN])
@pytest.mark.parametrize(
    "permission",
    [
        Permission.MANAGE_AGENCIES,
        Permission.ADMINISTER,
        Permission.READ_REPORTS,
        Permission.READ_OUTBOX,
    ],
)
def test_nothing_of_the_whole_site_comes_with_one_agency(actor, permission):
    assert not actor.may(permission)
    assert not actor.may(permission, agency=OURS)


def test_an_agency_and_an_owner_do_not_stand_for_each_other():
    assert COORDINATOR.may(Permission.LEARN, owner=ME)
    assert not COORDINATOR.may(Permission.LEARN, owner=OURS)
    assert not COORDINATOR.may(Permission.LEARN, agency=OURS)
    assert not COORDINATOR.may(Permission.MANAGE_OWN_AGENCY, owner=ME)
    assert COORDINATOR.agencies(Permission.MANAGE_OWN_AGENCY) == {OURS}


def test_must_says_whether_signing_in_might_help():
    with pytest.raises(NotSignedIn):
        VISITOR.must(Permission.MANAGE_OWN_AGENCY, agency=OURS)
    with pytest.raises(Forbidden):
        COORDINATOR.must(Permission.MANAGE_OWN_AGENCY, agency=THEIRS)
    COORDINATOR.must(Permission.MANAGE_OWN_AGENCY, agency=OURS)
