"""The audit trail: every act on an account, in its transaction, without personal values."""

import re
from uuid import UUID

import msgspec
import pytest
from structlog.testing import capture_logs

import make
from accounts.contents import contents, text_of
from accounts.environment import environment
from connect.accounts import actions, links, sign_in
from connect.accounts.tables import Account
from connect.audit import AuditEvent, keyed_hash, record
from connect.db import fetch, transaction
from connect.policy import SYSTEM, Actor, Role

NEW = "otter bridge trumpet 7"
PERSON = {
    "email": "canary@agency.example",
    "password": make.PASSWORD,
    "legal_name": "Canary Officer",
    "discipline": "law-enforcement",
    "state": "TX",
    "time_zone": "America/Chicago",
}


async def acts():
    rows = await AuditEvent.select().order_by(AuditEvent.id)
    return [(row["act"], row["actor"], row["subject_kind"], row["subject"]) for row in rows]


def link_in(mailbox):
    return re.search(r"/(?:verify-email|reset-password)/(\S+)", mailbox[-1].body)[1]


async def test_each_act_on_an_account_leaves_one_row(mailbox, work, clock):
    for _ in range(2):
        await actions.register(await actions.new_account("192.0.2.1", **PERSON))
        await work()
    await actions.prove_address(link_in(mailbox))
    account = await Account.objects().first()
    me = Actor(account_id=account.id, session="none")
    await actions.update_profile(me, {"legal_name": "Canary Sergeant"})
    token, _ = await sign_in.make_token(account, name="canary laptop", scopes=[], days=1)
    await sign_in.revoke_token(me, token.id)
    await sign_in.sign_in(PERSON["email"], make.PASSWORD, "192.0.2.1")
    await sign_in.sign_out(me)
    await sign_in.change_password(me, make.PASSWORD, NEW)
    await sign_in.request_reset("192.0.2.1", PERSON["email"])
    await work()
    reset = next(mail for mail in mailbox if "/reset-password/" in mail.body)
    await sign_in.reset_password(re.search(r"/reset-password/(\S+)", reset.body)[1], make.PASSWORD)
    await actions.make_administrator(email=PERSON["email"], name="Canary", password=NEW)

    own, ours = str(account.id), account.id
    assert await acts() == [
        ("account.registered", None, "account", own),
        ("account.registered_again", None, "account", own),
        ("address.proved", ours, "account", own),
        ("profile.changed", ours, "account", own),
        ("token.made", ours, "apitoken", str(token.id)),
        ("token.revoked", ours, "apitoken", str(token.id)),
        ("session.opened", ours, "session", own),
        ("session.ended", ours, "session", own),
        ("password.set", ours, "account", own),
        ("password.set", ours, "account", own),
        ("password.set", None, "account", own),
        ("role.granted", None, "account", own),
    ]
    assert not re.search(
        "canary|sergeant|192.0.2.1|otter|argon2", await text_of("audit_event"), re.I
    )


ACTS = {
    "register": lambda a, t: new_person(),
    "register again": lambda a, t: new_person(a.email),
    "prove": lambda a, t: actions.prove_address(t["prove"]),
    "profile": lambda a, t: actions.update_profile(me(a), {"title": "Sergeant"}),
    "session": lambda a, t: sign_in.sign_in(a.email, make.PASSWORD, "192.0.2.1"),
    "sign out": lambda a, t: sign_in.sign_out(me(a)),
    "token": lambda a, t: sign_in.make_token(a, name="", scopes=[], days=1),
    "revoke": lambda a, t: sign_in.revoke_token(me(a), t["id"]),
    "password": lambda a, t: sign_in.change_password(me(a), make.PASSWORD, NEW),
    "reset": lambda a, t: sign_in.reset_password(t["reset"], NEW),
    "administrator": lambda a, t: actions.make_administrator(
        email=a.email, name="Ada", password=NEW
    ),
}


def me(account):
    return Actor(account_id=account.id, session="one")


async def new_person(email="new@agency.example"):
    await actions.register(await actions.new_account("192.0.2.1", **PERSON | {"email": email}))


@pytest.mark.parametrize("act", ACTS)
async def test_without_its_row_no_act_happens(database, act):
    proved = act not in ("register again", "prove")
    changes = {} if proved else {"status": "pending_email", "proved_at": None}
    account = await make.account(**changes)
    tokens = {
        kind: await links.make_link(links.LinkKind(kind), account.id) for kind in ("prove", "reset")
    }
    row, _ = await sign_in.make_token(account, name="", scopes=[], days=1)
    tokens["id"] = row.id
    before = await contents(without=("rate_limit", "audit_event"))
    await fetch("ALTER TABLE audit_event RENAME TO away")

    with pytest.raises(Exception, match="audit_event"):
        await ACTS[act](account, tokens)

    await fetch("ALTER TABLE away RENAME TO audit_event")
    assert await contents(without=("rate_limit", "audit_event")) == before


async def test_a_row_goes_with_its_transaction(database):
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await record(SYSTEM, "tested", Account, of="x")
            raise ZeroDivisionError

    assert await acts() == []


async def test_a_row_says_who_did_what_to_what_in_which_request(client, clock):
    account = await make.account()

    answer = await client.post(
        "/api/v1/tokens", json={"email": account.email, "password": make.PASSWORD}
    )

    (row,) = await AuditEvent.select()
    names = ("at", "actor", "act", "subject_kind", "subject", "details", "request")
    assert {name: row[name] for name in names} == {
        "at": clock.now,
        "actor": account.id,
        "act": "token.made",
        "subject_kind": "apitoken",
        "subject": answer.json()["id"],
        "details": "{}",
        "request": answer.headers["x-request-id"],
    }
    assert isinstance(row["id"], UUID)


async def test_a_change_of_the_profile_is_told_as_fingerprints(database):
    actor = await make.learner(title="Officer")

    await actions.update_profile(actor, {"title": "Sergeant", "state": "NM"})

    details = msgspec.json.decode((await AuditEvent.select())[0]["details"])
    assert details == {
        "before": {"title": keyed_hash("Officer"), "state": keyed_hash("TX")},
        "after": {"title": keyed_hash("Sergeant"), "state": keyed_hash("NM")},
    }


def test_a_fingerprint_tells_equal_from_changed_and_needs_the_key():
    here = keyed_hash("ada@agency.example")
    with environment(secret_key="zyxwvutsrqponmlkjihgfedcba-9876543210"):
        there = keyed_hash("ada@agency.example")

    assert here == keyed_hash("ada@agency.example")
    assert len({here, there, keyed_hash("bob@agency.example")}) == 3
    assert len(here) == 32


async def test_a_refused_act_leaves_no_row(client):
    account = await make.account()
    admin = await make.staff(Role.ADMIN)

    with capture_logs():
        await client.post("/api/v1/tokens", json={"email": account.email, "password": "x" * 15})
        await client.post("/login", data={"email": account.email, "password": "x" * 15})
        with pytest.raises(sign_in.Invalid):
            await sign_in.change_password(admin, "x" * 15, NEW)
        with pytest.raises(links.LinkUsedUp):
            await sign_in.reset_password("x", NEW)

    assert await acts() == []
