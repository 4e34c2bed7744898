"""The coordinator's pages of an application, without script: from the first button to submitted."""

import re

import pytest

from agencies import made
from connect.mail.tables import Mail
from connect.readiness import applications
from connect.readiness.application_queries import current_review
from connect.readiness.tables import RosterLine
from readiness import policies
from readiness.applying import FACTS, affirmed, opened, police
from readiness.test_agency_pages import send, words
from readiness.test_rosters import center
from rosters.staffed import works


@pytest.fixture
async def case(database, browser, clock):
    agency, actor = await police()
    return agency, actor, await browser(actor), f"/agencies/{agency.id}/readiness"


async def upload(person, path, data, name="policy.pdf", **fields):
    files = {"file": (name, data, "application/pdf")}
    return await person.post(path, files=files, data={"csrf": person.csrf, **fields})


async def test_an_application_goes_from_the_first_button_to_submitted(case, clock):
    agency, actor, person, here = case

    start = await person.get(here)
    opened_to = await send(person, here, kind="new", once="k1")
    draft = await person.get(opened_to.headers["location"])
    early = await send(person, f"{here}/submission")
    await send(person, f"{here}/facts", **FACTS)
    await send(person, f"/agencies/{agency.id}/roster", name="Pat P", category="patrol")
    uploaded = await upload(person, f"{here}/policy", policies.DOC, title="Order 41", once="k2")
    await send(person, f"{here}/affirmation", email="chief@cedarfallspd.example")
    asked = words(await person.get(here))
    await affirmed(await current_review(agency.id), actor)
    complete = words(await person.get(here))
    submitted = await send(person, f"{here}/submission")
    after = words(await person.get(submitted.headers["location"]))

    assert "Apply to the program" in words(start)
    assert "Your application is a draft. It is your turn, since March 2, 2026." in words(draft)
    assert "8 answers are missing." in words(draft)
    assert "11 things are missing before you can submit:" in words(draft)
    assert f'href="{here}/facts#ori">ORI number: this is needed.' in draft.text
    assert (early.status_code, "cannot be submitted yet" in words(early)) == (422, True)
    assert uploaded.headers["location"].endswith("?notice=uploaded")
    assert "chief@cedarfallspd.example has a link, good until March 16, 2026." in asked
    assert "Chris Chief, Chief, affirmed the answers." in complete
    assert "Nothing is missing." in complete
    assert "waits for a reviewer. It is the reviewer's turn" in after.replace("&#39;", "'")
    assert "You have a first answer by March 4, 2026." in after
    assert "Submit the application" not in after
    assert "To be reviewed" in after


async def test_faulty_answers_keep_their_text_and_good_ones_are_saved(case):
    agency, actor, person, here = case
    review = await opened(agency, actor)

    page = await send(
        person, f"{here}/facts", population="about 40k", sworn="60", population_year="1066"
    )

    assert page.status_code == 422
    assert 'value="about 40k"' in page.text
    assert "Write a whole number, such as 41200." in words(page)
    assert 'id="population_year-error"' in page.text
    assert await applications.facts_of(review) == {"sworn": "60"}


async def test_the_script_saves_one_field_and_is_told_what_is_wrong(case):
    agency, actor, person, here = case
    review = await opened(agency, actor)
    json = {"accept": "application/json"}

    good = await person.post(
        f"{here}/facts", data={"csrf": person.csrf, "sworn": "60"}, headers=json
    )
    bad = await person.post(
        f"{here}/facts", data={"csrf": person.csrf, "population": "many"}, headers=json
    )

    assert good.status_code == bad.status_code == 200
    assert good.json() == {"faults": {}, "saved_at": "9:00:00 a.m. CST"}
    assert bad.json()["faults"] == {"population": "Write a whole number, such as 41200."}
    assert await applications.facts_of(review) == {"sworn": "60"}


