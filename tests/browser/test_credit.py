"""Credit is offered; training elsewhere is handed in and accepted; a transcript is shared."""

from datetime import date

import make
from connect.external.actions import submit
from connect.imports.tables import Import
from connect.policy import Role
from rosters.staffed import course
from transcripts.rows import elsewhere, graduate


async def test_a_registrar_offers_credit_and_writes_an_accreditation_down(
    person, clock, watch, album
):
    await course("first", "First response to a missing child report")
    someone = await person(await make.staff(Role.REGISTRAR))
    page = someone.page
    await someone.open("/admin/credits")
    await album.look(page, "credits-empty")
    watch.refusals = {422}
    await someone.choose("Course", "First response to a missing child report")
    await someone.send("Add the offer")
    await album.look(page, "credits-errors")
    await someone.choose("State", "Texas")
    await someone.write("Board", "TCOLE")
    await someone.write("First day", "2026-01-01")
    await someone.send("Add the offer")
    await album.look(page, "credits")

    assert "0.5 contact hours" in await page.locator("tbody").inner_text()
    await someone.follow("an accreditation")
    await someone.write("Who accredits", "IACET")
    await someone.write("Names of units that it allows", "IACET CEU")
    await someone.write("First day", "2026-01-01")
    await someone.send("Add the accreditation")
    await album.look(page, "accreditations")


async def test_training_elsewhere_is_handed_in_and_decided_on(person, clock, watch, album):
    await course("telmac", "TELMAC")
    someone = await person(await make.learner())
    page = someone.page
    await someone.open("/external-completions")
    watch.refusals = {422}
    await someone.write("Title of the training", "Responding to missing children")
    await someone.send("Hand it in")
    await album.look(page, "elsewhere-errors")
    await someone.write("Who gave it", "Another academy")
    await someone.write("Day of completion", "2021-05-04")
    await someone.write("Minutes", "480")
    await someone.send("Hand it in")
    await album.look(page, "elsewhere")
    registrar = await make.staff(Role.REGISTRAR)
    file = Import(kind="completions", state="done", file_name="older.csv", made_by=registrar.id)
    await file.save()
    other = await make.account()
    await elsewhere(other, state="submitted", brought_in=True, import_file=file.id)
    given = {"title": "Own", "provider": "X", "completed_on": date(2025, 1, 1), "minutes": 60}
    await submit(registrar, **given)
    staff = await person(registrar)
    await staff.open("/admin/external-completions")
    await album.look(staff.page, "elsewhere-queue")
    await staff.page.get_by_role("button", name="Accept", exact=True).first.click()
    await staff.page.wait_for_url("**notice=accepted")
    await album.look(staff.page, "elsewhere-files")

    await someone.open("/external-completions")
    assert "Accepted" in await page.locator("tbody").inner_text()


async def test_a_transcript_is_shared_and_read_by_a_stranger(person, clock, watch, album):
    actor, account = await graduate([date(2025, 1, 1), date(2026, 2, 1)])
    await elsewhere(account, brought_in=True)
    await elsewhere(account, title="Interviewing", day=date(2024, 3, 1))
    someone = await person(actor)
    page = someone.page
    await someone.open("/transcript")
    await album.look(page, "transcript-elsewhere")
    await someone.follow("Share")
    await album.look(page, "shares")
    watch.refusals = {422}
    await someone.write("Last day of the link", "2027-01-01")
    await someone.send("Make the link")
    await album.look(page, "shares-errors")
    await someone.write("Last day of the link", "2026-04-01")
    await someone.send("Make the link")
    await album.look(page, "shares-made")
    link = await page.locator("a.break-anywhere").inner_text()
    await someone.open(link[link.index("/transcripts/") :])
    await album.look(page, "shared")

    assert account.legal_name in await page.locator("h1").inner_text()
    assert await page.locator("tbody tr").count() > 4
