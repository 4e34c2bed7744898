"""Several addresses of one person: proved by links, one of them signs in, none is told about."""

import asyncio
import re
from datetime import timedelta

import pytest

import make
from accounts.contents import contents, text_of
from accounts.people import NEW_PASSWORD, PERSON, V1, alive, csrf_of, signed_in
from accounts.test_verification import with_domain
from connect.accounts.actions import new_account, register
from connect.accounts.addresses import add_address, prove_added, remove_address, sign_in_with
from connect.accounts.links import LinkUsedUp, make_link
from connect.accounts.queries import held_by, proved_addresses
from connect.accounts.tables import Account, Address, LinkKind
from connect.db import fetch

FURTHER = "ada@home.example"


def token_in(body):
    return re.search(r"/account/addresses/confirm/(\S+)", body)[1]


async def added(actor, email=FURTHER):
    """A further address that is proved."""
    row = await add_address(actor, email, "192.0.2.7")
    await prove_added(await make_link(LinkKind.ADDRESS, actor.id, about=row.id))
    return row


async def test_an_added_address_counts_once_its_link_was_used(api, client, work, mailbox):
    account = await make.account()
    program = await api(make.actor_of(account))

    answer = await program.post("/me/addresses", json={"email": " Ada@Home.example "})
    await work()
    before = (await program.get("/me/addresses")).json()["items"]
    token = token_in(mailbox[0].body)
    proved = await client.post(f"{V1}/address-confirmations", json={"token": token})
    again = await client.post(f"{V1}/address-confirmations", json={"token": token})
    after = (await program.get("/me/addresses")).json()["items"]

    assert (answer.status_code, answer.json()["email"]) == (201, FURTHER)
    assert mailbox[0].to == FURTHER
    assert [(a["email"], a["signs_in"], a["proved_at"] is not None) for a in before] == [
        (account.email, True, True),
        (FURTHER, False, False),
    ]
    assert (proved.status_code, again.status_code) == (204, 409)
    assert after[1]["proved_at"] is not None
    assert (await held_by(FURTHER)).id == account.id


@pytest.mark.parametrize("whose", ["nobody", "signs_in", "further", "closed"])
async def test_s10_nobody_learns_whether_an_address_is_somebody_elses(
    api, work, mailbox, clock, whose
):
    owner = await make.account(email=FURTHER if whose == "signs_in" else "owner@agency.example")
    if whose == "further":
        await added(make.actor_of(owner))
    if whose == "closed":
        await make.account(email="somebody@gone.example", status="closed")
    actor = await make.learner()
    program = await api(actor)

    answer = await program.post("/me/addresses", json={"email": FURTHER})
    listed = (await program.get("/me/addresses")).json()["items"]
    export = (await program.get("/me/export")).json()["tables"]
    await work()
    export_after = (await program.get("/me/export")).json()["tables"]

    shown = {name: answer.json()[name] for name in ("email", "proved_at", "signs_in")}
    assert (answer.status_code, shown) == (
        201,
        {"email": FURTHER, "proved_at": None, "signs_in": False},
    )
    assert [address["proved_at"] is None for address in listed] == [False, True]
    assert "mail" not in export
    assert "mail" not in export_after
    (mail,) = mailbox
    assert mail.to == FURTHER
    assert ("belongs to your" in mail.subject) == (whose in ("signs_in", "further"))


async def test_a_link_of_an_address_that_became_anothers_is_no_good(database):
    first, second = await make.learner(), await make.learner()
    row = await add_address(first, FURTHER, "192.0.2.7")
    link = await make_link(LinkKind.ADDRESS, first.id, about=row.id)
    await added(second)

    with pytest.raises(LinkUsedUp):
        await prove_added(link)

    assert [a["account"] for a in await fetch("SELECT * FROM address WHERE proved_at IS NOT NULL")]


async def test_of_two_who_prove_one_address_at_once_one_has_it(database):
    people = [await make.learner() for _ in range(4)]
    rows = [await add_address(person, FURTHER, f"192.0.{n}.7") for n, person in enumerate(people)]
    links = [
        await make_link(LinkKind.ADDRESS, person.id, about=row.id)
        for person, row in zip(people, rows, strict=True)
    ]

    done = await asyncio.gather(*map(prove_added, links), return_exceptions=True)

    assert sorted(str(type(result)) for result in done if result) == [str(LinkUsedUp)] * 3
    assert await Address.count().where(Address.proved_at.is_not_null()) == 1


async def test_who_registers_while_another_proves_the_address_one_of_them_has_it(database):
    for number in range(8):
        email = f"shared{number}@agency.example"
        actor = await make.learner()
        row = await add_address(actor, email, f"198.51.{number}.7")
        link = await make_link(LinkKind.ADDRESS, actor.id, about=row.id)
        fresh = await new_account(f"203.0.{number}.7", **PERSON | {"email": email})

        await asyncio.gather(prove_added(link), register(fresh), return_exceptions=True)

        proved = Address.email == email, Address.proved_at.is_not_null()
        further = await Address.count().where(*proved)
        assert further + await Account.count().where(Account.email == email) == 1


async def test_registering_with_a_further_address_is_as_with_a_known_one(client, work, mailbox):
    owner = await make.account()
    await added(make.actor_of(owner))
    before = (await contents())["account"]

    answer = await client.post(f"{V1}/accounts", json=PERSON | {"email": FURTHER})
    await work()

    assert (answer.status_code, answer.json()) == (202, {"status": "pending_email"})
    assert (await contents())["account"] == before
    assert [(m.to, m.subject) for m in mailbox][-1] == (
        FURTHER,
        "You already have an account at Connect",
    )


