"""No more than 500 mails of one kind leave within an hour; the rest waits for a decision."""

import asyncio
import re
from datetime import timedelta

import pytest

import make
from accounts.environment import environment
from connect import jobs
from connect.audit import AuditEvent
from connect.db import retried, transaction
from connect.errors import Forbidden, Invalid, NotSignedIn
from connect.jobs import Job
from connect.mail import bursts
from connect.mail.actions import write_mail
from connect.mail.bursts import NothingHeld, discard_held, holds, release_held
from connect.mail.kinds import MailClass
from connect.mail.tables import Mail
from connect.policy import VISITOR, Role
from connect.worker import HANDLERS
from mail.post_office import post_office, text_of

VERIFIED = "accounts/verified"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def three(monkeypatch):
    """Three an hour instead of 500."""
    monkeypatch.setattr(bursts, "MOST", dict.fromkeys(bursts.MOST, 3))


async def write(number=1, kind=VERIFIED, **facts):
    async with transaction():
        for _ in range(number):
            await write_mail(kind, to="ada@agency.example", **{"name": "Ada", **facts})


async def states(kind=VERIFIED):
    rows = await Mail.select(Mail.state).where(Mail.kind == kind)
    return sorted(row["state"] for row in rows)


def to_ada(mailbox):
    return sum(mail.to == "ada@agency.example" for mail in mailbox)


async def three_workers():
    await asyncio.gather(*(jobs.work_off(HANDLERS) for _ in range(3)))


async def test_of_520_at_once_500_leave_and_administrators_get_one_mail(database):
    await make.staff(Role.ADMIN, email="root@connect.example")
    await make.staff(Role.ADMIN, email="gone@connect.example", status="closed")
    await make.staff(Role.REGISTRAR)
    await asyncio.gather(*(retried(lambda: write(130)) for _ in range(4)))

    async with post_office() as office:
        with environment(smtp_url=office.url):
            await three_workers()

    left = [letter.message for letter in office.letters]
    assert sum(m["To"] == "ada@agency.example" for m in left) == 500
    assert len(set(office.ids())) == len(office.ids())
    assert await states() == ["held"] * 20 + ["sent"] * 500
    (word,) = [m for m in left if m["To"] != "ada@agency.example"]
    assert (word["To"], word["Subject"]) == ("root@connect.example", "Mails are held at Connect")
    assert "more than 500 mails" in text_of(word)
    assert "/admin/outbox" in text_of(word)


async def test_another_kind_is_not_held_for_it(work, mailbox, three):
    await write(5)
    await write(2, "accounts/agency_screened", agency="A", agency_id="1", verdict="x", reason="")
    await work()

    assert await states("accounts/agency_screened") == ["sent"] * 2


async def test_what_keeps_accounts_safe_is_never_held(work, mailbox, three):
    await write(9, "accounts/password_changed")
    await work()

    assert MailClass.SECURITY not in bursts.MOST
    assert await states("accounts/password_changed") == ["sent"] * 9


async def test_within_any_hour_no_more_than_allowed_leave(work, mailbox, clock, three):
    left = []
    for _ in range(40):
        await write()
        before = to_ada(mailbox)
        await work()
        left += [clock.now] * (to_ada(mailbox) - before)
        clock.move(7 * MINUTE)

    assert max(sum(m - HOUR < other <= m for other in left) for m in left) == 3
    assert len(left) == 15  # three in each of the five hours that were begun


async def test_a_mail_that_is_put_off_counts_once(work, clock, three):
    async with post_office() as office:
        office.answers["RCPT"] = ["450 Greylisted"] * 3
        with environment(smtp_url=office.url):
            await write(3)
            for _ in range(8):
                await work()
                clock.move(MINUTE)

    assert len(office.letters) == 3
    assert await states() == ["sent"] * 3


async def test_released_mails_leave_once_each_and_hold_nobody_else(database, mailbox, clock, three):
    admin = await make.staff(Role.ADMIN)
    await write(8)
    await three_workers()
    assert await states() == ["held"] * 5 + ["sent"] * 3

    assert await release_held(admin, VERIFIED, reason="The course of the county.") == 5
    await three_workers()
    await three_workers()

    assert await states() == ["sent"] * 8
    assert to_ada(mailbox) == 8
    event = await AuditEvent.objects().where(AuditEvent.act == "mail.released").first()
    assert (event.actor, event.subject) == (admin.id, VERIFIED)
    assert "The course of the county." in event.details
    clock.move(HOUR)
    await write(3)
    await three_workers()
    assert await states() == ["sent"] * 11


async def test_held_mails_outlive_the_process_and_their_jobs(work, mailbox, clock, three):
    admin = await make.staff(Role.ADMIN)
    await write(5)
    await work()
    await Job.delete(force=True)
    clock.move(30 * 24 * HOUR)
    assert await work() == 0

    await release_held(admin, VERIFIED, reason="Late, but true.")
    await work()

    assert await states() == ["sent"] * 5


async def test_a_mail_that_was_held_for_long_has_five_days_from_its_release(work, clock, three):
    admin = await make.staff(Role.ADMIN)
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await write(4)
            await work()
            clock.move(30 * 24 * HOUR)
            office.answers["RCPT"] = ["450 Greylisted"] * 2
            await release_held(admin, VERIFIED, reason="Late, but true.")
            for _ in range(8):
                await work()
                clock.move(MINUTE)

    assert await states() == ["sent"] * 4


