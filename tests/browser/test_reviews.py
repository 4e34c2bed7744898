"""An application from the reviewer's side, to the decision by another person; scenarios 15, 16."""

from datetime import timedelta

import msgspec
from playwright.async_api import expect

from connect.readiness import applications, reviewing
from connect.readiness.tables import Membership
from readiness.applying import policy
from readiness.deciding import ECC, PAGES, approver, handed_in, reviewer


async def test_a_reviewer_returns_an_application_and_another_person_approves_it(
    person, clock, watch, album
):
    watch.refusals = {422, 409}
    rita, anna = await reviewer(legal_name="Rita R"), await approver(legal_name="Anna A")
    handed = await handed_in()
    someone = await person(rita)
    page = someone.page
    await someone.open("/reviews")
    await album.look(page, "reviews")
    await someone.follow(handed.agency.name)
    await album.look(page, "review-submitted")
    await someone.send("Take this review")
    for element in ECC.elements:
        if element.id not in ("no-waiting", "quality"):
            await reviewing.find(
                rita, handed.review.id, element.id, "met", document=handed.document.id, page=2
            )
    await someone.open(f"/reviews/{handed.review.id}")
    await someone.follow("No waiting period")
    await expect(page.locator("mark")).to_have_text("A report is taken at once.")
    await album.look(page, "element")
    await someone.tick("#finding-met")
    await someone.send("Save and go to the next")
    await someone.open(f"/reviews/{handed.review.id}/elements/quality")
    await someone.tick("#finding-not_met")
    await someone.send("Save")
    await album.look(page, "element-errors")
    await someone.write("Comment", "Say who reviews the calls, and how often.")
    await someone.send("Save")
    await someone.write("A note to the agency (optional)", "One section is missing.")
    await someone.send("Ask for changes")
    await album.look(page, "review-returned")

    clock.move(timedelta(minutes=5))
    new = await policy(
        handed.review,
        handed.coordinator,
        title="Missing children, 2",
        file_name="policy-2.pdf",
        sha256="b" * 64,
        pages=msgspec.json.encode([*PAGES, "A supervisor reviews each call."]).decode(),
        replaces=handed.document.id,
    )
    handed.document.replaced_at = new.uploaded_at
    await handed.document.save()
    await applications.submit(handed.coordinator, handed.review.id)
    clock.move(timedelta(minutes=5))

    await someone.open(f"/reviews/{handed.review.id}")
    await expect(page.locator("#element-quality")).to_contain_text("Look again")
    await expect(page.locator("#element-no-waiting")).to_contain_text("Met")
    await someone.follow("What changed")
    await expect(page.locator("ins")).to_have_text("A supervisor reviews each call.")
    await album.look(page, "changes")
    await someone.open(f"/reviews/{handed.review.id}/elements/quality?number=3")
    await expect(page.get_by_text("Last: not met")).to_contain_text("Say who reviews the calls")
    await expect(page.get_by_label("Comment", exact=True)).to_be_empty()
    await album.look(page, "element-again")
    await someone.tick("#finding-met")
    await someone.send("Save")
    other = await person(anna, keyboard=True)
    await other.open(f"/reviews/{handed.review.id}")
    await someone.send("Recommend")
    await album.look(page, "review-recommended")
    await other.tick("#verdict-declined")
    await other.send("Decide")
    await album.look(other.page, "review-refused")
    await other.open(f"/reviews/{handed.review.id}")
    await other.tick("#verdict-approved")
    await other.send("Decide")
    await album.look(other.page, "review-decided")
    await other.follow("What was decided on")
    await album.look(other.page, "kept")

    (term,) = await Membership.objects()
    assert (term.agency, str(term.ends_on)) == (handed.agency.id, "2031-03-02")


async def test_both_sides_write_to_each_other(person, clock, watch, album):
    watch.refusals = {422}
    rita, handed = await reviewer(legal_name="Rita R"), await handed_in()
    someone = await person(rita, script=False)
    await someone.open("/reviews?reviewer=me")
    await album.look_without_script(someone.page, "reviews-empty")
    await someone.open(f"/reviews/{handed.review.id}/messages")
    await someone.send("Send")
    await album.look_without_script(someone.page, "messages-errors")
    await someone.write("Your message", "On which page do you name the hotline?")
    await someone.send("Send")
    await album.look_without_script(someone.page, "messages")

    agency = await person(handed.coordinator, keyboard=True)
    await agency.open(f"/reviews/{handed.review.id}/messages")
    await agency.write("Your message", "On page 2, below the intake questions.")
    await agency.send("Send")
    await album.look(agency.page, "messages-agency")

    await expect(agency.page.locator(".messages > li")).to_have_count(2)
