"""Invitations: to an agency or to the site, by a link that proves the address and works once."""

import asyncio
import re
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

import make
from accounts.people import NEW_PASSWORD, elsewhere, signed_in
from accounts.stopwatch import ENOUGH, difference
from connect.accounts.invitations import invite, waiting, withdraw
from connect.accounts.invited import AnotherAccount, accept, register_invited
from connect.accounts.links import LinkUsedUp
from connect.accounts.rules import ADULTS_ONLY
from connect.accounts.sign_in import request_reset
from connect.accounts.tables import (
    Account,
    Affiliation,
    Invitation,
    OneTimeLink,
    RoleGrant,
    Session,
)
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid, NotFound
from connect.policy import Actor, Role

ADDRESS = "ada@agency.example"
SAME_SITE = {"Sec-Fetch-Site": "same-origin"}
FORM = {
    "act": "register",
    "password": NEW_PASSWORD,
    "legal_name": "Ada Officer",
    "discipline": "law-enforcement",
    "state": "TX",
    "time_zone": "America/Chicago",
    "adult": "true",
}


async def coordinator(agency, **changes):
    account = await make.account(**changes)
    await RoleGrant(account=account.id, role=Role.COORDINATOR, agency=agency.id).save()
    return Actor(account_id=account.id, roles=frozenset({(Role.COORDINATOR, agency.id)}))


@pytest.fixture
async def agency(database):
    return await make.agency(name="Cedar Falls PD", state="IA")


@pytest.fixture
async def inviting(agency, work, mailbox):
    """``await inviting(email)`` invites to the agency and gives the link's token."""
    actor = await coordinator(agency, legal_name="Carla Coordinator")

    async def ask(email=ADDRESS, **facts):
        await invite(actor, [{"email": email, **facts}], agency_id=agency.id, note="Welcome.")
        await work()
        return token_of(mailbox[-1])

    return ask


def token_of(mail):
    return re.search(r"/invitations/(\S+)", mail.body)[1]


async def by_email(email=ADDRESS):
    return await Account.objects().where(Account.email == email).first()


async def test_somebody_new_registers_by_the_link_and_works_there(
    agency, inviting, mailbox, app, client, clock
):
    token = await inviting(title="Detective", category="investigator", legal_name="Ada O.")
    path = f"/invitations/{token}"

    shown = await client.get(path)
    nothing_yet = (await by_email(), await OneTimeLink.count())
    form = await client.post(path, headers=SAME_SITE)
    wrong = FORM | {"password": "short", "adult": "false"}
    bad = await client.post(path, data=wrong, headers=SAME_SITE)
    done = await client.post(path, data=FORM | {"consent": "yes"}, headers=SAME_SITE)
    again = await client.get(path)
    home = await client.get("/account")

    mail = mailbox[0]
    assert (mail.to, mail.subject) == (ADDRESS, "Carla Coordinator invites you to Cedar Falls PD")
    assert "Welcome." in mail.body
    assert nothing_yet == (None, 1)
    assert "Cedar Falls PD" in shown.text
    assert f'value="{ADDRESS}"' in form.text
    assert 'value="Ada O."' in form.text
    assert (shown.status_code, form.status_code, bad.status_code) == (200, 200, 422)
    assert "15 characters" in bad.text
    assert ADULTS_ONLY in bad.text
    assert (done.status_code, done.headers["location"]) == (303, "/courses")
    assert (again.status_code, home.status_code) == (409, 200)
    account = await by_email()
    assert (account.status, account.legal_name) == ("active_verified", "Ada Officer")
    (work_there,) = await Affiliation.objects()
    assert (work_there.agency, work_there.title, work_there.category) == (
        agency.id,
        "Detective",
        "investigator",
    )
    assert work_there.consented_at == clock.now
    assert not any("verify-email" in mail.body for mail in mailbox)
    acts = [row["act"] for row in await AuditEvent.select(AuditEvent.act)]
    assert {"invitation.sent", "invitation.accepted", "address.proved", "case.approved"} <= set(
        acts
    )


async def test_somebody_with_an_account_signs_in_first_and_the_link_survives(agency, inviting, app):
    await make.account(email=ADDRESS)
    path = f"/invitations/{await inviting()}"
    visitor = elsewhere(app, headers=SAME_SITE)

    sent_on = await visitor.post(path)
    login = await visitor.get(sent_on.headers["location"])
    following = re.search(r'name="next"[^>]*value="([^"]*)"', login.text)[1]
    back = await visitor.post(
        "/login", data={"email": ADDRESS, "password": make.PASSWORD, "next": following}
    )
    page = await visitor.get(back.headers["location"])
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    joined = await visitor.post(path, data={"csrf": csrf, "consent": "yes"})

    assert back.headers["location"] == path
    assert "My coordinator may see" in page.text
    assert joined.headers["location"] == "/courses"
    assert (await by_email()).status == "active_verified"
    (work_there,) = await Affiliation.objects()
    assert work_there.consented_at is not None


