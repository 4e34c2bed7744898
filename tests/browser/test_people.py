"""A coordinator looks at the agency's people, with script, without it, and by keyboard."""

from datetime import date

import pytest
from playwright.async_api import expect

from agencies import made
from connect.policy import Actor
from rosters.staffed import completed, course, requires, works


async def staffed() -> tuple[str, Actor]:
    """The address of an agency's people, and its coordinator."""
    agency = await made.agency(name="Cedar Falls Police Department")
    first = await course("first", "First response to a missing child report")
    second = await course("second", "Taking the call")
    await requires(agency, first, valid_months=12)
    await requires(agency, second, category="telecommunicator")
    ada = await works(
        agency, name="Ada Lovelace-Officer", title="Dispatcher", category="telecommunicator"
    )
    ben = await works(agency, name="Ben Bold", category="patrol", is_supervisor=True)
    await works(agency, name="Sam Silent", consented=False, category="patrol")
    await completed(ada, first, date(2025, 3, 20))
    await completed(ben, first, date(2026, 1, 31))
    return f"/agencies/{agency.id}", await made.coordinator(agency)


async def test_people_are_reminded_and_a_course_required(person, clock, watch, album):
    address, coordinator = await staffed()
    someone = await person(coordinator)
    page = someone.page
    await someone.open(address)
    await someone.follow("People and required courses")
    await album.look(page, "people")
    await someone.choose("State", "Something is missing")
    await someone.send("Search")
    await expect(page.locator("tbody").first).not_to_contain_text("Ben Bold")
    await someone.tick(".table .usa-checkbox__input >> nth=0")
    await someone.write("A few words of your own (optional)", "Please by Friday.")
    await someone.send("Send reminders")
    await expect(page.get_by_role("status").first).to_contain_text("1 reminder sent.")
    await album.look(page, "people-reminded")
    watch.refusals = {422}
    await someone.send("Send reminders")
    await expect(page.locator(".error-summary li")).to_have_count(1)
    await album.look(page, "people-errors")
    await someone.choose("Course", "Taking the call")
    await someone.choose("Of whom (optional)", "Everybody")
    await someone.send("Require the course")

    await expect(page.get_by_role("status").first).to_contain_text("required courses is changed")


@pytest.mark.parametrize("script", [True, False])
async def test_the_page_is_used_by_keyboard_alone(person, clock, album, script):
    address, coordinator = await staffed()
    someone = await person(coordinator, script=script, keyboard=True)
    await someone.open(f"{address}/people")
    if not script:
        await album.look_without_script(someone.page, "people-no-script")
    await someone.tick(".table .usa-checkbox__input >> nth=0")
    await someone.send("Send reminders")

    await expect(someone.page.get_by_role("status").first).to_contain_text("1 reminder sent.")
    table = await someone.download("These people as CSV")
    assert "Ada Lovelace-Officer" in table.read_text()
