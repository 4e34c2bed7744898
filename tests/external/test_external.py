"""Completions elsewhere: handed in, decided on by another person, taken back."""

from datetime import date, timedelta

import pytest

import make
from accounts.papers import PDF
from connect import uploads
from connect.audit import AuditEvent
from connect.db import fetch
from connect.errors import Forbidden, Invalid, NotFound
from connect.external.actions import (
    DecidedAlready,
    NotTheOther,
    TooManyWaiting,
    decide,
    decide_import,
    evidence_of,
    submit,
    withdraw,
)
from connect.external.rules import Verdict
from connect.external.tables import ExternalCompletion
from connect.imports.tables import ImportKind
from connect.merges.actions import merge_people
from connect.policy import Role
from connect.records.actions import close_account, erase
from connect.trainings.tables import Training
from imports.files import summary, table, taken_in
from rosters.staffed import course

DAY = date(2021, 5, 4)
HEADINGS = ["email", "title", "provider", "completion date", "hours", "certificate number", "code"]


async def handed_in(actor, **changes):
    given = {"title": "TELMAC", "provider": "NCMEC", "completed_on": DAY, "minutes": 480}
    return await submit(actor, **given | changes)


async def stored(row):
    return await ExternalCompletion.objects().where(ExternalCompletion.id == row.id).first()


async def acts():
    rows = await AuditEvent.select(AuditEvent.act).order_by(AuditEvent.id)
    return [row["act"] for row in rows if row["act"].startswith("external")]


async def test_it_is_accepted_by_another_person_and_counted_nowhere(database, mailbox, work):
    version = await course("telmac")
    learner, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    row = await handed_in(learner, course="telmac")

    await decide(registrar, row.id, Verdict.ACCEPTED)
    await work()

    found = await stored(row)
    assert (found.state, found.course, found.decided_by) == (
        "accepted",
        version.course,
        registrar.id,
    )
    assert await Training.count() == 0
    assert await acts() == ["external_completion.submitted", "external_completion.accepted"]
    assert [mail.subject for mail in mailbox] == ["TELMAC: accepted"]


async def test_nobody_decides_on_their_own_or_on_what_they_brought_in(database):
    one, other = await make.staff(Role.REGISTRAR), await make.staff(Role.ADMIN)
    own = await handed_in(one)
    brought = await handed_in(one, account_id=(await make.account()).id)

    for row in (own, brought):
        with pytest.raises(NotTheOther):
            await decide(one, row.id, Verdict.ACCEPTED)
        await decide(other, row.id, Verdict.ACCEPTED)

    assert (await stored(brought)).brought_in
    assert not (await stored(own)).brought_in


async def test_only_staff_decides_and_brings_in_for_others(database):
    learner, account = await make.learner(), await make.account()
    row = await handed_in(make.actor_of(account))

    with pytest.raises(Forbidden):
        await decide(learner, row.id, Verdict.ACCEPTED)
    with pytest.raises(Forbidden):
        await handed_in(learner, account_id=account.id, title="Other")
    with pytest.raises(NotFound):
        await withdraw(learner, row.id)


async def test_declining_and_taking_back_need_a_reason(database):
    learner, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    row = await handed_in(learner)

    for verdict in (Verdict.DECLINED, Verdict.WITHDRAWN):
        with pytest.raises((Invalid, DecidedAlready)):
            await decide(registrar, row.id, verdict)
    await decide(registrar, row.id, Verdict.ACCEPTED)
    with pytest.raises(DecidedAlready):
        await decide(registrar, row.id, Verdict.DECLINED, reason="No")
    with pytest.raises(Invalid):
        await decide(registrar, row.id, Verdict.WITHDRAWN)
    await decide(registrar, row.id, Verdict.WITHDRAWN, reason="The provider knows nothing of it.")

    assert (await stored(row)).state == "withdrawn"


async def test_the_same_twice_is_refused_until_the_first_is_withdrawn(database):
    learner = await make.learner()
    row = await handed_in(learner)

    with pytest.raises(Invalid) as refusal:
        await handed_in(learner, title="telmac ")
    await withdraw(learner, row.id)
    again = await handed_in(learner)

    assert list(refusal.value.errors) == ["title"]
    assert (await stored(again)).state == "submitted"


async def test_all_faults_are_told_at_once(database, clock):
    learner = await make.learner()

    with pytest.raises(Invalid) as refusal:
        await handed_in(
            learner, title="", minutes=0, completed_on=clock.now.date() + timedelta(2), course="no"
        )

    assert set(refusal.value.errors) == {"title", "minutes", "completed_on", "course"}


async def test_nobody_fills_the_queue(database, monkeypatch):
    monkeypatch.setattr("connect.external.rules.MOST_WAITING", 2)
    learner = await make.learner()
    for title in ("One", "Two"):
        await handed_in(learner, title=title)

    with pytest.raises(TooManyWaiting):
        await handed_in(learner, title="Three")


