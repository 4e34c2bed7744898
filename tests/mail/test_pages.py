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
    assert len(queries) == 3, queries  # who asks, the mails, and what is held


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


STATES = {
    "waiting": "queued",
    "sent": "sent",
    "failed": "failed",
    "kept": "not wanted",
    "held": "held",
    "discarded": "discarded",
}


@pytest.mark.parametrize("word", sorted({"", "unknown", *STATES.values()}))
async def test_the_outbox_is_searched_by_state_and_address(browser, word):
    for state in STATES:
        for person in ("ada", "ben"):
            await Mail(
                to=f"{person}@agency.example",
                subject=f"{person} {state}",
                state=state,
                kind="accounts/verified",
            ).save()
    admin = await browser(await make.staff(Role.ADMIN))

    shown = await admin.get("/admin/outbox", params={"state": word, "to": " ADA@agency.example "})

    fit = [state for state, said in STATES.items() if word in (said, "", "unknown")]
    assert sorted(re.findall(r"<p>(\w+ \w+)</p>", shown.text)) == sorted(f"ada {s}" for s in fit)


async def test_the_next_page_of_a_search_searches_the_same(browser):
    for number in range(60):
        await Mail(to="a@b.example", subject=f"Number {number}", state="sent").save()
        await Mail(to="c@d.example", subject="Another", state="sent").save()
    admin = await browser(await make.staff(Role.ADMIN))

    first = (await admin.get("/admin/outbox?state=sent&to=a@b.example")).text
    following = re.search(r'href="(/admin/outbox[^"]+)" rel="next"', first)[1]
    second = (await admin.get(following.replace("&amp;", "&"))).text

    assert len(re.findall("Number \\d+", first)) == 50
    assert len(re.findall("Number \\d+", second)) == 10
    assert "Another" not in first + second


async def test_only_an_administrator_reads_the_outbox(api, browser):
    for role in (None, Role.REGISTRAR, Role.AUDITOR, Role.ANALYST):
        actor = await make.staff(*([role] if role else []))
        assert (await (await api(actor)).get("/mails")).status_code == 403
        assert (await (await browser(actor)).get("/admin/outbox")).status_code == 403


async def test_the_outbox_over_json_tells_what_became_of_each_mail_and_no_text(api, clock):
    await write()
    await Mail.update({Mail.state: "failed", Mail.trouble: "550 No such user"}, force=True)
    await Mail(to="other@agency.example", subject="Other", state="sent").save()
    admin = await api(await make.staff(Role.ADMIN))

    (mail,) = (await admin.get("/mails", params={"state": "failed"})).json()["items"]

    assert mail.pop("id")
    assert mail == {
        "kind": "accounts/reset",
        "to": "ada@agency.example",
        "subject": "Set a new password for Connect",
        "state": "failed",
        "tries": 0,
        "written_at": "2026-03-02T15:00:00Z",
        "sent_at": None,
        "trouble": "550 No such user",
    }
    (other,) = (await admin.get("/mails", params={"to": "other@agency.example"})).json()["items"]
    assert other["subject"] == "Other"
    assert (await admin.get("/mails", params={"state": "x"})).status_code == 422
