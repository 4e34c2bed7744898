"""One event, one mail: whoever tells of it again, and however many at once."""

import asyncio

import pytest

import make
from connect import audit
from connect.db import retried, transaction
from connect.jobs import Job
from connect.mail.actions import write_mail
from connect.mail.kinds import KINDS
from connect.mail.tables import Mail
from connect.web.templating import SOURCE

EVENT = "an event"


async def write(kind="accounts/verified", to="ada@agency.example", **facts):
    return await write_mail(kind, to=to, **{"name": "Ada", "once": EVENT, **facts})


async def test_twenty_at_once_write_one_mail_and_one_job(database):
    ada = await make.account()

    async def tell():
        async with transaction():
            return await write(account=ada.id)

    written = await asyncio.gather(*(retried(tell) for _ in range(20)))

    assert sorted(written) == [False] * 19 + [True]
    assert (await Mail.count(), await Job.count()) == (1, 1)


async def test_a_second_mail_on_an_event_is_told_from_one_on_another(database):
    ada, ben = await make.account(), await make.account()
    tries = [
        {"account": ada.id},
        {"account": ada.id},
        {"account": ada.id, "to": "her-new-address@agency.example"},
        {"account": ada.id, "once": "another"},
        {"account": ben.id},
        {"account": ada.id, "kind": "accounts/not_verified", "reason": "None."},
        {"to": "eve@agency.example"},
        {"to": "eve@agency.example"},
        {"to": "fay@agency.example"},
    ]

    written = [await write(**asked) for asked in tries]

    assert written == [True, False, False, True, True, True, True, False, True]
    assert await Mail.count() == sum(written)


async def test_without_an_event_every_mail_is_written(database):
    assert [await write(once="") for _ in range(3)] == [True] * 3


async def test_a_mail_says_whose_it_is_and_its_key_holds_no_address(database):
    ada = await make.account()
    await write(account=ada.id)
    await write()

    to_ada, to_nobody = await Mail.objects().order_by(Mail.id)
    assert (to_ada.kind, to_ada.account) == ("accounts/verified", ada.id)
    assert to_ada.once == f"accounts/verified {ada.id} {EVENT}"
    assert (to_nobody.account, to_nobody.once) == (
        None,
        f"accounts/verified {audit.keyed_hash('ada@agency.example')} {EVENT}",
    )


async def test_an_event_that_is_taken_back_may_be_told_again(database):
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await write()
            raise ZeroDivisionError

    assert await write()


async def test_a_kind_that_nobody_described_is_not_written(database):
    with pytest.raises(KeyError, match="accounts/rumor"):
        await write("accounts/rumor")

    assert await Mail.count() == 0


def test_every_template_of_a_mail_is_a_kind_and_every_kind_has_one():
    templates = {f"{p.parents[2].name}/{p.stem}" for p in SOURCE.glob("*/templates/mail/*.txt")}

    assert templates == KINDS.keys()


def test_no_template_says_itself_why_one_gets_it():
    """The line in the table of kinds does, and is put at the foot."""
    paths = SOURCE.glob("*/templates/mail/*.txt")

    assert [path.stem for path in paths if "You get this" in path.read_text()] == []
