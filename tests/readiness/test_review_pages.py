"""The reviewer's pages without script: who sees them, and what a refusal keeps."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

import make
from connect.clock import today
from connect.policy import Role
from connect.readiness import applications, deciding, reviewing
from connect.readiness.tables import Finding, PolicyDocument, ReviewKind
from readiness.applying import affirmed, opened, policy
from readiness.deciding import (
    FACTS,
    PAGES,
    all_met,
    approver,
    handed_in,
    on_roster,
    present,
    read,
    recommended,
    reviewer,
)


async def send(person, path, **fields):
    return await person.post(path, data={"csrf": person.csrf, **fields})


def words(answer):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


async def test_the_queue_is_filtered_and_read_by_staff_alone(database, browser, clock):
    handed, rita = await handed_in(), await reviewer(legal_name="Rita R")
    await reviewing.assign(rita, handed.review.id, rita.id)
    clock.move(timedelta(days=4))
    person = await browser(rita)

    everything = words(await person.get("/reviews"))
    mine = words(await person.get("/reviews?reviewer=me&state=in_review"))
    over = words(await person.get("/reviews?state=over"))
    bad = await person.get("/reviews?after=x")
    agency = await browser(handed.coordinator)
    theirs = await agency.get("/reviews")
    led = await agency.get(f"/reviews/{handed.review.id}")
    stranger = await (await browser(await make.learner())).get(f"/reviews/{handed.review.id}")

    assert "Cedar Valley 911" in everything
    assert "4 days March 4, 2026 Overdue Rita R" in mine
    assert "Nothing here" in over
    assert (bad.status_code, theirs.status_code, stranger.status_code) == (422, 403, 404)
    assert led.headers["location"] == f"/agencies/{handed.agency.id}/readiness"


async def test_a_refusal_says_why_and_keeps_what_was_typed(database, browser, clock):
    handed, rita = await handed_in(), await reviewer()
    await all_met(rita, handed, but=("quality",))
    person = await browser(rita)
    path = f"/reviews/{handed.review.id}"

    finding = await send(
        person, f"{path}/elements/quality", finding="met", page="99", comment="Kept words."
    )
    none = await send(person, f"{path}/elements/quality", comment="Kept words.")
    missing = await send(person, f"{path}/recommendation", hash=await present(handed))
    empty = await send(person, f"{path}/return", note=" ")
    unknown = await person.get(f"{path}/elements/nothing")

    assert (finding.status_code, none.status_code, empty.status_code) == (422, 422, 422)
    assert "Kept words." in finding.text
    assert "Kept words." in none.text
    assert missing.status_code == 409
    assert "Quality assurance: there is no finding yet." in words(missing)
    assert unknown.status_code == 404
    assert await Finding.exists().where(Finding.element == "quality") is False


async def test_what_changed_since_the_recommendation_stops_the_approver(database, browser, clock):
    rita = await reviewer()
    handed = await recommended(rita)
    clock.move(timedelta(hours=20))
    await on_roster(handed.agency, handed.coordinator, "Nia New", "call-taker", since=today())
    person = await browser(await approver())
    path = f"/reviews/{handed.review.id}"

    page = words(await person.get(path))
    refused = await send(
        person,
        f"{path}/decision",
        verdict="approved",
        hash=await present(handed),
        reasons="Typed words.",
    )

    assert "It has changed since it was recommended" in page
    assert "Roster: Nia New, Call-Taker, is new." in page
    assert refused.status_code == 409
    assert "Typed words." in refused.text
    assert (await read(handed)).state == "recommended"


async def test_who_reviewed_is_told_that_another_person_decides(database, browser, clock):
    both = await make.staff(Role.REVIEWER, Role.APPROVER, email="both@program.example")
    handed = await recommended(both)
    person = await browser(both)

    page = words(await person.get(f"/reviews/{handed.review.id}"))
    refused = await send(
        person,
        f"/reviews/{handed.review.id}/decision",
        verdict="approved",
        hash=await present(handed),
    )

    assert "You reviewed this application, so another person decides." in page
    assert refused.status_code == 403
    assert "Another approver has to decide on it." in words(refused)


async def test_a_kept_state_opens_with_names_as_they_are_today(database, browser, clock):
    handed = await recommended(await reviewer(legal_name="Rita R"))
    digest = await present(handed)
    person = await browser(await approver())

    page = await person.get(f"/reviews/{handed.review.id}/history/{digest}")
    unknown = await person.get(f"/reviews/{handed.review.id}/history/{'0' * 64}")

    assert "Rita R" in page.text
    assert "by Chris Chief, Chief" in words(page)
    assert digest in page.text
    assert unknown.status_code == 404


async def test_the_number_of_statements_does_not_grow_with_what_was_found(
    database, browser, clock, queries
):
    rita, handed = await reviewer(), await handed_in()
    person = await browser(rita)
    paths = [f"/reviews/{handed.review.id}", f"/reviews/{handed.review.id}/elements/quality"]

    async def counted():
        queries.clear()
        for path in paths:
            await person.get(path)
        return len(queries)

    await counted()
    before = await counted()
    await all_met(rita, handed)
    for number in range(5):
        await on_roster(handed.agency, handed.coordinator, f"Tess {number}", "call-taker")

    assert await counted() <= before + 2  # the names of the reviewer and of the finder


async def test_a_message_sent_twice_by_the_same_form_is_one(database, browser, clock):
    handed = await handed_in()
    person = await browser(await reviewer())
    path = f"/reviews/{handed.review.id}/messages"

    for _ in range(2):
        await send(person, path, text="Which page?", once="a-key")
    page = await person.get(path)

    assert page.text.count("Which page?") == 1


async def test_a_renewal_shows_what_differs_from_what_was_approved(database, browser, clock):
    rita = await reviewer()
    handed = await recommended(rita)
    await deciding.decide(
        await approver(), handed.review.id, deciding.Decision.APPROVED, "", await present(handed)
    )
    clock.set(datetime(2030, 6, 3, 15, tzinfo=UTC))
    renewal = await opened(handed.agency, handed.coordinator, ReviewKind.RENEWAL)
    (carried,) = await PolicyDocument.objects().where(PolicyDocument.review == renewal.id)
    pages = [PAGES[0], PAGES[1].replace("Nobody waits.", "Nobody waits for a form.")]
    await policy(
        renewal,
        handed.coordinator,
        file_name="policy-2030.pdf",
        sha256="c" * 64,
        pages=msgspec.json.encode(pages).decode(),
        replaces=carried.id,
    )
    carried.replaced_at = clock()
    await carried.save()
    await applications.answer(handed.coordinator, renewal.id, FACTS | {"positions": "30"})
    await affirmed(renewal, handed.coordinator)
    await applications.submit(handed.coordinator, renewal.id)
    person = await browser(rita)

    page = words(await person.get(f"/reviews/{renewal.id}/changes"))
    sheet = words(await person.get(f"/reviews/{renewal.id}"))
    first = words(await person.get(f"/reviews/{handed.review.id}/changes"))
    element = words(await person.get(f"/reviews/{renewal.id}/elements/no-waiting"))

    assert "Since the application before this one was approved, March 2, 2026" in page
    assert "Telecommunicators who are employed: 28 became 30." in page
    assert "policy-2030.pdf against policy.pdf: 5 passages stayed, 2 changed." in page
    assert "New page 2 Nobody waits for a form." in page
    assert "Gone page 2 Nobody waits." in page
    assert "What changed" in sheet
    assert "In the application that was approved before: met, page 2." in element
    assert "Nothing to compare with" in first
