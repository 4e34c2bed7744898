"""Rows by the hundred: good ones taken, bad ones named, the same file twice changes nothing."""

import csv
import io
import os
import time
from pathlib import Path

import pytest

import make
from connect.agencies.tables import Agency
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid
from connect.imports.actions import import_for_real, open_import, run_import
from connect.imports.api import errors_csv
from connect.imports.queries import refused_rows
from connect.imports.rules import AGENCY_FIELDS, agency_of, guess_columns
from connect.imports.tables import Import, ImportKind
from connect.merges.actions import merge_agencies
from connect.policy import Role
from imports import files
from imports.files import summary

HEADINGS = ["", "agency_name", "agency_type_name", "county_name", "ori", "state_abbr"]


def invented(many, *, first=0):
    """Rows in the manner of the FBI's list, plainly invented."""
    return [
        [n, f"Invented Town {n} Police Department", "City", "EXAMPLE", f"TX{n:05}00", "TX"]
        for n in range(first, first + many)
    ]


def table(rows, headings=HEADINGS):
    return files.table(rows, headings)


async def taken_in(actor, work, data, **options):
    return await files.taken_in(actor, work, ImportKind.AGENCIES, data, **options)


async def test_two_hundred_agencies_once_and_again(database, work):
    actor = await make.staff(Role.REGISTRAR)
    data = table(invented(200))

    first = await taken_in(actor, work, data)
    again = await taken_in(actor, work, data)

    assert summary(first) == ("done", 200, 200, 0, 0)
    assert summary(again) == ("done", 200, 0, 200, 0)
    assert await Agency.count() == 200
    row = await Agency.objects().where(Agency.ori == "TX0000700").first()
    assert (row.name, row.county, row.kind, row.state, row.status) == (
        "Invented Town 7 Police Department",
        "Example",
        "law-enforcement",
        "TX",
        "active",
    )
    assert await AuditEvent.count().where(AuditEvent.act == "agency.imported") == 200


async def test_a_trial_run_changes_nothing_and_tells_the_same(database, work):
    actor = await make.staff(Role.REGISTRAR)

    tried = await taken_in(actor, work, table(invented(30)), dry_run=True)
    before = await Agency.count()
    real = await import_for_real(actor, tried.id)
    await work()
    done = await Import.objects().where(Import.id == real.id).first()

    assert (summary(tried), before) == (summary(done), 0)
    assert await Agency.count() == 30


async def test_1975_rows_with_25_bad_ones_then_corrected_then_again(database, work):
    actor = await make.staff(Role.REGISTRAR)
    rows = invented(1975)
    bad = list(range(10, 1975, 79))
    for place, n in enumerate(bad):
        column = (1, 4, 5)[place % 3]
        rows[n][column] = ("", "TOO-LONG-TO-BE", "ZX")[place % 3]

    first = await taken_in(actor, work, table(rows))
    refused = await refused_rows(first.id)
    corrected = list(csv.reader(io.StringIO(errors_csv(refused))))
    good = invented(1975)
    for line in corrected[1:]:
        n = int(line[0])
        line[: len(HEADINGS)] = good[n]
    second = await taken_in(actor, work, table(corrected[1:], corrected[0]))
    third = await taken_in(actor, work, table(corrected[1:], corrected[0]))

    assert len(bad) == 25
    assert summary(first) == ("done", 1975, 1950, 0, 25)
    assert [row["row"] for row in refused] == [n + 2 for n in bad]
    assert [list(row["faults"]) for row in refused[:3]] == [["name"], ["ori"], ["state"]]
    assert summary(second) == ("done", 25, 25, 0, 0)
    assert summary(third) == ("done", 25, 0, 25, 0)
    assert await Agency.count() == 1975


async def test_a_changed_row_changes_the_agency_and_no_other(database, work):
    actor = await make.staff(Role.REGISTRAR)
    await taken_in(actor, work, table(invented(3)))
    rows = invented(3)
    rows[1][1] = "Invented Town 1 Department of Public Safety"

    again = await taken_in(actor, work, table(rows))

    assert summary(again) == ("done", 3, 1, 2, 0)
    names = await Agency.select(Agency.name).order_by(Agency.ori)
    assert [row["name"] for row in names] == [row[1] for row in rows]


