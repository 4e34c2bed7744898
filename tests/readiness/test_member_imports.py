"""Memberships that were given elsewhere, brought in from a file."""

import json
from datetime import date

import make
from agencies import made
from connect.imports.tables import ImportKind, RefusedRow
from connect.policy import Role
from connect.readiness.member_queries import members
from connect.readiness.reminders import plan
from connect.readiness.tables import Membership
from imports.files import summary, table, taken_in
from readiness.reviewed import approve, approver, member, review

HEADINGS = ["agency", "state", "number", "starts_on", "ends_on", "population"]


async def brought_in(work, rows, **options):
    registrar = await make.staff(Role.REGISTRAR)
    data = table(rows, HEADINGS)
    return await taken_in(registrar, work, ImportKind.MEMBERSHIPS, data, **options)


async def test_terms_come_with_numbers_and_renewals_come_due(database, clock, work):
    ames = await made.agency(name="Ames Police", ori="IA0850100")
    await made.coordinator(ames)
    rows = [
        ["IA0850100", "", "MK-7", "2016-06-01", "2021-06-01", "58,000"],
        ["Ames Police", "IA", "MK-7", "2021-06-01", "", "61,000"],
    ]

    trial = await brought_in(work, rows, dry_run=True)
    nothing = await Membership.count()
    first = await brought_in(work, rows)
    again = await brought_in(work, rows)

    assert summary(trial) == summary(first) == ("done", 2, 2, 0, 0)
    assert nothing == 0
    assert summary(again) == ("done", 2, 0, 2, 0)
    old, new = await Membership.objects().order_by(Membership.starts_on)
    assert (old.state, old.ended_on) == ("renewed", date(2021, 6, 1))
    assert (new.state, new.ends_on, new.number) == ("active", date(2026, 6, 1), "MK-7")
    assert (new.member_since, new.population, new.is_brought_in) == (
        date(2016, 6, 1),
        61000,
        True,
    )
    assert [m.since for m in await members(date(2026, 3, 2))] == [date(2016, 6, 1)]
    assert await members(date(2026, 3, 1)) == []  # that list had nobody
    due = [(d.days_before, d.state) for d in await plan(date(2026, 3, 2))]
    assert due == [(365, "skipped"), (180, "sent")]


async def test_each_bad_row_is_told_and_the_others_are_taken(database, clock, work):
    taken = await made.agency(name="Taken Police")
    await member(taken)
    await made.agency(name="Good Police")
    await made.agency(name="Other Police")
    rows = [
        ["Good Police", "IA", "MK-1", "2024-01-01", "", ""],
        ["Nowhere Police", "IA", "MK-2", "2024-01-01", "", ""],
        ["Other Police", "IA", "MK-1", "2024-01-01", "", ""],
        ["Other Police", "IA", "", "January", "", "about 40k"],
        ["Other Police", "IA", "", "2027-01-01", "", ""],
        ["Other Police", "IA", "", "2024-01-01", "2023-01-01", ""],
        ["Taken Police", "IA", "", "2025-01-01", "", ""],
        ["Good Police", "IA", "MK-1", "2024-01-01", "2028-01-01", ""],
    ]

    done = await brought_in(work, rows)

    assert summary(done) == ("done", 8, 1, 0, 7)
    refused = await RefusedRow.select(RefusedRow.row, RefusedRow.faults).order_by(RefusedRow.row)
    fields = {row["row"]: row["faults"] for row in refused}
    assert [next(iter(_fields(fields[n]))) for n in (3, 4, 6, 7, 8, 9)] == [
        "agency",
        "number",
        "starts_on",
        "ends_on",
        "starts_on",
        "starts_on",
    ]
    assert _fields(fields[5]) == {"starts_on", "population"}
    assert await Membership.count() == 2


def _fields(faults):
    return set(json.loads(faults) if isinstance(faults, str) else faults)


async def test_a_term_that_was_brought_in_is_renewed_under_its_former_number(database, clock, work):
    ames = await made.agency(name="Ames Police")
    await brought_in(work, [["Ames Police", "IA", "MK-7", "2021-06-01", "", ""]])

    second = await approve(await review(ames, kind="renewal"), actor=await approver())

    assert (second.number, second.starts_on) == ("MK-7", date(2026, 6, 1))
