"""The requirement sets that ship, and what makes a file of criteria unusable."""

from datetime import date

import pytest

from connect.lists import AGENCY_KINDS
from connect.readiness.criteria import (
    FOLDER,
    BadCriteria,
    current_set,
    faults_of,
    requirement_sets,
)

SHIPPED = (FOLDER / "law-enforcement-2026.toml").read_text()


def test_two_sets_ship():
    assert requirement_sets().keys() == {
        "law-enforcement/2026.1",
        "emergency-communications/2026.1",
    }


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("law-enforcement", "law-enforcement/2026.1"),
        ("tribal", "law-enforcement/2026.1"),
        ("emergency-communications", "emergency-communications/2026.1"),
        ("school", None),
    ],
)
def test_a_kind_of_agency_has_its_set(kind, key):
    found = current_set(kind, date(2026, 6, 1))

    assert kind in AGENCY_KINDS
    assert (found.key if found else None) == key


def test_before_it_is_in_force_there_is_none():
    assert current_set("law-enforcement", date(2025, 12, 31)) is None


def test_a_911_center_has_to_assure_quality():
    found = requirement_sets()["emergency-communications/2026.1"]

    assert found.quality_assurance
    assert [e.critical for e in found.elements if e.id == "quality"] == [True]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('"patrol", "supervisor"', '"patroll", "supervisor"'), "'patroll' is no roster category"),
        (('kind = "count"', 'kind = "sum"'), "Invalid enum value 'sum'"),
        (('id = "under-21"', 'id = "no-waiting"'), "the id 'no-waiting' stands twice"),
        (('every = [["MECSUP"]]', "every = [[]]"), "'supervisors' asks nobody or nothing"),
        (("months = 60", "months = 0"), "'executive': months are 1 or more"),
        (('"federal"', '"moon"'), "'moon' is no kind of agency"),
        (("critical = true", "critical = true\nweight = 3"), "weight"),
        (('choices = ["In a classroom", "Online", "Both"]', ""), "choices belong to a choice"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path, change, fault):
    assert change[0] in SHIPPED
    (tmp_path / "one.toml").write_text(SHIPPED.replace(*change, 1))

    with pytest.raises(BadCriteria) as refused:
        requirement_sets(tmp_path)

    assert "one.toml" in str(refused.value)
    assert fault in str(refused.value)


def test_all_faults_of_all_files_are_named_at_once(tmp_path):
    (tmp_path / "one.toml").write_text(SHIPPED.replace('"federal"', '"moon"', 1))
    (tmp_path / "two.toml").write_text("name = ")

    with pytest.raises(BadCriteria) as refused:
        requirement_sets(tmp_path)

    assert ["one.toml" in str(refused.value), "two.toml" in str(refused.value)] == [True, True]


def test_the_shipped_sets_have_no_fault():
    assert [faults_of(one) for one in requirement_sets().values()] == [[], []]