async def test_another_address_signs_in(app, client, database, work, mailbox):
    account = await make.account()
    old = account.email
    here, elsewhere = await signed_in(app, account), await signed_in(app, account)
    row = await added(make.actor_of(account))

    wrong = await here.post(
        f"/account/addresses/{row.id}",
        data={"csrf": await csrf_of(here), "act": "sign-in", "password": NEW_PASSWORD},
    )
    right = await here.post(
        f"/account/addresses/{row.id}",
        data={"csrf": await csrf_of(here), "act": "sign-in", "password": make.PASSWORD},
    )
    await work()

    assert wrong.status_code == 422
    assert "This is not your present password." in wrong.text
    assert (right.status_code, right.headers["location"]) == (
        303,
        "/account/addresses?notice=signs_in",
    )
    assert (await alive(here), await alive(elsewhere)) == (True, False)
    statuses = [
        (
            await client.post(f"{V1}/tokens", json={"email": email, "password": make.PASSWORD})
        ).status_code
        for email in (old, FURTHER)
    ]
    assert statuses == [401, 201]
    assert [mail.to for mail in mailbox] == [old]
    fresh = await Account.objects().get(Account.id == account.id)
    assert await proved_addresses(fresh) == [FURTHER, old]


async def test_an_address_that_is_not_proved_cannot_sign_in(api):
    actor = await make.learner()
    program = await api(actor)
    row = await add_address(actor, FURTHER, "192.0.2.7")

    answer = await program.post(f"/me/addresses/{row.id}/sign-in", json={"password": make.PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_proved")


async def test_removing_forgets_the_address_and_what_was_mailed_there(api, work, mailbox):
    actor = await make.learner()
    program = await api(actor)
    await program.post("/me/addresses", json={"email": FURTHER})
    await work()
    row = await Address.objects().first()
    await prove_added(token_in(mailbox[0].body))

    answer = await program.delete(f"/me/addresses/{row.id}")

    assert answer.status_code == 204
    assert await Address.count() == 0
    assert FURTHER not in await text_of("account", "address", "mail", "audit_event")


async def test_what_is_refused(api, database):
    actor, stranger = await make.learner(), await make.learner()
    program, other = await api(actor), await api(stranger)
    unproved = await api(await make.learner(proved_at=None, status="pending_email"))
    row = await added(actor)

    answers = [
        await program.post("/me/addresses", json={"email": FURTHER}),
        await program.post("/me/addresses", json={"email": "ada"}),
        await unproved.post("/me/addresses", json={"email": "x@agency.example"}),
        await other.delete(f"/me/addresses/{row.id}"),
        await other.post(f"/me/addresses/{row.id}/sign-in", json={"password": make.PASSWORD}),
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [
        (422, "invalid"),
        (422, "invalid"),
        (403, "prove_first"),
        (404, "not_found"),
        (404, "not_found"),
    ]


async def test_five_addresses_are_the_most(database):
    actor = await make.learner()
    for number in range(4):
        await add_address(actor, f"a{number}@home.example", "192.0.2.7")

    with pytest.raises(Exception, match="five addresses"):
        await add_address(actor, "b@home.example", "192.0.2.7")

    assert await Address.count() == 4


async def test_a_further_address_at_an_agency_verifies(database):
    agency = await with_domain()
    account = await make.account(discipline="law-enforcement")

    await added(make.actor_of(account), "ada@cedarfallspd.example")

    fresh = await Account.objects().get(Account.id == account.id)
    works = await fetch("SELECT agency FROM affiliation WHERE account = {}", account.id)
    assert fresh.status == "active_verified"
    assert [row["agency"] for row in works] == [agency.id]


async def test_what_was_never_proved_is_forgotten(database, clock, work):
    actor = await make.learner()
    kept = await added(actor, "kept@home.example")
    await add_address(actor, FURTHER, "192.0.2.7")

    clock.move(timedelta(days=5))
    from connect.accounts.sign_in import sweep

    await sweep()

    assert [row["id"] for row in await Address.select(Address.id)] == [kept.id]
    await remove_address(actor, kept.id)


async def test_signing_in_keeps_since_when_somebody_is_registered(database, clock):
    account = await make.account()
    before = account.proved_at
    clock.move(timedelta(days=30))
    row = await added(make.actor_of(account))

    await sign_in_with(make.actor_of(account), row.id, make.PASSWORD)

    fresh = await Account.objects().get(Account.id == account.id)
    assert (fresh.email, fresh.proved_at) == (FURTHER, before)


@pytest.mark.parametrize("many", [1, 3])
async def test_the_list_costs_the_same_whatever_there_is(database, api, queries, many):
    actor = await make.learner()
    program = await api(actor)
    for number in range(many):
        await add_address(actor, f"a{number}@home.example", "192.0.2.7")
        await program.put(
            f"/me/professional-ids/{['TX', 'VA', 'IA'][number]}/pid", json={"value": "123"}
        )
    queries.clear()

    listed = await program.get("/me/addresses")
    numbers = await program.get("/me/professional-ids")

    assert len(listed.json()["items"]) == many + 1 == len(numbers.json()["items"]) + 1
    assert len(queries) == 5, queries  # who asks, twice; account and addresses; numbers