async def test_a_worker_that_dies_while_it_holds_a_mail_sends_nothing(work, mailbox, clock, three):
    await write(4)
    await work()
    await Job.update({Job.done_at: None}, force=True).where(Job.kind == "mail.deliver")
    await work()

    assert await states() == ["held"] + ["sent"] * 3
    assert to_ada(mailbox) == 3


async def test_discarded_mails_never_leave_and_are_no_notices(work, mailbox, three, api):
    admin, reader = await make.staff(Role.ADMIN), await make.learner()
    await write(5, account=reader.id)
    await work()

    assert await discard_held(admin, VERIFIED, reason="Written by mistake.") == 2
    await work()

    assert await states() == ["discarded"] * 2 + ["sent"] * 3
    assert to_ada(mailbox) == 3
    assert len((await (await api(reader)).get("/notifications")).json()["items"]) == 3
    assert await AuditEvent.count().where(AuditEvent.act == "mail.discarded") == 1


async def test_administrators_hear_of_each_burst_once(work, mailbox, clock, three):
    admin = await make.staff(Role.ADMIN)
    for reason in ("First.", "Second."):
        await write(6)
        await work()
        await write(6)
        await work()
        await release_held(admin, VERIFIED, reason=reason)
        await work()
        clock.move(2 * HOUR)

    assert [m.subject for m in mailbox].count("Mails are held at Connect") == 2


async def test_of_twenty_decisions_at_once_one_counts(work, mailbox, three):
    admin = await make.staff(Role.ADMIN)
    await write(5)
    await work()

    async def decide(act):
        try:
            return await retried(lambda: act(admin, VERIFIED, reason="Because."))
        except NothingHeld:
            return 0

    decided = await asyncio.gather(*(decide(act) for act in [release_held, discard_held] * 10))
    await work()

    assert sorted(decided) == [0] * 19 + [2]
    assert await states() in (["sent"] * 5, ["discarded"] * 2 + ["sent"] * 3)


@pytest.mark.parametrize("act", [release_held, discard_held])
async def test_only_an_administrator_decides_and_says_why(database, act):
    with pytest.raises(NotSignedIn):
        await act(VISITOR, VERIFIED, reason="x")
    for role in (Role.LEARNER, Role.REGISTRAR, Role.AUDITOR):
        with pytest.raises(Forbidden):
            await act(await make.staff(role), VERIFIED, reason="x")
        with pytest.raises(Forbidden):
            await holds(await make.staff(role))
    admin = await make.staff(Role.ADMIN)
    with pytest.raises(Invalid):
        await act(admin, VERIFIED, reason="  ")
    with pytest.raises(NothingHeld):
        await act(admin, VERIFIED, reason="x")


async def test_the_api_lists_and_decides(work, mailbox, clock, three, api):
    admin = await api(await make.staff(Role.ADMIN))
    await write(5)
    await work()

    (hold,) = (await admin.get("/mail-holds")).json()["items"]
    wrong = await admin.post(f"/mail-holds/{VERIFIED}/release", json={"reason": "", "x": 1})
    done = await admin.post(f"/mail-holds/{VERIFIED}/release", json={"reason": "All is well."})
    again = await admin.post(f"/mail-holds/{VERIFIED}/discard", json={"reason": "Or not."})

    assert hold == {
        "kind": VERIFIED,
        "label": "You were verified",
        "mails": 2,
        "since": "2026-03-02T15:00:00Z",
    }
    assert [e["field"] for e in wrong.json()["errors"]] == ["reason", "x"]
    assert (done.status_code, done.json()) == (200, {"mails": 2})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_held")
    assert (await admin.get("/mail-holds")).json()["items"] == []


@pytest.mark.parametrize("act", ["release", "discard"])
async def test_a_stranger_finds_no_holds(api, client, act):
    learner = await api(await make.learner())

    assert (await learner.get("/mail-holds")).status_code == 403
    path = f"/mail-holds/{VERIFIED}/{act}"
    assert (await learner.post(path, json={"reason": "x"})).status_code == 403
    assert (await client.post(f"/api/v1{path}", json={"reason": "x"})).status_code == 401


async def test_the_outbox_tells_what_waits_and_a_step_decides(work, mailbox, three, browser):
    admin = await browser(await make.staff(Role.ADMIN))
    await write(5)
    await work()

    outbox = (await admin.get("/admin/outbox")).text
    path = re.search(r'href="(/admin/outbox/holds/[^"]+)"', outbox)[1]
    step = (await admin.get(path)).text
    form = {"csrf": admin.csrf, "act": "release"}
    wrong = await admin.post(path, data=form)
    nothing = await admin.post(path, data={"csrf": admin.csrf, "reason": "x"})
    done = await admin.post(path, data=form | {"reason": "All is well."})
    await work()

    assert "2 mails of one kind wait for your word" in outbox
    assert "2 mails held" in step
    assert (wrong.status_code, nothing.status_code) == (422, 422)
    assert "Say why" in wrong.text
    assert (done.status_code, done.headers["location"]) == (303, "/admin/outbox")
    assert await states() == ["sent"] * 5
    assert (await admin.get(path)).status_code == 409
