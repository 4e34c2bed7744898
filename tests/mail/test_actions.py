"""Mails are written with their cause, and each leaves the house once, whatever the server does."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

import make
from accounts.environment import environment
from connect import jobs, security
from connect.audit import AuditEvent
from connect.db import transaction, uuid7
from connect.jobs import Job
from connect.mail.actions import forget_mails, write_mail
from connect.mail.tables import Mail
from connect.policy import Role
from connect.worker import HANDLERS
from mail.post_office import post_office, text_of

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


async def write(to="ada@agency.example", **facts):
    await write_mail("accounts/known", to=to, **{"name": "Ada", **facts})


async def the_mail():
    mails = await Mail.select().order_by(Mail.id)
    assert len(mails) == 1
    return mails[0]


async def test_a_mail_is_taken_back_with_its_cause(database):
    with pytest.raises(ZeroDivisionError):
        async with transaction():
            await write()
            raise ZeroDivisionError

    assert (await Mail.count(), await Job.count()) == (0, 0)


async def test_a_mail_leaves_once_and_is_marked(work, clock):
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await write()
            await work()
            await work()
            await HANDLERS["mail.deliver"](mail_id=(await the_mail())["id"])

    mail = await the_mail()
    assert [letter.recipients for letter in office.letters] == [["ada@agency.example"]]
    assert office.ids() == [f"<{mail['id']}@127.0.0.1>"]
    assert (mail["state"], mail["tries"], mail["sent_at"], mail["trouble"]) == (
        "sent",
        1,
        clock.now,
        None,
    )


@pytest.mark.parametrize("refusals", [["450 4.2.0 Greylisted"], ["450 A", "451 B", "452 C"]])
async def test_a_mail_that_is_put_off_is_tried_again_as_the_same_one(work, clock, refusals):
    async with post_office() as office:
        office.answers["RCPT"] = list(refusals)
        with environment(smtp_url=office.url):
            await write()
            for _ in range(40):
                await work()
                clock.move(MINUTE)

    mail = await the_mail()
    assert office.ids() == [f"<{mail['id']}@127.0.0.1>"]
    assert (mail["state"], mail["tries"]) == ("sent", len(refusals) + 1)


async def test_a_server_that_stays_away_is_asked_for_five_days(work, clock):
    tries = []
    async with post_office() as office:
        away = office.url
    with environment(smtp_url=away):
        began = clock.now
        await write()
        while clock.now < began + 7 * DAY:
            if await work():
                tries.append(clock.now - began)
            clock.move(10 * MINUTE if tries[4:] else MINUTE)

    assert tries[:6] == [
        timedelta(0),
        MINUTE,
        6 * MINUTE,
        36 * MINUTE,
        156 * MINUTE,
        156 * MINUTE + 6 * HOUR,
    ]
    assert {later - sooner for sooner, later in pairwise(tries[5:])} == {6 * HOUR}
    assert 5 * DAY < tries[-1] < 5 * DAY + 6 * HOUR
    mail = await the_mail()
    assert (mail["state"], mail["tries"]) == ("failed", len(tries))
    assert "SMTPConnectError" in mail["trouble"]


async def test_a_lasting_refusal_ends_the_tries_and_says_why(work, clock):
    async with post_office() as office:
        office.answers["RCPT"] = ["550 5.1.1 No such user"]
        with environment(smtp_url=office.url):
            await write()
            await work()
            clock.move(DAY)
            assert await work() == 0

    mail = await the_mail()
    assert office.letters == []
    assert (mail["state"], mail["tries"], "No such user" in mail["trouble"]) == ("failed", 1, True)


async def test_a_cut_after_the_text_may_send_twice_but_as_one_mail(work, clock):
    async with post_office() as office:
        office.cuts = 1
        with environment(smtp_url=office.url):
            await write()
            await work()
            clock.move(MINUTE)
            await work()
            clock.move(DAY)
            await work()

    mail = await the_mail()
    assert office.ids() == [f"<{mail['id']}@127.0.0.1>"] * 2
    assert office.letters[0].raw == office.letters[1].raw
    assert mail["state"] == "sent"


async def test_after_an_outage_every_mail_leaves_exactly_once(work, clock):
    people = [f"person{number}@agency.example" for number in range(60)]
    async with post_office() as office:
        away = office.url
    with environment(smtp_url=away):
        for person in people:
            await write(to=person)
        await work()
    async with post_office() as office:
        office.answers["RCPT"] = ["450 Greylisted"] * 20
        with environment(smtp_url=office.url):
            for _ in range(10):
                clock.move(MINUTE)
                await asyncio.gather(*(jobs.work_off(HANDLERS) for _ in range(3)))

    assert sorted(letter.recipients[0] for letter in office.letters) == sorted(people)
    assert len(set(office.ids())) == len(people)
    assert await Mail.count().where(Mail.state != "sent") == 0


async def test_a_worker_that_dies_after_handing_over_sends_the_same_mail_again(work, clock):
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await write()
            await work()
            # As it stands when the process ends between the server's answer and our note of it.
            await Mail.update({Mail.state: "waiting"}, force=True)
            await Job.update({Job.done_at: None, Job.leased_until: clock.now + MINUTE}, force=True)
            assert await work() == 0
            clock.move(2 * MINUTE)
            await work()

    assert office.ids() == [f"<{(await the_mail())['id']}@127.0.0.1>"] * 2


async def test_a_mail_with_a_token_is_sealed_and_blanked_once_it_left(work):
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await write_mail(
                "accounts/reset", to="a@b.example", secret=True, name="Ada", token="canary-token"
            )
            before = await the_mail()
            await work()

    after = await the_mail()
    assert "canary-token" not in before["body"]
    assert "/reset-password/canary-token" in security.unseal(before["body"])
    assert "/reset-password/canary-token" in text_of(office.letters[0].message)
    assert security.unseal(after["body"]) == ""


async def test_a_sealed_mail_whose_key_is_gone_says_so_and_waits(work):
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await write_mail("accounts/reset", to="a@b.example", secret=True, name="A", token="t")
            await Mail.update({Mail.body: "sealed under a key that is gone"}, force=True)
            await work()

    mail = await the_mail()
    assert (office.letters, mail["state"], mail["tries"]) == ([], "waiting", 1)
    assert mail["trouble"].startswith("InvalidToken")


@pytest.mark.parametrize("name", ["Ada\r\nBcc: eve@evil.example", "Ada\n\nBcc: eve@evil.example"])
async def test_a_name_stays_in_the_text(work, name):
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await write(name=name)
            await work()

    (letter,) = office.letters
    assert letter.recipients == ["ada@agency.example"]
    assert letter.message["Bcc"] is None
    assert letter.message["Subject"] == "You already have an account at Connect"


async def test_a_subject_is_one_line_of_at_most_200_characters(database):
    with environment(organization="Training " * 40):
        await write()

    mail = await the_mail()
    assert len(mail["subject"]) == 200
    assert mail["subject"].startswith("You already have an account at Training Training")


async def failed(work):
    async with post_office() as office:
        office.answers["RCPT"] = ["550 5.1.1 No such user"]
        with environment(smtp_url=office.url):
            await write()
            await work()
    return (await the_mail())["id"]


async def test_a_mail_that_failed_leaves_when_it_is_tried_again(work, browser, api):
    admin = await make.staff(Role.ADMIN)
    page, mail_id = await browser(admin), await failed(work)
    shown = (await page.get("/admin/outbox")).text

    answer = await page.post(f"/admin/outbox/{mail_id}/retry", data={"csrf": page.csrf})
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await work()

    assert "550" in shown
    assert f"/admin/outbox/{mail_id}/retry" in shown
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/outbox")
    assert ((await the_mail())["state"], len(office.letters)) == ("sent", 1)
    assert await AuditEvent.count().where(AuditEvent.act == "mail.tried_again") == 1
    again = await (await api(admin)).post(f"/mails/{mail_id}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "not_failed")


async def test_twenty_buttons_pressed_at_once_try_once(work, api):
    admin, mail_id = await api(await make.staff(Role.ADMIN)), await failed(work)

    answers = await asyncio.gather(*(admin.post(f"/mails/{mail_id}/retry") for _ in range(20)))

    assert sorted(a.status_code for a in answers) == [204] + [409] * 19
    assert await Job.count().where(Job.done_at.is_null()) == 1


async def test_only_an_administrator_tries_again_and_only_what_there_is(work, api, client):
    mail_id = await failed(work)
    learner, admin = await api(await make.learner()), await api(await make.staff(Role.ADMIN))

    assert (await client.post(f"/api/v1/mails/{mail_id}/retry")).status_code == 401
    assert (await learner.post(f"/mails/{mail_id}/retry")).status_code == 403
    assert (await admin.post(f"/mails/{uuid7()}/retry")).status_code == 404
    assert (await the_mail())["state"] == "failed"


@pytest.mark.parametrize("state", ["sent", "failed", "kept", "discarded"])
async def test_a_text_is_kept_for_400_days_and_the_facts_for_good(database, clock, browser, state):
    actor = await make.staff(Role.ADMIN)
    await write(account=actor.id)
    await Mail.update({Mail.state: state}, force=True)
    before = await the_mail()
    clock.move(400 * DAY)
    await HANDLERS["mail.sweep"]()
    assert await the_mail() == before

    clock.move(MINUTE)
    await HANDLERS["mail.sweep"]()

    assert await the_mail() == before | {"body": ""}
    page = await browser(actor)
    assert (await page.get("/admin/outbox")).status_code == 200
    notices = (await page.get("/notifications")).text
    assert ("is not kept any more" in notices) is (state != "discarded")


@pytest.mark.parametrize("state", ["waiting", "held"])
async def test_a_text_that_may_still_be_sent_is_kept(database, clock, state):
    await write()
    await Mail.update({Mail.state: state}, force=True)
    clock.move(500 * DAY)

    await HANDLERS["mail.sweep"]()

    assert (await the_mail())["body"] != ""


@pytest.mark.parametrize(
    ("state", "then"), [("waiting", "failed"), ("held", "failed"), ("sent", "sent")]
)
async def test_what_is_forgotten_before_it_left_does_not_leave_any_more(database, state, then):
    await write()
    await Mail.update({Mail.state: state}, force=True)

    await forget_mails(["ada@agency.example"])

    mail = await the_mail()
    assert (mail["to"], mail["subject"], mail["body"], mail["state"]) == ("", "", "", then)


async def test_the_blank_of_an_old_mail_with_a_token_can_be_shown(work, clock, browser):
    await write_mail("accounts/reset", to="a@b.example", secret=True, name="Ada", token="t")
    await Mail.update({Mail.state: "sent"}, force=True)
    clock.move(401 * DAY)
    await HANDLERS["mail.sweep"]()
    page = await browser(await make.staff(Role.ADMIN))

    assert (await page.get("/admin/outbox")).status_code == 200
