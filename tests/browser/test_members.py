"""Members of the readiness program: the public list, an agency's terms, and staff's page of one."""

from datetime import UTC, datetime

from playwright.async_api import expect

from agencies import made
from connect.readiness.reminders import look_at_terms
from readiness.reviewed import approve, approver, member, review


async def test_anybody_reads_the_list_and_staff_looks_after_a_term(person, clock, watch, album):
    watch.refusals = {422}
    clock.set(datetime(2023, 5, 10, 15, tzinfo=UTC))
    agency = await made.agency(name="Ames Police Department", county="Story")
    await made.coordinator(agency)
    await member(agency)
    await member(await made.agency(name="Boone County Communications", kind="law-enforcement"))
    clock.set(datetime(2028, 5, 1, 15, tzinfo=UTC))
    await look_at_terms()
    await approve(await review(agency, kind="renewal"))
    clock.set(datetime(2028, 5, 10, 15, tzinfo=UTC))
    await look_at_terms()

    visitor = await person(script=False)
    page = visitor.page
    await visitor.open("/agencies")
    await visitor.follow("Members of the readiness program", within="main")
    await expect(page.locator("#results")).to_contain_text("1 member today")
    await page.fill("#as_of", "2028-05-09")
    await visitor.send("Show")
    await expect(page.locator("#results")).to_contain_text("2 members on May 9, 2028")
    await album.look_without_script(page, "members")
    await page.fill("#q", "Nowhere")
    await visitor.send("Show")
    await album.look_without_script(page, "members-nothing")

    staff = await person(await approver())
    page = staff.page
    await staff.open(f"/agencies/{agency.id}")
    terms = page.locator("section[aria-labelledby=membership]")
    await expect(terms).to_contain_text("May 10, 2023 to May 10, 2028")
    await album.look(page, "member-terms")
    await staff.follow("May 10, 2028 to May 10, 2033")
    await page.fill("#note-plaque", "Sent on May 12")
    await page.get_by_role("button", name="Done: Plaque sent").click()
    await expect(page.get_by_role("status").first).to_contain_text("written down")
    await album.look(page, "membership")
    await staff.send("Do it")
    await expect(page.locator("#act-error")).to_contain_text("Choose what is to happen")
    await expect(page.locator("#reason-error")).to_contain_text("Say why")
    await staff.tick("#act-suspension")
    await staff.send("Do it")
    await expect(page.locator("#reason-error")).to_contain_text("Say why")
    await album.look(page, "membership-errors")
    await staff.write("Reason", "The policy was withdrawn.")
    await staff.send("Do it")

    await expect(page.get_by_role("status").first).to_contain_text("suspended")
    await staff.open("/members")
    await expect(page.locator("#results")).to_contain_text("No members today")
