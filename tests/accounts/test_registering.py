"""Opening an account: anew, again, for an address that is known; proving the address."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

import make
from accounts.contents import contents, count
from accounts.environment import environment
from accounts.people import NEW_PASSWORD, PERSON, V1, elsewhere, link_in
from connect.accounts.links import make_link
from connect.accounts.tables import Account, AccountStatus, LinkKind
from connect.agencies.tables import AgencyDomain

HOUR = timedelta(hours=1)


async def register(client, **changes):
    return await client.post(f"{V1}/accounts", json=PERSON | changes)


async def token_for(client, password, email=PERSON["email"]):
    return await client.post(f"{V1}/tokens", json={"email": email, "password": password})


async def status_of(email=PERSON["email"]):
    account = await Account.objects().where(Account.email == email).first()
    return account.status


async def test_an_account_is_opened_as_it_was_typed_and_waits_for_proof(client, work, mailbox):
    answer = await register(client, email=" Ada@Agency.example ", legal_name=" Ada   Officer ")
    await work()

    assert (answer.status_code, answer.json()) == (202, {"status": "pending_email"})
    (row,) = await Account.select()
    names = ("email", "legal_name", "certificate_name", "title", "discipline", "state")
    assert {name: row[name] for name in (*names, "time_zone", "status", "proved_at")} == {
        "email": "ada@agency.example",
        "legal_name": "Ada Officer",
        "certificate_name": "",
        "title": "",
        "discipline": "law-enforcement",
        "state": "TX",
        "time_zone": "America/Chicago",
        "status": "pending_email",
        "proved_at": None,
    }
    assert row["password_hash"].startswith("$argon2id$")
    assert [mail.to for mail in mailbox] == ["ada@agency.example"]


async def test_without_a_time_zone_it_is_the_organizations_by_api_and_page(client):
    given = {name: value for name, value in PERSON.items() if name != "time_zone"}
    await client.post(f"{V1}/accounts", json=given)
    page = await client.post("/register", data=given | {"email": "bob@agency.example"})

    assert page.status_code == 200
    assert {row["time_zone"] for row in await Account.select()} == {"America/New_York"}


@pytest.mark.parametrize("door", ["api", "page"])
async def test_registering_again_replaces_an_account_that_was_not_proved(
    app, client, work, mailbox, door
):
    await register(client)
    await work()
    first_link = link_in(mailbox[-1].body)
    token = (await token_for(client, make.PASSWORD)).json()["token"]
    signed_in = elsewhere(app)
    await signed_in.post("/login", data={"email": PERSON["email"], "password": make.PASSWORD})
    assert (await signed_in.get("/account")).status_code == 200
    again = PERSON | {"password": NEW_PASSWORD, "legal_name": "Ada Sergeant", "state": "NM"}

    if door == "api":
        answer = await client.post(f"{V1}/accounts", json=again)
    else:
        answer = await client.post("/register", data=again)
    await work()

    assert answer.status_code == (202 if door == "api" else 200)
    (row,) = await Account.select()
    assert (row["legal_name"], row["state"], row["status"]) == (
        "Ada Sergeant",
        "NM",
        "pending_email",
    )
    assert (await token_for(client, make.PASSWORD)).status_code == 401
    assert (await token_for(client, NEW_PASSWORD)).status_code == 201
    assert (await signed_in.get("/account")).status_code == 303
    assert (
        await client.get(f"{V1}/me", headers={"Authorization": f"Bearer {token}"})
    ).status_code == 401
    refused = await client.post(f"{V1}/email-verifications", json={"token": first_link})
    assert (refused.status_code, refused.json()["code"]) == (409, "link_used_up")
    proved = await client.post(
        f"{V1}/email-verifications", json={"token": link_in(mailbox[-1].body)}
    )
    assert proved.json() == {"status": "active_unverified"}


@pytest.mark.parametrize("door", ["api", "page"])
async def test_a_proved_account_stays_untouched_and_its_owner_is_told(client, work, mailbox, door):
    owner = await make.account(email=PERSON["email"], legal_name="The Owner")
    await make_link(LinkKind.RESET, owner.id)
    kept = ("account", "session", "api_token", "one_time_link", "role_grant")
    before = await contents()

    given = PERSON | {"password": NEW_PASSWORD}
    if door == "api":
        answer = await client.post(f"{V1}/accounts", json=given)
        assert (answer.status_code, answer.json()) == (202, {"status": "pending_email"})
    else:
        answer = await client.post("/register", data=given)
        assert answer.status_code == 200
    await work()

    after = await contents()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert [(mail.to, mail.subject) for mail in mailbox] == [
        (PERSON["email"], "You already have an account at Connect")
    ]
    assert "The Owner" in mailbox[0].body
    assert (await token_for(client, make.PASSWORD)).status_code == 201


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.CLOSED])
async def test_nobody_registers_over_a_suspended_or_closed_account(client, work, mailbox, status):
    await make.account(email=PERSON["email"], status=status)
    before = (await contents())["account"]

    answer = await register(client, password=NEW_PASSWORD)
    await work()

    assert (answer.status_code, answer.json()) == (202, {"status": "pending_email"})
    assert (await contents())["account"] == before
    assert mailbox == []


async def test_of_many_at_once_for_one_address_one_account_comes(client, work, mailbox):
    answers = await asyncio.gather(*(register(client) for _ in range(8)))
    await work()

    assert Counter(answer.status_code for answer in answers) == {202: 8}
    assert await count("account") == 1
    assert len(mailbox) == 3


async def test_however_often_an_address_is_typed_in_its_owner_gets_three_mails_an_hour(
    app, client, work, mailbox, clock
):
    for _ in range(4):
        async with elsewhere(app) as somebody:
            await register(somebody)
            email = {"email": PERSON["email"]}
            await somebody.post(f"{V1}/email-verification-requests", json=email)
            await somebody.post(f"{V1}/password-resets", json=email)
        await work()
        clock.move(timedelta(minutes=10))
    first_hour = len(mailbox)
    clock.move(HOUR)
    async with elsewhere(app) as somebody:
        await register(somebody)
    await work()

    assert (first_hour, len(mailbox)) == (3, 4)
    assert {mail.to for mail in mailbox} == {PERSON["email"]}


async def test_one_network_opens_only_so_many_accounts_an_hour(client, clock):
    with environment(limits="register=5/1h"):
        for number in range(6):  # what is refused for its form does not count
            answer = await register(client, email=f"person{number}@agency.example", state="XX")
            assert answer.status_code == 422
        statuses = Counter()
        for number in range(7):
            answer = await register(client, email=f"person{number}@agency.example")
            statuses[answer.status_code] += 1

    assert statuses == {202: 5, 429: 2}
    assert answer.headers["retry-after"] == "3600"


async def test_a_proof_works_once_and_for_three_days(client, work, mailbox, clock):
    await register(client)
    await work()
    token = link_in(mailbox[-1].body)
    clock.move(timedelta(days=3) - timedelta(seconds=1))

    answers = await asyncio.gather(
        *(client.post(f"{V1}/email-verifications", json={"token": token}) for _ in range(10))
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    assert await status_of() == "active_unverified"


async def test_a_proof_that_is_too_old_is_refused_by_api_and_page_alike(
    client, work, mailbox, clock
):
    await register(client)
    await work()
    token = link_in(mailbox[-1].body)
    clock.move(timedelta(days=3))

    by_api = await client.post(f"{V1}/email-verifications", json={"token": token})
    by_page = await client.post(f"/verify-email/{token}", headers={"Accept": "application/json"})

    for answer in (by_api, by_page):
        assert (answer.status_code, answer.json()["code"]) == (409, "link_used_up")
    assert await status_of() == "pending_email"


async def test_opening_the_link_proves_nothing_its_button_does(client, work, mailbox):
    await register(client)
    await work()
    page = f"/verify-email/{link_in(mailbox[-1].body)}"

    opened = await client.get(page)
    still = await status_of()
    pressed = await client.post(page)

    assert (opened.status_code, still) == (200, "pending_email")
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/login?notice=proved")
    assert await status_of() == "active_unverified"


async def test_a_second_proof_changes_nothing(client, clock):
    account = await make.account(status="pending_email", proved_at=None)
    tokens = [await make_link(LinkKind.PROVE, account.id) for _ in range(2)]
    first = clock.now
    await client.post(f"{V1}/email-verifications", json={"token": tokens[0]})
    await Account.update({Account.status: AccountStatus.ACTIVE_VERIFIED}, force=True)
    clock.move(HOUR)

    answer = await client.post(f"{V1}/email-verifications", json={"token": tokens[1]})

    (row,) = await Account.select()
    assert (answer.status_code, answer.json()) == (200, {"status": "active_verified"})
    assert (row["status"], row["proved_at"]) == ("active_verified", first)


async def test_who_was_verified_before_the_address_was_proved_can_still_prove_it(
    client, clock, work, mailbox
):
    account = await make.account(
        status=AccountStatus.ACTIVE_VERIFIED, verified_at=clock.now, proved_at=None
    )
    agency = await make.agency()  # by whose domain the person would be verified once more
    await AgencyDomain(agency=agency.id, domain=account.email.partition("@")[2]).save()
    clock.move(HOUR)

    await client.post(f"{V1}/email-verification-requests", json={"email": account.email})
    await work()
    token = link_in(mailbox[0].body)
    answer = await client.post(f"{V1}/email-verifications", json={"token": token})

    (row,) = await Account.select()
    assert (answer.status_code, answer.json()) == (200, {"status": "active_verified"})
    assert (row["proved_at"], row["verified_at"]) == (clock.now, clock.now - HOUR)
    assert await count("eligibility_case") == 0


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.CLOSED])
async def test_a_proof_does_not_bring_back_who_was_suspended_or_closed(client, status):
    account = await make.account(status=status)
    token = await make_link(LinkKind.PROVE, account.id)

    answer = await client.post(f"{V1}/email-verifications", json={"token": token})

    assert (answer.status_code, answer.json()["code"]) == (409, "link_used_up")
    assert await status_of(account.email) == status


@pytest.mark.parametrize("kind", [LinkKind.RESET, LinkKind.SETUP])
async def test_another_kind_of_link_is_no_proof(client, kind):
    account = await make.account(status="pending_email", proved_at=None)
    token = await make_link(kind, account.id)

    answer = await client.post(f"{V1}/email-verifications", json={"token": token})

    assert (answer.status_code, answer.json()["code"]) == (409, "link_used_up")


async def test_the_link_is_mailed_again_on_request(client, browser, work, mailbox):
    account = await make.account(status="pending_email", proved_at=None)
    await client.post(f"{V1}/email-verification-requests", json={"email": account.email})
    signed_in = await browser(make.actor_of(account))
    pressed = await signed_in.post("/account/email-verification", data={"csrf": signed_in.csrf})
    await work()

    assert (pressed.status_code, pressed.headers["location"]) == (303, "/account?notice=sent")
    assert [mail.to for mail in mailbox] == [account.email] * 2
    assert len({link_in(mail.body) for mail in mailbox}) == 2


async def test_nobody_is_mailed_who_has_nothing_to_prove(client, work, mailbox):
    proved = await make.account()
    for email in (proved.email, "nobody@agency.example"):
        answer = await client.post(f"{V1}/email-verification-requests", json={"email": email})
        assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    await work()

    assert mailbox == []


async def test_an_unproved_account_looks_around_and_does_not_enroll(client, api):
    await make.course()
    account = await make.account(status="pending_email", proved_at=None)
    token = (await token_for(client, make.PASSWORD, account.email)).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    slug = (await client.get(f"{V1}/courses")).json()["items"][0]["slug"]

    answer = await client.post(f"{V1}/courses/{slug}/enrollments")

    assert (answer.status_code, answer.json()["code"]) == (403, "address_not_proved")
    assert await count("enrollment") == 0
