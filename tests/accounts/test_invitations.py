"""Sending invitations: by whom, to whom, how many, and what nobody learns by them."""

import re
from datetime import timedelta

import pytest

import make
from accounts.invitation import ADDRESS, coordinator
from accounts.stopwatch import ENOUGH, difference
from connect.accounts.invitations import invite, waiting, withdraw
from connect.accounts.sign_in import request_reset
from connect.accounts.tables import (
    Invitation,
)
from connect.errors import Forbidden, Invalid, NotFound
from connect.policy import Role


async def test_an_invitation_that_expired_can_be_sent_again(agency, inviting, client, clock):
    await inviting()
    clock.move(timedelta(days=31))

    token = await inviting()

    assert (await client.get(f"/invitations/{token}")).status_code == 200
    assert await Invitation.count() == 1


async def test_renewing_many_costs_no_more_queries_than_one(agency, queries):
    actor = await coordinator(agency)
    counts = []
    for many in (1, 5):
        people = [{"email": f"p{many}-{n}@agency.example"} for n in range(many)]
        await invite(actor, people, agency_id=agency.id)
        queries.clear()

        again = [person | {"title": f"Title {n}"} for n, person in enumerate(people)]
        await invite(actor, again, agency_id=agency.id)

        counts.append(len(queries))
    rows = await Invitation.select(Invitation.email, Invitation.title)
    assert counts[0] == counts[1]
    assert {row["email"]: row["title"] for row in rows} == {
        "p1-0@agency.example": "Title 0",
        **{f"p5-{n}@agency.example": f"Title {n}" for n in range(5)},
    }


async def test_at_most_three_mails_an_hour_reach_an_address(agency, inviting, work, mailbox, clock):
    for _ in range(5):
        await inviting()
    await request_reset("192.0.2.1", ADDRESS)
    await work()
    in_the_first = len(mailbox)
    clock.move(timedelta(minutes=61))
    await work()

    assert in_the_first == 3
    assert len(mailbox) == 4  # the invitation waited


async def test_only_an_own_agency_is_invited_to(agency):
    stranger = await coordinator(await make.agency())
    people = [{"email": ADDRESS}]

    with pytest.raises(NotFound):
        await invite(stranger, people, agency_id=agency.id)
    with pytest.raises(Invalid):
        await invite(stranger, people, agency_id=None)
    with pytest.raises(Forbidden):
        await invite(await make.learner(), people, agency_id=agency.id)

    assert await Invitation.count() == 0


async def test_one_sees_and_ends_the_invitations_of_the_own_agency_only(agency, inviting):
    await inviting()
    stranger = await coordinator(await make.agency())
    (row,) = await Invitation.objects()

    with pytest.raises(NotFound):
        await withdraw(stranger, row.id)

    assert await waiting(stranger, limit=9) == []
    assert await waiting(stranger, agency_id=agency.id, limit=9) == []
    assert len(await waiting(await coordinator(agency), limit=9)) == 1
    assert len(await waiting(await make.staff(Role.ADMIN), limit=9)) == 1


async def test_all_faults_are_told_at_once_by_index(agency, api):
    program = await api(await coordinator(agency))
    people = [
        {"email": ADDRESS},
        {"email": "no address", "category": "boss"},
        {"email": "Ada@agency.example"},
        {"email": "b@agency.example", "title": "a\nb", "role": "admin"},
        {"legal_name": "Nobody", "email": 7},
    ]

    answer = await program.post(
        "/invitations", json={"people": people, "agency_id": str(agency.id)}
    )

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [
        "people.1.email",
        "people.1.category",
        "people.2.email",
        "people.3.title",
        "people.3.role",
        "people.4.email",
    ]
    assert await Invitation.count() == 0


@pytest.mark.parametrize(("many", "status"), [(0, 422), (500, 202), (501, 422)])
async def test_up_to_500_in_a_call(agency, api, many, status):
    program = await api(await coordinator(agency))
    people = [{"email": f"p{n}@agency.example"} for n in range(many)]

    answer = await program.post(
        "/invitations", json={"people": people, "agency_id": str(agency.id)}
    )

    assert answer.status_code == status
    assert await Invitation.count() == (many if status == 202 else 0)


