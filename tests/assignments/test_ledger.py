"""The ledger: a year day by day, a worker that was down, and the burst limit."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner

import make
from agencies import made
from connect import cli
from connect.accounts.tables import Account
from connect.assignments.actions import assign
from connect.assignments.reminders import decide, mails, plan, plan_for, remind
from connect.assignments.rules import STEPS, Asked
from connect.assignments.tables import AssignmentReminder, ReminderState
from connect.learning.actions import Event, enroll, note_event
from connect.mail.tables import Mail
from connect.policy import Role
from rosters.staffed import completed, course, works

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def said(found, *, planned=False):
    """What was planned or decided, to be compared."""
    return sorted(
        (p.person, p.about, p.due_on, p.days, "sent" if p.state == "due" else str(p.state))
        for p in found
        if p.state != "skipped" or not planned
    )


async def people(number):
    return [await make.account(discipline="educator") for _ in range(number)]


async def assigned(due_on, slug="first"):
    staff = await make.staff(Role.REGISTRAR, discipline=None)
    return await assign(staff, Asked(course=slug, discipline="educator", due_on=due_on))


async def test_a_year_day_by_day_sends_what_a_dry_run_of_the_day_said(sqlite_database, work, clock):
    await course("first")
    expiring = await make.course(make.content(slug="short", valid_months=6))
    one, other, third = await people(3)
    agency = await made.agency()
    await completed(await works(agency, account=other), expiring, date(2026, 2, 28))
    await completed(await works(agency, account=third), expiring, date(2025, 10, 31))
    await assigned(date(2026, 6, 30))
    await work()
    await remind()  # what was missed before the year begins
    days = [date(2026, 3, 3) + timedelta(days=n) for n in range(365)]
    long_before = {day: said(await plan(day), planned=True) for day in days}
    sent = {}

    for day in days:
        clock.set(START + (day - START.date()))
        that_morning = said(await plan(day))
        await remind()
        rows = await AssignmentReminder.objects().where(AssignmentReminder.decided_on == day)
        sent[day] = sorted((r.person, r.about, r.due_on, r.days, r.state) for r in rows)
        assert that_morning == sent[day], day
        assert said(await plan(day)) == sent[day], day  # once it is decided, the ledger says it
        await remind()

    assert {day: [row for row in rows if row[4] == "sent"] for day, rows in sent.items()} == (
        long_before
    )
    by_day = {
        day.isoformat(): len([r for r in rows if r[4] == "sent"])
        for day, rows in sent.items()
        if any(r[4] == "sent" for r in rows)
    }
    assert by_day == {
        "2026-03-31": 1,  # the completion of October 31 ends on April 30: 30 days
        "2026-04-23": 1,
        "2026-04-30": 1,
        "2026-05-31": 3,
        "2026-06-23": 3,
        "2026-06-29": 1,  # that of February 28 ends on August 28: 60 days
        "2026-06-30": 3,
        "2026-07-07": 3,
        "2026-07-29": 1,
        "2026-08-21": 1,
        "2026-08-28": 1,
    }
    twice = Counter((r.about, r.due_on, r.days) for r in await AssignmentReminder.objects())
    assert set(twice.values()) == {1}
    assert one.id in {row[0] for row in sent[date(2026, 5, 31)]}


async def test_a_worker_that_was_down_for_ten_days_sends_one_mail_a_person(
    database, work, mailbox, clock
):
    await course("first")
    await people(2)
    await assigned(date(2026, 4, 30))
    await work()
    mailbox.clear()
    clock.set(datetime(2026, 4, 22, 15, tzinfo=UTC))
    await remind()
    before = await AssignmentReminder.count()
    clock.set(datetime(2026, 5, 2, 15, tzinfo=UTC))

    await remind()
    await remind()
    await work()

    rows = await AssignmentReminder.objects().where(
        AssignmentReminder.decided_on == date(2026, 5, 2)
    )
    assert before == 2
    assert Counter((r.days, r.state, r.reason) for r in rows) == {
        (7, "skipped", "newer"): 2,
        (0, "sent", ""): 2,
    }
    assert len([m for m in mailbox if "was due on April 30, 2026" in m.subject]) == 2
    assert await Mail.count().where(Mail.kind == "assignments/due") == 4


async def test_a_person_gets_one_mail_for_all_that_is_due(database, work, mailbox, clock):
    await course("first", "First response")
    await course("second", "Taking calls")
    (one,) = await people(1)
    for slug in ("first", "second"):
        await assigned(date(2026, 4, 8), slug)
    await work()
    mailbox.clear()
    clock.set(datetime(2026, 4, 1, 15, tzinfo=UTC))

    await remind()
    await work()

    (mail,) = mailbox
    assert mail.to == one.email
    assert mail.subject == "2 things that you were asked to complete"
    assert "First response, due on April 8, 2026" in mail.body
    assert "Taking calls" in mail.body


async def test_what_is_completed_is_not_reminded_of(database, work, clock):
    await make.course(make.content(slug="first", components=[make.acknowledgement("oath")]))
    one, other = await people(2)
    await assigned(date(2026, 4, 8))
    await work()
    enrollment, _ = await enroll(make.actor_of(one), "first")
    await note_event(make.actor_of(one), enrollment.id, "oath", Event.ACKNOWLEDGE)

    found = await plan(date(2026, 4, 1))

    assert [p.person for p in found] == [other.id]


async def test_a_newer_completion_ends_the_renewal_of_the_one_before(database, clock):
    version = await make.course(make.content(slug="short", valid_months=12))
    (one,) = await people(1)
    row = await works(await made.agency(), account=one)
    await completed(row, version, date(2025, 3, 9))
    assert [p.days for p in await plan(date(2026, 3, 9))] == [0]
    clock.move(timedelta(minutes=1))

    await completed(row, version, date(2026, 3, 1))

    assert await plan(date(2026, 3, 9)) == []


async def test_who_was_suspended_is_skipped_with_the_reason(database, work, clock):
    await course("first")
    (one,) = await people(1)
    await assigned(date(2026, 4, 8))
    await work()
    await Account.update({Account.status: "suspended"}).where(Account.id == one.id)
    clock.set(datetime(2026, 4, 1, 15, tzinfo=UTC))

    (decision,) = [d for d in await decide(date(2026, 4, 1)) if d.days == 7]

    assert (decision.state, decision.reason) == (ReminderState.SKIPPED, "no_address")


async def test_no_mail_leaves_at_night(database, work, clock):
    await course("first")
    await people(1)
    await assigned(date(2026, 4, 8))
    await work()
    clock.set(datetime(2026, 4, 1, 6, tzinfo=UTC))  # 2 a.m. in New York

    await remind()
    assert await AssignmentReminder.count() == 0
    clock.move(timedelta(hours=5))
    await remind()
    assert await AssignmentReminder.count().where(AssignmentReminder.state == "sent") == 1


async def test_the_burst_limit_holds_what_goes_beyond_it(
    sqlite_database, work, mailbox, clock, monkeypatch
):
    await course("first")
    await people(6)
    await assigned(date(2026, 4, 8))
    await work()
    mailbox.clear()
    monkeypatch.setattr("connect.mail.bursts.MOST", {"service": 4})
    clock.set(datetime(2026, 4, 1, 15, tzinfo=UTC))

    await remind()
    await work()

    due = Mail.kind == "assignments/due"
    assert await Mail.count().where(due, Mail.state == "sent") == 4
    assert await Mail.count().where(due, Mail.state == "held") == 2
    assert await AssignmentReminder.count().where(AssignmentReminder.state == "sent") == 6


async def test_many_are_reminded_by_several_jobs(database, work, clock, monkeypatch):
    await course("first")
    await people(5)
    await assigned(date(2026, 4, 8))
    await work()
    monkeypatch.setattr("connect.assignments.reminders.AT_MOST", 2)
    clock.set(datetime(2026, 4, 1, 15, tzinfo=UTC))

    await remind()
    assert await AssignmentReminder.count().where(AssignmentReminder.state == "sent") == 2
    await work()

    assert await AssignmentReminder.count().where(AssignmentReminder.state == "sent") == 5
    assert await Mail.count().where(Mail.kind == "assignments/due") == 5


async def test_two_workers_at_once_remind_once(database, work, clock):
    await course("first")
    await people(3)
    await assigned(date(2026, 4, 8))
    await work()
    clock.set(datetime(2026, 4, 1, 15, tzinfo=UTC))

    await asyncio.gather(*(decide(date(2026, 4, 1)) for _ in range(4)))

    assert await Mail.count().where(Mail.kind == "assignments/due") == 3


async def test_coordinators_see_the_reminders_of_their_own_assignments(database, work, clock):
    agency = await made.agency()
    await course("first")
    mine = await works(agency)
    await make.account(discipline="educator")
    await assigned(date(2026, 4, 8))
    actor = await made.coordinator(agency)
    await assign(actor, Asked(course="first", agency=agency.id, due_on=date(2026, 4, 8)))
    await work()

    found = await plan_for(actor, date(2026, 4, 1))

    assert [p.person for p in found] == [mine.account]
    assert len(await plan(date(2026, 4, 1))) == 2
    assert mails(found) == 1


@pytest.mark.parametrize("kind", list(STEPS))
def test_the_steps_stand_from_the_first_to_the_last(kind):
    assert list(STEPS[kind]) == sorted(STEPS[kind], reverse=True)


def test_the_command_sends_for_today_only():
    answer = CliRunner().invoke(cli.commands, ["reminders", "--on", "2020-01-01"])

    assert answer.exit_code == 2
    assert "--dry-run" in answer.output