async def test_without_consent_one_joins_too(agency, inviting):
    account = await make.account(email=ADDRESS)
    token = await inviting()

    await accept(make.actor_of(account), token, consent=False)

    (work_there,) = await Affiliation.objects()
    assert (work_there.agency, work_there.consented_at) == (agency.id, None)


async def test_who_works_there_already_is_asked_for_consent_and_not_doubled(
    agency, inviting, clock
):
    account = await make.account(email=ADDRESS)
    await Affiliation(account=account.id, agency=agency.id, since=clock.now.date()).save()

    await accept(make.actor_of(account), await inviting(), consent=True)

    (work_there,) = await Affiliation.objects()
    assert work_there.consented_at == clock.now
    assert (await by_email()).verified_at == clock.now


async def test_the_link_of_an_invitation_is_not_for_another_account(agency, inviting, app):
    token = await inviting()
    other = await make.account()

    with pytest.raises(AnotherAccount):
        await accept(make.actor_of(other), token, consent=True)
    page = await (await signed_in(app, other)).get(f"/invitations/{token}")

    assert "This invitation is for another address" in page.text
    assert await Affiliation.count() == 0
    account = await make.account(email=ADDRESS)
    await accept(make.actor_of(account), token, consent=True)  # it was not spent


async def test_a_link_works_once_under_twenty_at_once(agency, inviting):
    account = await make.account(email=ADDRESS)
    token = await inviting()

    answers = await asyncio.gather(
        *(accept(make.actor_of(account), token, consent=True) for _ in range(20)),
        return_exceptions=True,
    )

    assert [a for a in answers if a is None] == [None]
    assert sum(isinstance(a, LinkUsedUp) for a in answers) == 19
    assert await Affiliation.count() == 1


async def test_registering_by_a_link_works_once_under_twenty_at_once(agency, inviting):
    token = await inviting()
    asked = {n: v for n, v in FORM.items() if n != "act"} | {"consent": False, "adult": True}

    answers = await asyncio.gather(
        *(register_invited(f"192.0.2.{n}", token, **asked) for n in range(20)),
        return_exceptions=True,
    )

    assert sum(isinstance(answer, str) for answer in answers) == 1
    assert sum(isinstance(answer, LinkUsedUp) for answer in answers) == 19
    assert await Account.count().where(Account.email == ADDRESS) == 1


async def test_who_registered_the_address_of_another_is_put_out_by_its_owner(agency, inviting, app):
    intruder = await make.account(email=ADDRESS, proved_at=None, status="pending_email")
    browser = await signed_in(app, intruder)
    token = await inviting()
    asked = {n: v for n, v in FORM.items() if n != "act"} | {"consent": False, "adult": True}

    await register_invited("192.0.2.1", token, **asked)

    assert (await browser.get("/account")).status_code == 303
    assert await Session.count() == 1
    assert (await by_email()).legal_name == "Ada Officer"


@pytest.mark.parametrize("end", ["expired", "withdrawn", "renewed", "unknown"])
async def test_a_link_that_is_over_opens_nothing(agency, inviting, client, clock, end):
    token = await inviting()
    registrar = await make.staff(Role.REGISTRAR)
    (row,) = await Invitation.objects()
    if end == "expired":
        clock.move(timedelta(days=30, minutes=1))
    elif end == "withdrawn":
        await withdraw(registrar, row.id)
        await withdraw(registrar, row.id)
    elif end == "renewed":
        assert await inviting() != token
        assert await Invitation.count() == 1
    else:
        token = "x" * 43

    answers = [
        await client.get(f"/invitations/{token}"),
        await client.post(f"/invitations/{token}", data=FORM, headers=SAME_SITE),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert await by_email() is None


async def test_an_invitation_that_expired_can_be_sent_again(agency, inviting, client, clock):
    await inviting()
    clock.move(timedelta(days=31))

    token = await inviting()

    assert (await client.get(f"/invitations/{token}")).status_code == 200
    assert await Invitation.count() == 1


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


async def test_no_token_stands_in_a_log_or_an_answer(agency, inviting, client, app):
    await make.account(email=ADDRESS)
    token = await inviting()
    with capture_logs() as logs:
        answers = [
            await client.get(f"/invitations/{token}"),
            await client.post(f"/invitations/{token}", headers=SAME_SITE),
            await client.get(f"/login?next=/invitations/{token}"),
        ]

    assert len(logs) >= 3
    assert token not in str(logs)
    assert {answer.headers["referrer-policy"] for answer in answers} <= {
        "no-referrer",
        "same-origin",
        "strict-origin",
    }
    assert answers[0].headers["cache-control"] == "no-store"


async def test_an_invitation_to_the_site_makes_nobody_verified(database, work, mailbox, client):
    registrar = await make.staff(Role.REGISTRAR)
    await invite(registrar, [{"email": ADDRESS}], agency_id=None)
    await work()

    await client.post(f"/invitations/{token_of(mailbox[0])}", data=FORM, headers=SAME_SITE)

    assert (await by_email()).status == "active_unverified"
    assert await Affiliation.count() == 0


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
