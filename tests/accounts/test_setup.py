"""The first administrator: by the link of the first start, or by the command line."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

import make
from accounts.contents import contents, count
from accounts.people import NEW_PASSWORD, V1, alive, elsewhere, signed_in, try_token
from connect.accounts.actions import has_administrator, make_administrator, setup_token
from connect.accounts.tables import Account, RoleGrant
from connect.errors import Invalid
from connect.policy import Role

FIRST = {"email": "Chief@Agency.example", "name": " The  Chief ", "password": NEW_PASSWORD}
JSON = {"Accept": "application/json"}


async def set_up(client, token, **changes):
    return await client.post(f"/setup/{token}", data=FIRST | changes, headers=JSON)


async def test_the_link_makes_the_first_administrator_and_signs_them_in(client):
    token = await setup_token()
    shown = await client.get(f"/setup/{token}")

    answer = await set_up(client, token)

    assert shown.status_code == 200
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
    assert (await client.get("/admin")).status_code == 200
    (row,) = await Account.select()
    assert (row["email"], row["legal_name"], row["status"]) == (
        "chief@agency.example",
        "The Chief",
        "active_unverified",
    )
    (grant,) = await RoleGrant.select()
    assert (grant["account"], grant["role"], grant["agency"]) == (row["id"], "admin", None)


async def test_it_works_once_also_for_twenty_at_once(app, database):
    token = await setup_token()

    answers = await asyncio.gather(
        *(set_up(elsewhere(app), token, email=f"chief{n}@agency.example") for n in range(20))
    )

    assert Counter(answer.status_code for answer in answers) == {303: 1, 409: 19}
    assert (await count("account"), await count("role_grant")) == (1, 1)


async def test_it_works_for_a_day(client, clock):
    late, in_time = await setup_token(), None
    clock.move(timedelta(days=1))
    refused = await set_up(client, late)
    in_time = await setup_token()
    clock.move(timedelta(days=1) - timedelta(seconds=1))

    assert (refused.status_code, refused.json()["code"]) == (409, "link_used_up")
    assert (await set_up(client, in_time)).status_code == 303


async def test_only_the_latest_link_is_good(client):
    first, second = await setup_token(), await setup_token()

    refused = await set_up(client, first)

    assert (refused.status_code, refused.json()["code"]) == (409, "link_used_up")
    assert (await set_up(client, second)).status_code == 303


async def test_there_is_no_link_once_there_is_an_administrator(client):
    token = await setup_token()
    await make.staff(Role.ADMIN)
    before = await contents()

    shown = await client.get(f"/setup/{token}", headers=JSON)
    posted = await set_up(client, token)

    assert await setup_token() is None
    for answer in (shown, posted):
        assert (answer.status_code, answer.json()["code"]) == (409, "setup_is_over")
    assert await contents() == before


async def test_an_administrator_of_one_agency_is_not_the_first_one(database):
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.ANALYST).save()

    assert await has_administrator() is False
    assert await setup_token() is not None


async def test_what_is_wrong_is_told_and_the_link_stays_good(client):
    token = await setup_token()

    refused = await set_up(client, token, email="chief", name="", password="password1234567")

    assert refused.status_code == 422
    assert [f'href="#{name}"' in refused.text for name in ("email", "name", "password")] == [
        True
    ] * 3
    assert await count("account") == 0
    assert (await set_up(client, token)).status_code == 303


async def test_the_command_line_raises_an_account_and_ends_its_ways_in(app, client, work, mailbox):
    account = await make.account(email="ada@agency.example", legal_name="Ada Officer")
    page = await signed_in(app, account)

    await make_administrator(email="ADA@agency.example", name="Somebody", password=NEW_PASSWORD)
    await work()

    (row,) = await Account.select()
    assert (row["id"], row["legal_name"]) == (account.id, "Ada Officer")
    assert await has_administrator()
    assert not await alive(page)
    assert await try_token(client, "ada@agency.example", NEW_PASSWORD) == 201
    assert [mail.subject for mail in mailbox] == ["Your password at Connect was changed"]


async def test_the_command_line_may_say_it_twice(database):
    for _ in range(2):
        await make_administrator(email="chief@agency.example", name="Chief", password=NEW_PASSWORD)

    assert (await count("account"), await count("role_grant")) == (1, 1)


@pytest.mark.parametrize("status", ["suspended", "merged", "closed"])
async def test_it_makes_nobody_an_administrator_who_could_not_sign_in(database, status):
    account = await make.account(email="ada@agency.example", status=status)

    with pytest.raises(Invalid) as refusal:
        await make_administrator(email=account.email, name="Ada", password=NEW_PASSWORD)

    assert f"is {status}." in refusal.value.errors["email"]
    assert await count("role_grant") == 0
    (row,) = await Account.select()
    assert (row["status"], row["password_hash"]) == (status, make.PASSWORD_HASH)


async def test_it_proves_an_address_that_waited_for_proof(database, clock):
    await make.account(email="ada@agency.example", status="pending_email", proved_at=None)

    await make_administrator(email="ada@agency.example", name="Ada", password=NEW_PASSWORD)

    (row,) = await Account.select()
    assert (row["status"], row["proved_at"]) == ("active_unverified", clock.now)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"email": "chief"}, {"email"}),
        ({"email": "chief@agency.example\nBcc: eve@evil.example"}, {"email"}),
        ({"name": ""}, {"name"}),
        ({"name": "Chief\x00"}, {"name"}),
        ({"password": "short"}, {"password"}),
        ({"password": "\udcff" * 15}, {"password"}),
        ({"email": "x", "name": "\n", "password": "\x00"}, {"email", "name", "password"}),
    ],
)
async def test_the_command_line_takes_nothing_that_a_form_would_refuse(database, changes, fields):
    with capture_logs(), pytest.raises(Invalid) as refusal:
        await make_administrator(**FIRST | changes)

    assert refusal.value.errors.keys() == fields
    assert await count("account") == 0


async def test_nobody_else_can_use_another_kind_of_link(client):
    account = await make.account()
    asked = {"email": account.email}
    await client.post(f"{V1}/password-resets", json=asked)
    from connect.accounts.links import make_link
    from connect.accounts.tables import LinkKind

    for kind in (LinkKind.RESET, LinkKind.PROVE):
        answer = await set_up(client, await make_link(kind, account.id))
        assert (answer.status_code, answer.json()["code"]) == (409, "link_used_up")
