"""A registrar writes down a grant and lets a course belong to it."""

import make
from connect.policy import Role
from rosters.staffed import course


async def test_a_grant_is_added_and_pays_for_a_course(person, clock, watch, album):
    await course("first", "First response to a missing child report")
    someone = await person(await make.staff(Role.REGISTRAR))
    page = someone.page
    await someone.open("/admin")
    await someone.follow("Grants")
    await album.look(page, "grants-empty")
    watch.refusals = {422}
    await someone.write("Award number", "15PJDP-25-GK-0001")
    await someone.send("Add the grant")
    await album.look(page, "grants-errors")
    await someone.write("Title", "Training of professionals")
    await someone.write("First day", "2026-01-01")
    await someone.write("Last day of the grant", "2026-12-31")
    await someone.send("Add the grant")
    await someone.choose("Grant", "15PJDP-25-GK-0001, Training of professionals")
    await someone.choose("Course", "First response to a missing child report")
    await someone.write("From", "2026-02-01")
    await someone.send("Save the days")

    assert "from February 1, 2026" in await page.locator("tbody").inner_text()
    await album.look(page, "grants")
    await someone.follow("15PJDP-25-GK-0001")
    await album.look(page, "grants-change")


async def test_grants_are_kept_without_script(person, clock, album):
    someone = await person(await make.staff(Role.ADMIN), script=False)
    await someone.open("/admin/grants")
    await album.look_without_script(someone.page, "grants-no-script")
    await someone.write("Award number", "G-1")
    await someone.write("Title", "One")
    await someone.write("First day", "2026-01-01")
    await someone.write("Last day of the grant", "2026-12-31")
    await someone.send("Add the grant")

    assert "G-1" in await someone.page.locator("tbody").inner_text()
