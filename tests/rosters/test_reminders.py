"""Reminders: to whom, what they say, and once a day."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest

from accounts.contents import count
from agencies import made
from connect.accounts.tables import Account
from connect.agencies.tables import Agency
from connect.audit import AuditEvent
from connect.errors import Invalid
from connect.mail.tables import Mail
from connect.rosters.actions import remind
from rosters.staffed import account_of, completed, course, requires, works

PAST = date(2020, 5, 1)


async def two_courses(agency):
    first, second = await course("first", "First response"), await course("second", "Taking calls")
    await requires(agency, first, valid_months=12)
    await requires(agency, second)
    return first, second


async def test_who_misses_something_gets_a_mail_that_names_it(database, api, work, mailbox, clock):
    agency = await made.agency(name="Town Police")
    first, second = await two_courses(agency)
    some, soon = await works(agency, name="Ada A"), await works(agency, name="Ben B")
    await completed(some, first, date(2026, 1, 1))
    await completed(soon, first, date(2025, 3, 20))
    await completed(soon, second, PAST)
    program = await api(await made.coordinator(agency))

    answer = await program.post(
        f"/agencies/{agency.id}/reminders",
        json={"people": [str(some.id), str(soon.id)], "note": "Please by Friday."},
    )
    await work()

    assert (answer.status_code, answer.json()) == (201, {"sent": 2, "skipped": []})
    to = {mail.to: mail for mail in mailbox}
    ada = to[(await account_of(some)).email]
    ben = to[(await account_of(soon)).email]
    assert ada.subject == "Courses that Town Police asks of you"
    assert "Taking calls" in ada.body
    assert "/courses/second" in ada.body
    assert "First response" not in ada.body
    assert "Please by Friday." in ada.body
    assert "First response (yours counts until March 20, 2026)" in ben.body
    assert "Taking calls" not in ben.body


async def test_who_does_not_share_gets_the_whole_list_whatever_they_completed(
    database, work, mailbox, clock
):
    agency = await made.agency()
    first, second = await two_courses(agency)
    bare = await works(agency, name="Same Name", consented=False)
    done = await works(agency, name="Same Name", consented=False)
    await completed(done, first, date(2026, 1, 1))
    await completed(done, second, PAST)

    answer = await remind(await made.coordinator(agency), agency.id, [bare.id, done.id])
    await work()

    assert (answer.sent, answer.skipped) == (2, [])
    one, other = mailbox
    texts = [mail.body.partition("You get this because")[0] for mail in (one, other)]
    assert (one.subject, texts[0]) == (other.subject, texts[1])
    assert "First response" in one.body
    assert "Taking calls" in one.body
    assert "You do not share your training" in one.body


async def test_who_is_skipped_and_why(database, clock):
    agency, elsewhere = await made.agency(), await made.agency()
    version = await course("first")
    await requires(agency, version, category="patrol")
    complete = await works(agency, category="patrol")
    await completed(complete, version, PAST)
    former = await works(agency, category="patrol", until=date(2026, 3, 1))
    closed = await works(agency, category="patrol")
    await Account.update({Account.status: "closed"}).where(Account.id == closed.account)
    erased = await works(agency, category="patrol")
    await Account.update({Account.status: "erased"}).where(Account.id == erased.account)
    unasked = await works(agency, category="support")
    unproved = await works(agency, category="patrol")
    foreign = await works(elsewhere, category="patrol")
    await Account.update({Account.status: "pending_email"}).where(Account.id == unproved.account)
    nobody = uuid4()
    left = [former.id, closed.id, erased.id]
    asked = [complete.id, *left, unasked.id, unproved.id, foreign.id, nobody]

    answer = await remind(await made.coordinator(agency), agency.id, asked)

    assert answer.sent == 0
    assert [(row.id, row.reason) for row in answer.skipped] == [
        (complete.id, "complete"),
        *((one, "former") for one in left),
        (unasked.id, "nothing_required"),
        (unproved.id, "no_address"),
        (foreign.id, "not_found"),
        (nobody, "not_found"),
    ]
    assert await count("mail") == 0
    assert await count("roster_reminder") == 0


@pytest.mark.parametrize("status", ["active_unverified", "active_verified", "reverify_due"])
async def test_whoever_may_sign_in_is_reminded(database, status):
    agency = await made.agency()
    await requires(agency, await course("first"))
    ada = await works(agency)
    await Account.update({Account.status: status}).where(Account.id == ada.account)

    answer = await remind(await made.coordinator(agency), agency.id, [ada.id])

    assert (answer.sent, answer.skipped) == (1, [])


async def test_one_mail_a_person_and_day_however_many_ask_at_once(database, clock):
    agency = await made.agency()
    await requires(agency, await course("first"))
    ada = await works(agency)
    actor = await made.coordinator(agency)

    answers = await asyncio.gather(*(remind(actor, agency.id, [ada.id, ada.id]) for _ in range(4)))
    clock.move(timedelta(hours=13))  # 10 p.m. in Chicago
    late = await remind(actor, agency.id, [ada.id])
    clock.move(timedelta(hours=3))
    next_day = await remind(actor, agency.id, [ada.id])

    assert sorted(answer.sent for answer in answers) == [0, 0, 0, 1]
    assert {row.reason for answer in answers for row in answer.skipped} == {"reminded_today"}
    assert (late.sent, next_day.sent) == (0, 1)
    assert await Mail.count() == 2
    assert await AuditEvent.count().where(AuditEvent.act == "affiliation.reminded") == 2


async def test_a_person_with_two_lines_in_a_merged_agency_gets_one_mail(database):
    agency, merged = await made.agency(), await made.agency()
    await requires(agency, await course("first"))
    one = await works(agency)
    two = await works(merged, account=await account_of(one))
    await Agency.update({Agency.status: "merged", Agency.merged_into: agency.id}).where(
        Agency.id == merged.id
    )

    answer = await remind(await made.coordinator(agency), agency.id, [one.id, two.id])

    assert answer.sent == 1
    assert [(row.id, row.reason) for row in answer.skipped] == [(two.id, "reminded_today")]


async def test_another_agency_may_remind_the_same_person_the_same_day(database):
    agencies = [await made.agency(), await made.agency()]
    version = await course("first")
    ada = await works(agencies[0])
    rows = [ada, await works(agencies[1], account=await account_of(ada))]
    for agency, row in zip(agencies, rows, strict=True):
        await requires(agency, version)
        answer = await remind(await made.coordinator(agency), agency.id, [row.id])
        assert answer.sent == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"people": []}, ["people"]),
        ({"people": [str(uuid4())] * 501}, ["people"]),
        ({"people": ["x"], "note": 1, "more": 1}, ["people", "note", "more"]),
        ({"people": [str(uuid4())], "note": "see https://evil.example"}, ["note"]),
        ({}, ["people"]),
    ],
)
async def test_what_cannot_be_asked_for(database, api, body, fields):
    agency = await made.agency()
    program = await api(await made.coordinator(agency))

    answer = await program.post(f"/agencies/{agency.id}/reminders", json=body)

    assert answer.status_code == 422
    assert sorted(error["field"] for error in answer.json()["errors"]) == sorted(fields)


async def test_a_key_sends_once_and_answers_again(database, api):
    agency = await made.agency()
    await requires(agency, await course("first"))
    body = {"people": [str((await works(agency)).id)]}
    program = await api(await made.coordinator(agency))
    key = {"Idempotency-Key": "k1"}

    answers = [
        await program.post(f"/agencies/{agency.id}/reminders", json=body, headers=key)
        for _ in range(2)
    ]

    assert [answer.json() for answer in answers] == [{"sent": 1, "skipped": []}] * 2
    assert await Mail.count() == 1


async def test_the_action_itself_keeps_to_its_limits(database):
    agency = await made.agency()
    actor = await made.coordinator(agency)

    with pytest.raises(Invalid) as refusal:
        await remind(actor, agency.id, [uuid4() for _ in range(501)], note="x" * 1001)

    assert list(refusal.value.errors) == ["people", "note"]
