"""The readiness program, from a coordinator's side: what is asked, and the roster."""

from datetime import date

from playwright.async_api import expect

from agencies import made
from readiness.test_rosters import center
from rosters.staffed import completed, works


async def test_a_coordinator_keeps_the_roster_and_sees_who_is_missing(person, clock, watch, album):
    watch.refusals = {422}
    agency, version = await center()
    ada = await works(agency, name="Ada A", category="telecommunicator")
    await works(agency, name="Ben B", category="telecommunicator", consented=False)
    await completed(ada, version, date(2025, 6, 1))
    someone = await person(await made.coordinator(agency))
    page = someone.page
    await someone.open(f"/agencies/{agency.id}")
    await someone.follow("Readiness program: what it asks, and the roster", within="main")
    await album.look(page, "readiness-start")
    await someone.follow("Open the roster")
    await someone.send("Take them over")
    await someone.write("Name of somebody else (optional)", "Cat C")
    await someone.choose("Category", "Telecommunicator")
    await someone.send("Add to the roster")
    await expect(page.get_by_role("status").first).to_contain_text("on the roster")
    await album.look(page, "readiness-roster")
    await someone.follow("Change Cat C, Telecommunicator")
    await someone.choose("Why training can wait (optional)", "In field training")
    await someone.send("Save")
    await album.look(page, "readiness-line-errors")
    await someone.write("Last day of the exemption (optional)", "2026-06-30")
    await someone.send("Save")
    await someone.follow(f"Readiness of {agency.name}", within="main")
    await album.look(page, "readiness-training")

    row = page.locator("#rule-call-handling")
    await expect(row).to_contain_text("1 of 2 (50.0%)")
    await expect(row).to_contain_text("1: Cat C")
    await expect(row).to_contain_text("Ben B")