async def test_by_api_they_are_listed_page_by_page_and_withdrawn(agency, api, queries):
    program = await api(await coordinator(agency))
    people = [{"email": f"p{n}@agency.example", "title": "Officer"} for n in range(3)]
    asked = {"people": people[:1], "agency_id": str(agency.id)}
    key = {"Idempotency-Key": "once"}

    first = await program.post("/invitations", json=asked, headers=key)
    same = await program.post("/invitations", json=asked, headers=key)
    counts = []
    for _ in range(2):
        queries.clear()
        await program.get("/invitations")
        counts.append(len(queries))
        await program.post("/invitations", json=asked | {"people": people[1:]})
    page = (await program.get("/invitations", params={"limit": 2})).json()
    rest = (await program.get("/invitations", params={"limit": 2, "after": page["next"]})).json()
    gone = await program.delete(f"/invitations/{first.json()['items'][0]['id']}")
    strange = await (await api(await coordinator(await make.agency()))).delete(
        f"/invitations/{page['items'][0]['id']}"
    )

    assert (first.status_code, first.json()) == (202, same.json())
    assert counts[0] == counts[1]
    assert [len(page["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    assert page["items"][0]["agency_name"] == "Cedar Falls PD"
    assert (gone.status_code, strange.status_code) == (204, 404)
    assert len((await program.get("/invitations")).json()["items"]) == 2


async def test_by_page_addresses_stand_one_on_a_line(agency, browser, work, mailbox):
    person = await browser(await coordinator(agency))
    path = f"/agencies/{agency.id}/invitations"

    wrong = await person.post(
        path, data={"csrf": person.csrf, "emails": "a@agency.example\nnonsense\n"}
    )
    sent = await person.post(
        path, data={"csrf": person.csrf, "emails": "a@agency.example\r\nb@agency.example\r\n"}
    )
    page = await person.get(sent.headers["location"])
    await work()
    withdrawn = await person.post(
        re.search(r'action="(/agencies/[^"]+/withdrawal)"', page.text)[1],
        data={"csrf": person.csrf},
    )
    stranger = await browser(await coordinator(await make.agency()))

    assert (wrong.status_code, sent.status_code, withdrawn.status_code) == (422, 303, 303)
    assert "nonsense: Write an e-mail address" in wrong.text
    assert "a@agency.example" in page.text
    assert {mail.to for mail in mailbox} == {"a@agency.example", "b@agency.example"}
    assert len(await waiting(await coordinator(agency), limit=9)) == 1
    assert (await stranger.get(path)).status_code == 404


KNOWN, SUSPENDED = "known@agency.example", "out@agency.example"


async def test_the_answer_does_not_tell_whether_an_address_has_an_account(agency, api, work):
    await make.account(email=KNOWN)
    await make.account(email=SUSPENDED, status="suspended")
    program = await api(await coordinator(agency))
    answers = set()
    for email in (KNOWN, SUSPENDED, "nobody@agency.example"):
        answer = await program.post(
            "/invitations", json={"people": [{"email": email}], "agency_id": str(agency.id)}
        )
        body = answer.text.replace(email, "...").replace(answer.json()["items"][0]["id"], "...")
        body = re.sub(r'"expires_at":"[^"]*"', "", body)
        headers = {n for n in answer.headers if n != "x-request-id"}
        answers.add((answer.status_code, str(sorted(headers)), body))
    await work()
    listed = (await program.get("/invitations")).json()["items"]

    assert len(answers) == 1
    assert len({str({k for k, v in row.items() if v is None}) for row in listed}) == 1


async def test_nor_does_the_time_it_takes(agency):
    actor = await coordinator(agency)
    numbers = iter(range(1_000_000))
    await make.account(email=KNOWN)

    async def ask(email):
        await Invitation.delete(force=True)
        await invite(actor, [{"email": email}], agency_id=agency.id)

    found = await difference(
        lambda: ask(KNOWN), lambda: ask(f"nobody{next(numbers)}@agency.example")
    )

    assert found <= ENOUGH
