"""An executive's word through a mailed link: no account, once, void by a changed fact only."""

import re
from datetime import timedelta

import pytest

import make
from agencies import made
from connect.audit import AuditEvent
from connect.readiness import applications
from connect.readiness.tables import Affirmation
from readiness.applying import FACTS, opened, police
from readiness.test_agency_pages import words
from readiness.test_applications import told
from rosters.staffed import works

CHIEF = "chief@cedarfallspd.example"
FORM = {"name": "Chris Chief", "title": "Chief of Police", "yes": "yes"}
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def case(database, api, clock, work, mailbox):
    """A draft with every answer, its program, and what asks and answers with the mailed link."""
    agency, coordinator = await police()
    review = await opened(agency, coordinator)
    await applications.answer(coordinator, review.id, FACTS)
    program = await api(coordinator)

    async def asked(email=CHIEF):
        answer = await program.post(
            f"/reviews/{review.id}/affirmation-requests", json={"email": email}
        )
        await work()
        return answer

    return agency, coordinator, review, asked


def link(mailbox):
    return re.search(r"(/affirm/\S+)", mailbox[-1].body)[1]


def shown_hash(page):
    return re.search(r'name="facts" value="(\w+)"', page.text)[1]


async def affirm(client, path, **changes):
    page = await client.get(path)
    form = {**FORM, "facts": shown_hash(page), **changes}
    return await client.post(path, data=form, headers=SAME_SITE)


async def test_an_executive_affirms_without_an_account_and_once(case, client, mailbox, work):
    _, _, review, asked = case
    answer = await asked()
    path = link(mailbox)

    page = await client.get(path)
    again = await client.get(path)
    done = await affirm(client, path)
    spent = await client.get(path)
    await work()

    assert (answer.status_code, answer.json()["email"]) == (201, CHIEF)
    assert mailbox[0].to == CHIEF
    assert "People who live in your jurisdiction 41,200" in words(page)
    assert "took effect January 15, 2025" in words(page)
    assert "Everything in this application is true." in words(page)
    assert again.status_code == done.status_code == 200
    assert "Thank you, Chris Chief" in words(done)
    assert (spent.status_code, "This link was used" in words(spent)) == (409, True)
    assert (await applications.affirmed(review)).title == "Chief of Police"
    assert "Chris Chief affirmed" in mailbox[-1].subject
    acts = await AuditEvent.select(AuditEvent.act, AuditEvent.actor).where(
        AuditEvent.act.like("affirmation.%")
    )
    assert [row["act"] for row in acts] == ["affirmation.asked", "affirmation.given"]
    assert acts[1]["actor"] is None


async def test_every_fault_of_the_form_is_told_at_once(case, client, mailbox):
    _, _, review, asked = case
    await asked()

    bad = await client.post(link(mailbox), data={"name": " ", "title": ""}, headers=SAME_SITE)

    assert bad.status_code == 422
    assert [bad.text.count(f'id="{n}-error"') for n in ("name", "title", "yes")] == [1, 1, 1]
    assert await applications.affirmed(review) is None


async def test_an_answer_that_changes_while_it_is_read_is_read_again(case, client, mailbox):
    _, coordinator, review, asked = case
    await asked()
    path = link(mailbox)
    before = shown_hash(await client.get(path))
    await applications.answer(coordinator, review.id, {"population": "41201"})

    stale = await affirm(client, path, facts=before)
    fresh = await affirm(client, path)

    assert (stale.status_code, "An answer was changed" in words(stale)) == (422, True)
    assert "41,201" in words(stale)
    assert fresh.status_code == 200


async def test_a_link_ends_with_its_time_a_newer_one_and_the_application(
    case, client, mailbox, clock
):
    _, coordinator, review, asked = case
    await asked()
    first = link(mailbox)
    await asked()
    second = link(mailbox)
    over = [await client.get(first), await client.get("/affirm/nonsense")]
    open_still = await client.get(second)
    clock.move(timedelta(days=14))
    over.append(await client.get(second))
    clock.move(timedelta(days=-1))
    await applications.withdraw(coordinator, review.id)
    over.append(await client.get(second))

    assert open_still.status_code == 200
    assert [page.status_code for page in over] == [409] * 4


async def test_the_address_has_to_speak_for_the_agency(case):
    agency, _, _, asked = case
    row = await make.account(email="sheriff@elsewhere.example")
    await works(agency, account=row, category="executive")

    foreign = await asked("chief@gmail.com")
    near = await asked("chief@sub.cedarfallspd.example")
    of_the_roster = await asked("Sheriff@Elsewhere.example")

    assert "Write an address at cedarfallspd.example" in told(foreign)["email"]
    assert near.status_code == 422
    assert of_the_roster.status_code == 201
    assert await Affirmation.count() == 1


async def test_nobody_affirms_what_they_filled_in_unless_they_lead(database, api, clock):
    agency = await made.agency(domains=("agency.example",), ori=None)
    coordinator = await made.coordinator(agency)
    review = await opened(agency, coordinator)
    program = await api(coordinator)
    path = f"/reviews/{review.id}/affirmation-requests"
    own = (await _account(coordinator)).email

    refused = await program.post(path, json={"email": own})
    await works(agency, account=await _account(coordinator), category="executive")
    taken = await program.post(path, json={"email": own})

    assert "Somebody else has to affirm" in told(refused)["email"]
    assert taken.status_code == 201


async def _account(actor):
    return await make.Account.objects().where(make.Account.id == actor.id).first()
