"""The outbox page: what was written, for administrators alone."""

import re

import pytest

import make
from accounts.environment import environment
from connect.mail.actions import write_mail
from connect.mail.tables import Mail
from connect.policy import Role

TOKEN = "canary-token"


async def write(number=1):
    for _ in range(number):
        await write_mail(
            "accounts/reset", to="ada@agency.example", secret=True, name="Ada", token=TOKEN
        )


async def test_without_a_mail_server_administrators_read_the_link_there(browser):
    await write()
    admin = await browser(await make.staff(Role.ADMIN))

    shown = await admin.get("/admin/outbox")

    assert shown.status_code == 200
    assert f"http://127.0.0.1:8000/reset-password/{TOKEN}" in shown.text


async def test_with_a_mail_server_nobody_reads_a_token_there(browser):
    with environment(smtp_url="smtp://127.0.0.1:1"):
        await write()
        admin = await browser(await make.staff(Role.ADMIN))

        shown = await admin.get("/admin/outbox")

    assert shown.status_code == 200
    assert "Set a new password for Connect" in shown.text
    assert TOKEN not in shown.text


@pytest.mark.parametrize("mails", [1, 3])
async def test_the_outbox_costs_the_same_whatever_its_length(browser, queries, mails):
    await write(mails)
    admin = await browser(await make.staff(Role.ADMIN))
    queries.clear()

    shown = await admin.get("/admin/outbox")

    assert shown.text.count("Set a new password for Connect") == mails
    assert len(queries) == 2, queries  # who asks, and the mails


async def test_the_outbox_comes_in_pages_of_fifty_newest_first(browser):
    for number in range(51):
        await Mail(to=f"person{number}@agency.example", subject="Hello", body="Text").save()
    admin = await browser(await make.staff(Role.ADMIN))

    first = (await admin.get("/admin/outbox")).text
    following = re.search(r'/admin/outbox\?after=[^"]+', first)
    second = (await admin.get(following[0])).text

    people = re.compile(r"person(\d+)@")
    assert people.findall(first) == [str(number) for number in range(50, 0, -1)]
    assert people.findall(second) == ["0"]


@pytest.mark.parametrize("after", ["x", "!!!", "Inh4eHgi", "bnVsbA"])
async def test_a_forged_cursor_is_refused(browser, after):
    admin = await browser(await make.staff(Role.ADMIN))

    answer = await admin.get("/admin/outbox", params={"after": after})

    assert answer.status_code == 422
