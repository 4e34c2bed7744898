"""Notices: everything that was written to an account, for its owner alone."""

import re
from datetime import timedelta

import pytest

import make
from connect import db
from connect.db import uuid7
from connect.mail.actions import write_mail
from connect.mail.tables import Mail
from journeys import test_course_to_certificate as journey

TOKEN = "canary-token"


async def tell(actor, number=1, **facts):
    for _ in range(number):
        await write_mail(
            "accounts/verified", to="ada@agency.example", account=actor.id, name="Ada", **facts
        )


async def notices(program, **query):
    return (await program.get("/notifications", params=query)).json()


def count(html):
    """What the bell says."""
    found = re.search(r'site-nav__count">(\S+?)<', html)
    return found and found[1]


async def test_a_notice_is_what_was_mailed_without_its_foot(api, clock):
    actor = await make.learner()
    await tell(actor)
    program = await api(actor)

    (notice,) = (await notices(program))["items"]

    assert notice.pop("id")
    assert notice == {
        "kind": "accounts/verified",
        "subject": "You are verified at Connect",
        "text": (
            "Hello Ada,\n\nyou are verified as a professional. Courses for verified people are "
            "open to you now:\n\nhttp://127.0.0.1:8000/courses"
        ),
        "written_at": "2026-03-02T15:00:00Z",
        "read_at": None,
    }


async def test_every_mail_to_a_person_with_an_account_is_among_their_notices(
    client, mailbox, work, clock, api
):
    await journey.test_a_stranger_becomes_a_certified_and_counted_learner(
        client, mailbox, work, clock, api
    )

    rows = await db.fetch(
        'SELECT m.kind, m.account = a.id AS theirs FROM mail m JOIN account a ON a.email = m."to"'
    )
    assert {row["kind"] for row in rows if row["theirs"]} == {
        "accounts/prove",
        "learning/completed",
    }
    assert all(row["theirs"] for row in rows)


async def test_a_token_is_never_among_the_notices(api, browser):
    actor = await make.learner()
    await write_mail(
        "accounts/reset", to="a@b.example", account=actor.id, secret=True, name="A", token=TOKEN
    )
    program, someone = await api(actor), await browser(actor)

    (notice,) = (await notices(program))["items"]
    shown = (await someone.get("/notifications")).text

    assert notice["text"].startswith("A link was mailed to you.")
    assert "A link was mailed to you." in shown
    assert TOKEN not in shown


async def test_reading_is_marked_once_and_says_when(api, clock):
    actor = await make.learner()
    await tell(actor, 2)
    program = await api(actor)
    _, first = (await notices(program))["items"]

    for _ in range(2):
        answer = await program.put(f"/notifications/{first['id']}/reading")
        assert (answer.status_code, answer.content) == (204, b"")
        clock.move(timedelta(hours=1))

    after = (await notices(program))["items"]
    assert [n["read_at"] for n in after] == [None, "2026-03-02T15:00:00Z"]
    await program.put("/notifications/reading")
    assert all(n["read_at"] for n in (await notices(program))["items"])
    assert (await notices(program))["items"][1]["read_at"] == "2026-03-02T15:00:00Z"


async def test_what_came_after_the_page_was_opened_stays_new(browser):
    actor = await make.learner()
    await tell(actor, 2)
    someone = await browser(actor)
    page = (await someone.get("/notifications")).text
    until = re.search(r'name="until" value="([\w-]+)"', page)[1]
    await tell(actor)

    answer = await someone.post(
        "/notifications/reading", data={"csrf": someone.csrf, "until": until}
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/notifications")
    assert count((await someone.get("/notifications")).text) == "1"


async def test_one_notice_is_marked_by_its_button(browser):
    actor = await make.learner()
    await tell(actor, 2)
    someone = await browser(actor)
    page = (await someone.get("/notifications")).text
    paths = re.findall(r'action="(/notifications/[\w-]{36}/reading)"', page)

    await someone.post(paths[0], data={"csrf": someone.csrf})

    after = (await someone.get("/notifications")).text
    assert re.findall(r'action="(/notifications/[\w-]{36}/reading)"', after) == paths[1:]


@pytest.mark.parametrize("until", ["", "x"])
async def test_a_button_without_its_page_is_refused(browser, until):
    someone = await browser(await make.learner())

    answer = await someone.post(
        "/notifications/reading", data={"csrf": someone.csrf, "until": until}
    )

    assert answer.status_code == 422


async def test_the_notices_of_somebody_else_are_not_found(api, browser, client):
    owner, stranger = await make.learner(), await make.learner()
    await tell(owner)
    (mail,) = await Mail.objects()
    program, someone = await api(stranger), await browser(stranger)

    assert (await notices(program))["items"] == []
    assert (await program.put(f"/notifications/{mail.id}/reading")).status_code == 404
    assert (await program.put(f"/notifications/{uuid7()}/reading")).status_code == 404
    path = f"/notifications/{mail.id}/reading"
    assert (await someone.post(path, data={"csrf": someone.csrf})).status_code == 404
    await program.put("/notifications/reading")
    assert (await db.one(Mail.objects())).read_at is None
    assert (await client.get("/api/v1/notifications")).status_code == 401
    assert (await client.get("/notifications")).headers["location"] == "/login?next=/notifications"


@pytest.mark.parametrize("state", ["held", "discarded"])
async def test_what_waits_for_a_decision_or_was_discarded_is_no_notice(api, browser, state):
    actor = await make.learner()
    await tell(actor)
    (mail,) = await Mail.objects()
    await Mail.update({Mail.state: state}, force=True)
    program, someone = await api(actor), await browser(actor)

    assert (await notices(program))["items"] == []
    assert (await program.put(f"/notifications/{mail.id}/reading")).status_code == 404
    assert count((await someone.get("/")).text) is None


async def test_the_list_comes_in_pieces_newest_first(api):
    actor = await make.learner()
    await tell(actor, 5)
    program, found, after = await api(actor), [], ""

    for _ in range(3):
        piece = await notices(program, limit=2, after=after)
        found += [notice["id"] for notice in piece["items"]]
        after = piece["next"] or ""

    mails = await Mail.objects().order_by(Mail.id, ascending=False)
    assert found == [str(mail.id) for mail in mails]
    assert after == ""


@pytest.mark.parametrize("number", [1, 3])
async def test_the_page_costs_the_same_whatever_its_length(browser, queries, number):
    actor = await make.learner()
    await tell(actor, number)
    someone = await browser(actor)
    queries.clear()

    shown = (await someone.get("/notifications")).text

    assert shown.count("<summary>") == number
    assert count(shown) == str(number)
    assert len(queries) == 2, queries  # who asks, and the notices


@pytest.mark.parametrize(("number", "said"), [(0, None), (1, "1"), (99, "99"), (120, "99+")])
async def test_the_bell_counts_to_99_in_the_statement_that_asks_who_is_here(
    browser, queries, number, said
):
    actor = await make.learner()
    for _ in range(number):
        await Mail(to="a@b.example", subject="Hello", body="Text", account=actor.id).save()
    someone = await browser(actor)
    queries.clear()

    shown = (await someone.get("/verify")).text

    assert count(shown) == said
    assert len(queries) == 1, queries


async def test_what_was_typed_does_not_run_among_the_notices(browser):
    actor = await make.learner()
    await write_mail(
        "accounts/not_verified",
        to="a@b.example",
        account=actor.id,
        name="<script>alert(1)</script>",
        reason='"><img src=x onerror=alert(1)> javascript:alert(1)',
    )
    someone = await browser(actor)

    shown = (await someone.get("/notifications")).text

    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert 'href="javascript:' not in shown