async def test_an_agency_that_was_merged_away_does_not_come_back(database, work):
    actor = await make.staff(Role.REGISTRAR)
    rows = [*invented(2), [8, "Example House", "Other", "EXAMPLE", "", "TX"]]
    await taken_in(actor, work, table(rows))
    keep, *others = await Agency.objects().order_by(Agency.ori)
    for gone in others:
        await merge_agencies(actor, keep.id, gone.id)
    rows[1][1] = "Invented Town 1 Department of Public Safety"

    again = await taken_in(actor, work, table(rows))

    assert summary(again) == ("done", 3, 0, 3, 0)
    names = await Agency.select(Agency.name).order_by(Agency.id)
    assert sorted(row["name"] for row in names) == [
        "Example House",
        "Invented Town 0 Police Department",
        "Invented Town 1 Police Department",
    ]


async def test_an_agency_that_stands_is_meant_before_one_that_was_merged_away(database, work):
    actor = await make.staff(Role.REGISTRAR)
    keep = await make.agency()
    away = {"status": "merged", "merged_into": keep.id, "county": "Example"}
    merged = [
        await make.agency(ori="TX0000000", name="Former Name", **away),
        await make.agency(name="Example House", kind="other", **away),
    ]
    stands = [
        await make.agency(ori="TX0000000", name="Present Name"),
        await make.agency(name="Example House", kind="other", county="Example"),
    ]
    rows = [
        [1, "New Name", "City", "EXAMPLE", "TX0000000", "TX"],
        [2, "Example House", "Other", "EXAMPLE", "", "TX"],
        [3, "Former Name", "City", "EXAMPLE", "", "TX"],  # has the merged one looked at again
    ]

    done = await taken_in(actor, work, table(rows))

    assert summary(done) == ("done", 3, 2, 1, 0)
    names = {row.id: row.name for row in await Agency.objects()}
    assert [names[row.id] for row in merged] == ["Former Name", "Example House"]
    assert [names[row.id] for row in stands] == ["New Name", "Example House"]
    assert await Agency.count() == 6


async def test_the_same_agency_twice_in_a_file(database, work):
    actor = await make.staff(Role.REGISTRAR)
    rows = [*invented(2), invented(1)[0], [9, "Another Name PD", "City", "X", "TX0000000", "TX"]]

    done = await taken_in(actor, work, table(rows))

    assert summary(done) == ("done", 4, 2, 1, 1)
    (refused,) = await refused_rows(done.id)
    assert refused["faults"] == {"ori": "The same agency stands in row 2 with other facts."}


async def test_a_piece_done_twice_counts_once(database, work, monkeypatch):
    monkeypatch.setattr("connect.imports.actions.PIECE", 10)
    actor = await make.staff(Role.REGISTRAR)

    row = await taken_in(actor, work, table(invented(25)))
    for start in (0, 10, 20):
        await run_import(row.id, start)

    again = await Import.objects().where(Import.id == row.id).first()
    assert summary(again) == ("done", 25, 25, 0, 0)
    assert await Agency.count() == 25


async def test_columns_are_named_by_the_administrator(database, work):
    actor = await make.staff(Role.REGISTRAR)
    data = table([["Example Center", "ME"]], ["Bezeichnung", "Staat"])
    columns = {"name": "Bezeichnung", "state": "Staat"}

    with pytest.raises(Invalid) as refusal:
        await taken_in(actor, work, data)
    done = await taken_in(actor, work, data, columns=columns)

    assert refusal.value.errors == {"columns": "Say which column holds the name."}
    assert summary(done) == ("done", 1, 1, 0, 0)