async def test_a_policy_is_uploaded_pointed_at_replaced_and_given_out(case):
    agency, actor, person, here = case
    await opened(agency, actor)
    path = f"{here}/policy"

    refused = await upload(person, path, policies.EXE, title="Kept title")
    await upload(person, path, policies.docx(), "Order.docx", title="Order 41", once="a")
    shown = await person.get(path)
    its = re.search(r"/documents/([0-9a-f-]{36})", shown.text)[1]
    wrong = await send(person, f"{path}/entry-2h", document=its, passage="within nine hours")
    right = await send(
        person, f"{path}/entry-2h", document=its, passage="within four hours of receipt"
    )
    pointed = await person.get(path)
    await upload(person, path, policies.pdf(policies.CHANGED), title="v2", replaces=its, once="b")
    replaced = await person.get(path)
    file = await person.get(f"{path}/documents/{its}")

    assert (refused.status_code, "not a PDF, DOC or DOCX" in words(refused)) == (422, True)
    assert 'value="Kept title"' in refused.text
    assert "Order 41 Order.docx" in words(shown)
    assert (wrong.status_code, "within nine hours" in wrong.text) == (422, True)
    assert "do not stand in this document" in words(wrong)
    assert right.headers["location"].endswith("#element-entry-2h")
    assert "Order 41, page 3" in words(pointed)
    assert "Gone in the new version" in words(replaced)
    assert file.headers["content-disposition"].startswith("attachment")


async def test_those_who_miss_training_are_mailed_what_to_take_once_a_day(
    database, browser, clock, work, mailbox
):
    agency, version = await center()
    ada = await works(agency, name="Ada A", category="call-taker")
    quiet = await works(agency, name="Silent S", consented=False)
    actor = await made.coordinator(agency)
    person = await browser(actor)
    for line in (
        {"account": ada.account},
        {"account": quiet.account},
        {"name": "Typed T"},
    ):
        await RosterLine(
            agency=agency.id,
            category="call-taker",
            since=clock().date(),
            made_by=actor.id,
            **line,
        ).save()
    here = f"/agencies/{agency.id}/readiness"

    first = await send(person, f"{here}/reminders", rule="call-handling")
    second = await send(person, f"{here}/reminders", rule="call-handling")
    unknown = await send(person, f"{here}/reminders", rule="color")
    await work()

    assert first.headers["location"].endswith("?notice=reminded")
    assert second.headers["location"].endswith("?notice=nobody")
    assert unknown.status_code == 404
    assert await Mail.count() == len(mailbox) == 2
    assert all("/courses/tcme-101" in mail.body for mail in mailbox)
    shared, silent = sorted(mailbox, key=lambda mail: "Silent S" in mail.body)
    assert "you still need" in shared.body
    assert "please check for yourself" in silent.body
    assert all(version.title in mail.body for mail in mailbox)


async def test_another_agencys_application_is_not_found(case, browser):
    agency, actor, _, here = case
    await opened(agency, actor)
    stranger = await browser((await police())[1])

    answers = [
        await stranger.get(here),
        await stranger.get(f"{here}/facts"),
        await stranger.get(f"{here}/policy"),
        await send(stranger, f"{here}/facts", sworn="1"),
        await send(stranger, f"{here}/submission"),
        await send(stranger, f"{here}/withdrawal"),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_a_withdrawn_application_stays_readable_and_a_new_one_can_be_opened(case):
    agency, actor, person, here = case
    await opened(agency, actor)

    await send(person, f"{here}/withdrawal")
    page = words(await person.get(f"{here}?notice=withdrawn"))
    again = await send(person, here, kind="new")

    assert "Your application was withdrawn." in page
    assert "Open an application" in page
    assert again.headers["location"].endswith("?notice=opened")


async def test_the_start_page_leads_a_coordinator_to_the_agency_whose_turn_it_is(case):
    agency, actor, person, here = case

    before = await person.get("/")
    await opened(agency, actor)
    after = await person.get("/")

    assert f'href="{here}"' in before.text
    assert f"{agency.name} : people , readiness program" in words(before)
    assert "Your turn" not in words(before)
    assert "readiness program Your turn" in words(after)
