"""How long a table and its refused rows are kept, and what is said when one is gone."""

from datetime import timedelta

import pytest

import make
from connect import files
from connect.agencies.tables import Agency
from connect.audit import AuditEvent
from connect.errors import NotFound
from connect.imports.actions import NotKept, import_for_real, open_import, run_import, sweep
from connect.imports.tables import Import, ImportKind, RefusedRow
from connect.policy import Role
from connect.worker import EVERY
from imports.files import table, taken_in

DAY = timedelta(days=1)
HEADINGS = ["name", "state", "kind"]
GONE = "Tables are kept for 30 days, and this one is gone. Hand it in once more."


def agencies(*names):
    return table([[name, "TX", "other"] for name in names], HEADINGS)


async def tried(actor, work, data):
    return await taken_in(actor, work, ImportKind.AGENCIES, data, dry_run=True)


async def stored(import_id):
    return await Import.objects().get(Import.id == import_id)


async def test_a_table_is_kept_for_thirty_days_and_its_counts_for_good(database, clock, work):
    registrar = await make.staff(Role.REGISTRAR)
    row = await tried(registrar, work, agencies("Example House"))

    clock.move(30 * DAY)
    await sweep()
    kept = await files.get(row.file)
    clock.move(timedelta(seconds=1))
    await sweep()
    await sweep()

    assert b"Example House" in kept
    with pytest.raises(NotFound):
        await files.get(row.file)
    left = await stored(row.id)
    assert (left.file, left.file_name, left.taken) == ("", "x.csv", 1)
    assert EVERY["imports.sweep"] == DAY


async def test_a_table_that_was_handed_in_again_is_kept_for_the_later_one(database, clock, work):
    registrar = await make.staff(Role.REGISTRAR)
    early = await tried(registrar, work, agencies("Example House"))
    clock.move(20 * DAY)
    late = await tried(registrar, work, agencies("Example House"))
    assert early.file == late.file

    clock.move(20 * DAY)
    await sweep()
    assert await files.get(late.file)
    clock.move(20 * DAY)
    await sweep()

    with pytest.raises(NotFound):
        await files.get(late.file)
    assert [(await stored(row.id)).file for row in (early, late)] == ["", ""]


async def test_a_trial_whose_table_is_gone_is_not_taken_in(database, clock, work):
    registrar = await make.staff(Role.REGISTRAR)
    swept = await tried(registrar, work, agencies("Example House"))
    clock.move(31 * DAY)
    await sweep()
    lost = await tried(registrar, work, agencies("Example Home"))
    await files.remove(lost.file)

    for row in (swept, lost):
        with pytest.raises(NotKept, match="Hand it in once more"):
            await import_for_real(registrar, row.id)

    assert await Import.count() == 2


async def test_the_page_offers_no_trial_whose_table_is_gone(database, clock, work, browser):
    registrar = await make.staff(Role.REGISTRAR)
    row = await tried(registrar, work, agencies("Example House"))
    before = await (await browser(registrar)).get("/admin/imports")
    clock.move(31 * DAY)
    await sweep()
    person = await browser(registrar)

    page = await person.get("/admin/imports")
    answer = await person.post(f"/admin/imports/{row.id}/for-real", data={"csrf": person.csrf})

    assert "Take it in<" in before.text
    assert "Take it in<" not in page.text
    assert "Its table was kept for 30 days." in page.text
    assert (answer.status_code, "this one is gone" in answer.text) == (409, True)


async def test_an_import_that_waited_for_too_long_says_so(database, clock, work):
    registrar = await make.staff(Role.REGISTRAR)
    options = {"file_name": "x.csv", "dry_run": False, "columns": {}}
    waiting = await open_import(
        registrar, ImportKind.AGENCIES, agencies("Example House"), **options
    )
    lost = await open_import(registrar, ImportKind.AGENCIES, agencies("Example Home"), **options)
    await files.remove(lost.file)
    clock.move(31 * DAY)
    await sweep()

    await run_import(lost.id, 0)
    await work()

    for row in (waiting, lost):
        left = await stored(row.id)
        assert (left.state, left.trouble, left.rows) == ("unreadable", GONE, 0)
    assert await Agency.count() == 0
    assert await AuditEvent.count().where(AuditEvent.act == "import.given_up") == 2


async def test_refused_rows_are_forgotten_after_ninety_days_however_many_imports(
    database, clock, work
):
    registrar = await make.staff(Role.REGISTRAR)
    early = await tried(registrar, work, agencies("", "Example House"))
    clock.move(timedelta(seconds=1))
    late = await tried(registrar, work, agencies("", "Example Home"))
    given = {"kind": ImportKind.AGENCIES, "file": "", "made_by": registrar.id}
    for _ in range(33):  # more in all than one statement takes as values
        await Import.insert(*(Import(**given, made_at=early.made_at) for _ in range(1_000)))

    clock.move(90 * DAY)
    await sweep()

    left = await RefusedRow.select(RefusedRow.import_file)
    assert [row["import_file"] for row in left] == [late.id]