async def test_only_registrars_and_administrators_import(database):
    with pytest.raises(Forbidden):
        await open_import(
            await make.staff(Role.ANALYST),
            ImportKind.AGENCIES,
            table(invented(1)),
            file_name="x.csv",
            dry_run=False,
            columns={},
        )

    assert await Import.count() == 0


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        ({"name": "", "state": "TX"}, "name"),
        ({"name": "=HYPERLINK(1)", "state": "TX"}, "name"),
        ({"name": "A\x07B", "state": "TX"}, "name"),
        ({"name": "X" * 201, "state": "TX"}, "name"),
        ({"name": "Example PD", "state": "Texas"}, "state"),
        ({"name": "Example PD", "state": "TX", "kind": "club"}, "kind"),
        ({"name": "Example PD", "state": "TX", "ori": "IA0070100"}, "ori"),
        ({"name": "Example PD", "state": "TX", "ori": "TX1"}, "ori"),
        ({"name": "Example PD", "state": "TX", "kind": "school", "psap_id": "12"}, "psap_id"),
    ],
)
def test_a_bad_row_names_its_field(cells, field):
    _, faults = agency_of(cells)

    assert list(faults) == [field]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": "Omaha PD", "state": "NB", "ori": "nb 0280200"}, ("law-enforcement", "NE")),
        ({"name": "Guam PD", "state": "GM", "ori": "GM0010000"}, ("law-enforcement", "GU")),
        (
            {"name": "Example 911", "state": "TX", "psap_id": "7"},
            ("emergency-communications", "TX"),
        ),
        ({"name": "Example House", "state": "tx"}, ("other", "TX")),
        ({"name": "Example", "state": "TX", "kind": "Child Welfare"}, ("child-welfare", "TX")),
    ],
)
def test_what_a_row_leaves_open_follows_from_the_rest(cells, expected):
    facts, faults = agency_of(cells)

    assert faults == {}
    assert (facts["kind"], facts["state"]) == expected


def test_usual_headings_speak_for_themselves():
    assert guess_columns(
        AGENCY_FIELDS, ["Agency Name", "ORI", "State_Abbr", "x", "County-Name"]
    ) == {
        "name": "Agency Name",
        "ori": "ORI",
        "state": "State_Abbr",
        "county": "County-Name",
    }


async def test_by_page_and_by_api_it_is_the_same(database, browser, api, work):
    registrar = await make.staff(Role.REGISTRAR)
    person, program = await browser(registrar), await api(registrar)
    file = ("agencies.csv", table([*invented(3), [4, "", "", "", "", "TX"]]), "text/csv")

    by_page = await person.post(
        "/admin/imports", data={"csrf": person.csrf, "kind": "agencies"}, files={"file": file}
    )
    by_api = await program.post(
        "/imports", data={"kind": "agencies", "dry_run": "true"}, files={"file": file}
    )
    await work()
    page = await person.get("/admin/imports")
    told = (await program.get(f"/imports/{by_api.json()['id']}")).json()
    errors = await program.get(f"/imports/{by_api.json()['id']}/errors.csv")
    nothing = {"kind": (None, "x"), "columns": (None, "{")}
    wrong = await program.post("/imports", files=nothing)

    assert (by_page.status_code, by_api.status_code) == (303, 202)
    assert page.text.count("Trial run") == 2
    assert (told["rows"], told["taken"], told["refused"]) == (4, 3, 1)
    assert [(e["row"], e["field"]) for e in told["errors"]] == [(5, "name")]
    assert errors.text.splitlines()[0].endswith("row in the file,what is wrong")
    assert {e["field"] for e in wrong.json()["errors"]} == {"file", "kind", "columns"}
    assert await Agency.count() == 0


REAL = os.environ.get("CONNECT_TEST_AGENCIES", "")


@pytest.mark.skipif(not REAL, reason="CONNECT_TEST_AGENCIES names no file")
async def test_the_real_list_comes_in_within_half_a_minute(database, work):
    actor = await make.staff(Role.REGISTRAR)
    data = Path(REAL).read_bytes()  # noqa: ASYNC240
    began = time.perf_counter()

    first = await taken_in(actor, work, data)
    seconds = time.perf_counter() - began
    again = await taken_in(actor, work, data)

    print(f"{first.rows:,} agencies in {seconds:.1f} s")
    assert (first.state, first.rows, first.refused) == ("done", 18702, 0), await refused_rows(
        first.id, limit=5
    )
    assert (again.taken, again.unchanged) == (0, 18702)
    assert seconds < 30
