"""R33: closed accounts are emptied when their time is over; legal holds; what else goes by age."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

import make
from accounts.papers import PDF
from connect import files
from connect.accounts.tables import Account
from connect.accounts.verification import decide_case, request_by_registrar
from connect.audit import AuditEvent
from connect.errors import Invalid, NotFound
from connect.grants.actions import add_grant, assign_course
from connect.policy import Role
from connect.records.actions import OnHold, close_account, erase
from connect.records.retention import due, end_retention, hold, lift
from connect.records.rules import kept_until
from connect.reports.queries import counts
from connect.trainings.tables import Training
from grants.test_grants import trained
from rosters.staffed import course


@pytest.mark.parametrize(
    ("closed_on", "grant_ends_on", "last"),
    [
        (date(2026, 3, 2), None, date(2033, 12, 31)),
        (date(2026, 12, 31), None, date(2033, 12, 31)),
        (date(2027, 1, 1), None, date(2034, 12, 31)),
        (date(2026, 3, 2), date(2027, 9, 30), date(2033, 12, 31)),
        (date(2026, 3, 2), date(2031, 9, 30), date(2035, 1, 28)),
        (date(2026, 3, 2), date(2031, 11, 1), date(2035, 2, 28)),  # reported on February 29, 2032
    ],
)
def test_r33_until_when_a_closed_account_is_kept(closed_on, grant_ends_on, last):
    assert kept_until(closed_on, grant_ends_on) == last


async def closed(**changes):
    actor = await make.learner(**changes)
    await close_account(actor, make.PASSWORD)
    return actor


async def row_of(actor):
    return await Account.objects().get(Account.id == actor.id)


async def test_r33_name_and_completions_stay_to_the_last_day_and_counts_for_ever(database, clock):
    open_ = await make.learner()
    actor = await make.learner(legal_name="Ada Officer")
    await course("first")
    await trained(date(2026, 3, 2), person=actor.id)
    await close_account(actor, make.PASSWORD)
    before = await counts(date(2026, 1, 1), date(2026, 12, 31), ["state"])

    clock.set(datetime(2033, 12, 31, 23, 59, tzinfo=UTC))
    await end_retention()
    assert (await row_of(actor)).legal_name == "Ada Officer"
    clock.set(datetime(2034, 1, 1, 0, 1, tzinfo=UTC))
    assert (await due())["person"] == [actor.id]
    await end_retention()
    await end_retention()

    row = await row_of(actor)
    assert (row.status, row.legal_name) == ("erased", "")
    assert (await row_of(open_)).status != "erased"
    assert await Training.exists().where(Training.person == actor.id)
    after = await counts(date(2026, 1, 1), date(2026, 12, 31), ["state"])
    assert after == before
    acts = await AuditEvent.select(AuditEvent.actor, AuditEvent.subject).where(
        AuditEvent.act == "account.erased"
    )
    assert acts == [{"actor": None, "subject": str(actor.id)}]


async def test_r33_a_grant_keeps_longer(database, clock):
    registrar = await make.staff(Role.REGISTRAR)
    actor = await make.learner()
    await course("first")
    grant = await add_grant(
        registrar,
        award_number="A-1",
        title="Award",
        starts_on=date(2026, 1, 1),
        ends_on=date(2031, 9, 30),
    )
    await assign_course(registrar, grant.id, "first", since=date(2026, 1, 1))
    await trained(date(2026, 3, 2), person=actor.id)
    await close_account(actor, make.PASSWORD)

    clock.set(datetime(2035, 1, 28, 12, tzinfo=UTC))
    assert (await due())["person"] == []
    clock.set(datetime(2035, 1, 29, 12, tzinfo=UTC))
    assert (await due())["person"] == [actor.id]


async def test_r33_a_legal_hold_keeps_all_of_it(database, clock, work):
    admin = await make.staff(Role.ADMIN)
    registrar = await make.staff(Role.REGISTRAR)
    actor = await make.learner()
    case = await request_by_registrar(actor, explanation="x", agency=None, document=PDF)
    await decide_case(registrar, case.id, approve=True, reason="")
    await close_account(actor, make.PASSWORD)
    await hold(admin, actor.id, reason="Case 12.")

    clock.set(datetime(2040, 1, 1, tzinfo=UTC))
    await end_retention()
    await work()
    with pytest.raises(OnHold):
        await erase(admin, actor.id, reason="Asked for.")
    assert (await row_of(actor)).status == "closed"
    assert await files.get(case.document)
    await lift(admin, actor.id)
    await lift(admin, actor.id)
    await end_retention()
    await work()

    assert (await row_of(actor)).status == "erased"
    with pytest.raises(NotFound):
        await files.get(case.document)
    acts = [row["act"] for row in await AuditEvent.select(AuditEvent.act).order_by(AuditEvent.id)]
    assert [act for act in acts if "hold" in act or "held" in act] == [
        "account.held",
        "account.hold_lifted",
    ]


async def test_r33_a_hold_on_a_joined_account_keeps_both(database, clock):
    admin = await make.staff(Role.ADMIN)
    actor = await closed()
    joined = await make.account(status="merged", merged_into=actor.id)
    await hold(admin, joined.id, reason="Case 12.")
    other = await closed()

    clock.set(datetime(2040, 1, 1, tzinfo=UTC))
    await end_retention()

    assert (await row_of(actor)).status == "closed"
    assert (await row_of(other)).status == "erased"


async def test_a_hold_needs_a_reason_and_an_administrator(database, api, browser):
    admin, actor = await make.staff(Role.ADMIN), await make.learner()
    with pytest.raises(Invalid):
        await hold(admin, actor.id, reason=" ")
    path = f"accounts/{actor.id}/hold"
    refused = await (await api(await make.staff(Role.REGISTRAR))).put(path, json={"reason": "x"})
    program, page = await api(admin), await browser(admin)

    put = await program.put(path, json={"reason": "Case 12."})
    shown = await page.get(f"/admin/people/{actor.id}/erasure")
    gone = await program.delete(path)

    assert (refused.status_code, put.status_code, gone.status_code) == (403, 204, 204)
    assert "Case 12." in shown.text
    assert (await row_of(actor)).held_at is None


async def test_a_hold_is_put_and_lifted_by_page(database, browser):
    admin, actor = await make.staff(Role.ADMIN), await make.learner()
    page = await browser(admin)
    path = f"/admin/people/{actor.id}/hold"

    wrong = await page.post(path, data={"csrf": page.csrf, "hold_reason": ""})
    put = await page.post(path, data={"csrf": page.csrf, "hold_reason": "Case 12."})
    held_at = (await row_of(actor)).held_at
    lifted = await page.post(path, data={"csrf": page.csrf, "act": "lift"})

    assert (wrong.status_code, put.status_code, lifted.status_code) == (422, 303, 303)
    assert held_at is not None
    assert (await row_of(actor)).held_at is None


async def test_r33_the_command_lists_what_would_go_and_then_lets_it_go(sqlite_database):
    actor = await closed()
    long_ago = datetime(2000, 3, 2, tzinfo=UTC)
    await Account.update({Account.ended_at: long_ago}).where(Account.id == actor.id)
    environment = os.environ | {"CONNECT_DATABASE_URL": f"sqlite:///{sqlite_database.path}"}

    async def command(*options):
        call = [sys.executable, "-m", "connect", "retention", *options]
        done = await asyncio.to_thread(
            subprocess.run, call, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout, done.stderr.splitlines()[-1]

    dry = await command("--dry-run")
    still = (await row_of(actor)).status
    wet = await command()

    assert dry == (f"person\t{actor.id}\n", "1 would go. Files follow by the worker.")
    assert still == "closed"
    assert wet == (f"person\t{actor.id}\n", "1 went. Files follow by the worker.")
    assert (await row_of(actor)).status == "erased"