async def test_evidence_is_for_its_holder_and_staff_and_readings_are_noted(database):
    learner, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    row = await handed_in(learner, evidence=await uploads.keep(learner, PDF))
    bare = await handed_in(learner, title="Bare")

    assert await evidence_of(learner, row.id) == ("pdf", PDF)
    assert await evidence_of(registrar, row.id) == ("pdf", PDF)
    with pytest.raises(NotFound):
        await evidence_of(await make.learner(), row.id)
    with pytest.raises(NotFound):
        await evidence_of(learner, bare.id)
    assert (await acts()).count("external_completion.evidence_read") == 1


async def test_closing_ends_what_waits_and_erasing_takes_all_and_the_file(database, work):
    account, admin = await make.account(), await make.staff(Role.ADMIN)
    learner = make.actor_of(account)
    kept = await uploads.keep(learner, PDF)
    row = await handed_in(learner, evidence=kept)
    done = await handed_in(learner, title="Done")
    await decide(admin, done.id, Verdict.ACCEPTED)

    await close_account(learner, make.PASSWORD)
    closed = (await stored(row)).state, (await stored(done)).state
    await erase(admin, account.id, reason="asked")
    await work()

    assert closed == ("withdrawn", "accepted")
    assert await ExternalCompletion.count() == 0
    with pytest.raises(NotFound):
        await uploads.opened(kept.digest)


async def test_a_merge_keeps_each_once(database):
    keep, gone = await make.account(), await make.account()
    registrar = await make.staff(Role.REGISTRAR)
    for account in (keep, gone):
        await handed_in(make.actor_of(account))
    other = await handed_in(make.actor_of(gone), title="Another")

    await merge_people(registrar, keep.id, gone.id)

    rows = await ExternalCompletion.select().where(ExternalCompletion.account == keep.id)
    assert sorted(row["title"] for row in rows) == ["Another", "TELMAC"]
    assert (await stored(other)).account == keep.id


async def brought_in(actor, work, rows, **options):
    data = table(rows, HEADINGS)
    return await taken_in(actor, work, ImportKind.COMPLETIONS, data, **options)


def history(many):
    return [
        [f"old{n}@agency.example", "TELMAC", "NCMEC", "2021-05-04", "8", f"T-{n}", "telmac"]
        for n in range(many)
    ]


async def test_a_file_brings_in_original_days_and_numbers_once(database, work):
    version = await course("telmac")
    registrar, admin = await make.staff(Role.REGISTRAR), await make.staff(Role.ADMIN)
    for n in range(3):
        await make.account(email=f"old{n}@agency.example")
    bad = [
        ["nobody@agency.example", "TELMAC", "NCMEC", "2021-05-04", "8", "", ""],
        ["old0@agency.example", "TELMAC", "NCMEC", "2999-05-04", "8", "", ""],
        ["old1@agency.example", "Else", "NCMEC", "2021-05-04", "8", "", "unknown"],
        ["old2@agency.example", "Else", "NCMEC", "May 4", "x", "", ""],
    ]

    trial = await brought_in(registrar, work, history(3) + bad, dry_run=True)
    nothing = await ExternalCompletion.count()
    first = await brought_in(registrar, work, history(3) + bad)
    again = await brought_in(registrar, work, history(3))
    other = await brought_in(registrar, work, [[*history(1)[0][:4], "9", "T-0", "telmac"]])

    assert summary(trial) == summary(first) == ("done", 7, 3, 0, 4)
    assert nothing == 0
    assert summary(again) == ("done", 3, 0, 3, 0)
    assert summary(other) == ("done", 1, 0, 0, 1)
    row = await ExternalCompletion.objects().where(ExternalCompletion.number == "T-1").first()
    assert (row.day, row.minutes, row.state, row.course) == (DAY, 480, "submitted", version.course)
    assert row.brought_in
    with pytest.raises(DecidedAlready):
        await decide_import(registrar, first.id, Verdict.ACCEPTED)
    assert await decide_import(admin, first.id, Verdict.ACCEPTED) == 3
    assert await decide_import(registrar, first.id, Verdict.WITHDRAWN, reason="Wrong file") == 3
    states = await fetch("SELECT DISTINCT state FROM external_completion")
    assert [row["state"] for row in states] == ["withdrawn"]
    assert await Training.count() == 0


async def test_a_file_with_one_completion_twice_brings_it_once(database, work):
    await course("telmac")
    await make.account(email="old0@agency.example")
    registrar = await make.staff(Role.REGISTRAR)

    done = await brought_in(registrar, work, history(1) * 2)

    assert summary(done) == ("done", 2, 1, 1, 0)
