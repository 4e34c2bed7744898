"""Nobody learns from an answer, or from its time, which addresses have accounts."""

import itertools

import pytest

import make
from accounts.people import PERSON, V1, elsewhere
from accounts.stopwatch import ENOUGH, difference
from connect.accounts.tables import Address
from connect.security import verify_password

VARYING = {"x-request-id", "date"}
KNOWN, PENDING, SUSPENDED = "known@agency.example", "pending@agency.example", "out@agency.example"
FURTHER = "further@agency.example"  # proved, and not the one that signs in
IMPORTED = "imported@agency.example"
_numbers = itertools.count(1)


def unknown():
    return f"nobody{next(_numbers):06}@agency.example"


@pytest.fixture
async def accounts(database):
    await verify_password("x", None)  # the stand-in for no account is made once
    known = await make.account(email=KNOWN)
    await Address(account=known.id, email=FURTHER, proved_at=known.proved_at).save()
    await make.account(email=PENDING, status="pending_email", proved_at=None)
    await make.account(email=SUSPENDED, status="suspended")
    await make.account(email=IMPORTED, status="pending_email", proved_at=None, password_hash="")


DOORS = {
    "sign in by api": lambda c, e: c.post(
        f"{V1}/tokens", json={"email": e, "password": "wrong otter bridge trumpet"}
    ),
    "sign in by page": lambda c, e: c.post(
        "/login", data={"email": e, "password": "wrong otter bridge trumpet"}
    ),
    "register by api": lambda c, e: c.post(f"{V1}/accounts", json=PERSON | {"email": e}),
    "register by page": lambda c, e: c.post("/register", data=PERSON | {"email": e}),
    "reset by api": lambda c, e: c.post(f"{V1}/password-resets", json={"email": e}),
    "reset by page": lambda c, e: c.post("/reset-password", data={"email": e}),
    "proof by api": lambda c, e: c.post(f"{V1}/email-verification-requests", json={"email": e}),
}


@pytest.mark.parametrize("door", DOORS)
async def test_s10_the_answer_is_the_same(app, accounts, door):
    answers = set()
    for email in (KNOWN, PENDING, SUSPENDED, FURTHER, IMPORTED, unknown()):
        async with elsewhere(app) as client:
            answer = await DOORS[door](client, email)
        headers = {n: v for n, v in answer.headers.items() if n not in VARYING}
        headers.pop("content-length")  # of pages that repeat the address
        body = answer.text.replace(email, "...").replace(answer.headers["x-request-id"], "...")
        answers.add((answer.status_code, str(headers), body))

    assert len(answers) == 1


@pytest.mark.parametrize("door", ["sign in by api", "register by api", "reset by api"])
async def test_s10_the_time_is_the_same(app, accounts, door):
    async def ask(email):
        async with elsewhere(app) as client:
            await DOORS[door](client, email)

    found = await difference(
        *(lambda e=e: ask(e) for e in (KNOWN, PENDING, SUSPENDED, FURTHER, IMPORTED)),
        lambda: ask(unknown()),
    )

    assert found <= ENOUGH
