"""One address, claimed by a file and by somebody who adds it, at the same time."""

import asyncio
from contextlib import suppress

import pytest

import make
from connect.accounts.addresses import add_address, prove_added
from connect.accounts.imports import take_people
from connect.accounts.links import LinkUsedUp, make_link
from connect.accounts.queries import HELD
from connect.accounts.tables import LinkKind
from connect.db import fetch, transaction
from connect.imports.rules import person_of
from connect.jobs import Retry
from connect.policy import Role

EMAIL = "ada@import.example"
A_MOMENT = 0.3  # seconds


async def claims(actor):
    """The two: a file that holds the address, and its owner who confirms it."""
    row = await add_address(actor, EMAIL, "192.0.2.1")
    token = await make_link(LinkKind.ADDRESS, actor.id, about=row.id)
    registrar = await make.staff(Role.REGISTRAR)
    cells = {"legal_name": "Ada Officer", "discipline": "law-enforcement", "state": "TX"}
    facts, _ = person_of({"email": EMAIL, **cells})

    async def by_file():
        await take_people(registrar, [(2, facts)], dry_run=False, invite=False)

    async def by_owner():
        await prove_added(token)

    return by_file, by_owner


@pytest.mark.parametrize("first", ["file", "owner"])
async def test_an_address_becomes_one_accounts(database, first):
    by_file, by_owner = await claims(await make.learner())
    one, other = (by_file, by_owner) if first == "file" else (by_owner, by_file)
    wrote = asyncio.Event()

    async def begin():
        async with transaction():
            await one()
            wrote.set()
            await asyncio.sleep(A_MOMENT)  # the other comes while this is not committed

    async def follow():
        await wrote.wait()
        with suppress(LinkUsedUp, Retry):
            async with transaction():
                await other()

    await asyncio.gather(begin(), follow())

    assert len(await fetch(HELD, EMAIL, EMAIL)) == 1
