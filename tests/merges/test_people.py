"""Joining two accounts: what moves, what ends, what stays, and who may not."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import msgspec
import pytest

import make
from connect import security
from connect.accounts.authentication import cookie_name
from connect.accounts.queries import account_by_email
from connect.accounts.roles import Merged, grant_role
from connect.accounts.sign_in import WrongPassword, request_reset, sign_in
from connect.accounts.tables import (
    Account,
    AccountStatus,
    ApiToken,
    EligibilityCase,
    OneTimeLink,
    RoleGrant,
    Session,
)
from connect.accounts.verification import request_by_registrar
from connect.agencies.tables import Agency
from connect.audit import AuditEvent
from connect.certificates.tables import Certificate
from connect.clock import now
from connect.errors import Forbidden, Invalid, NotFound
from connect.learning.actions import Event, enroll, note_event
from connect.learning.tables import Completion, Enrollment
from connect.merges.actions import (
    NotAbove,
    NotOneself,
    NotStanding,
    merge_people,
    undo_merge,
)
from connect.merges.tables import Merge
from connect.policy import Role
from connect.reports.queries import counts
from connect.trainings.tables import Training
from merges import made

YEAR = date(2026, 1, 1), date(2026, 12, 31)
REGISTRAR = Role.REGISTRAR


async def test_records_move_and_a_repeat_is_counted_once(database, clock):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    first, second = await make.course(), await make.course()
    await made.completion(keep, first)
    repeat = await made.completion(gone, first)
    other_day = await made.completion(gone, first, date(2026, 3, 2))
    new = await made.completion(gone, second, state="OK")

    before = await counts(*YEAR, [])
    done = await merge_people(registrar, keep.id, gone.id)
    after = await counts(*YEAR, [])

    assert [(r.title, r.counted) for r in done.plan.repeats] == [(first.title, True)]
    moved = await Completion.objects().where(Completion.learner == keep.id)
    assert {row.id for row in moved} > {other_day.id, new.id}
    assert len(moved) == 3
    assert (await Completion.count(), await Training.count()) == (4, 4)  # nothing is lost
    assert await Certificate.count().where(Certificate.holder == keep.id) == 4
    voided = await Training.objects().where(Training.voided_by.is_not_null())
    assert [(row.id, row.voided_by) for row in voided] == [(repeat.training, done.merge.id)]
    kept = await Training.objects().get(Training.id == new.training)
    assert (kept.person, kept.state) == (keep.id, "OK")  # the fact as it stood
    assert (before.total.instances, before.total.persons) == (3, 2)
    assert (after.total.instances, after.total.persons) == (2, 1)
    assert after.total.repeats_not_counted == 1  # of another day


async def test_a_repeat_whose_twin_is_not_counted_stays_counted(database):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(discipline="parent"), await make.account()
    version = await make.course()
    await made.completion(keep, version, counts=False)
    await made.completion(gone, version)

    done = await merge_people(registrar, keep.id, gone.id)

    assert [repeat.counted for repeat in done.plan.repeats] == [False]
    found = await counts(*YEAR, [])
    assert (found.total.instances, found.total.persons) == (1, 1)
    assert await Training.count().where(Training.person == keep.id) == 1


@pytest.mark.parametrize(("kept_done", "gone_done", "open_is"), [(1, 1, "kept"), (0, 1, "gone")])
async def test_of_two_open_enrollments_the_one_that_is_further_goes_on(
    database, kept_done, gone_done, open_is
):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    version = await make.course()
    both = {
        "kept": await made.under_way(keep, version, done=kept_done),
        "gone": await made.under_way(gone, version, done=gone_done),
    }

    done = await merge_people(registrar, keep.id, gone.id)

    rows = {row.id: row for row in await Enrollment.objects()}
    assert {row.learner for row in rows.values()} == {keep.id}
    assert {n: rows[e.id].state == "in_progress" for n, e in both.items()} == {
        "kept": open_is == "kept",
        "gone": open_is == "gone",
    }
    await undo_merge(registrar, done.merge.id)
    assert {row.state for row in await Enrollment.objects()} == {"in_progress"}
    assert {row.learner for row in await Enrollment.objects()} == {keep.id, gone.id}


async def test_nothing_opens_the_account_that_is_gone(database, mailbox, work):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    await made.ways_in(gone)
    await made.role(gone, Role.COORDINATOR, await make.agency())
    case = await made.case(gone)

    await merge_people(registrar, keep.id, gone.id)
    await work()
    mailbox.clear()
    await request_reset("192.0.2.1", gone.email)
    await work()

    with pytest.raises(WrongPassword):
        await sign_in(gone.email, make.PASSWORD, "192.0.2.1")
    assert await account_by_email(gone.email) is None
    for table, column in ((Session, Session), (ApiToken, ApiToken), (RoleGrant, RoleGrant)):
        assert not await table.exists().where(column.account.is_in([keep.id, gone.id]))
    assert not await OneTimeLink.exists().where(OneTimeLink.used_at.is_null())
    assert [(mail.to, "joined with another one" in mail.subject) for mail in mailbox] == [
        (gone.email, True)
    ]
    ended = await EligibilityCase.objects().get(EligibilityCase.id == case.id)
    assert (ended.account, ended.state) == (gone.id, "expired")
    with pytest.raises(NotFound):  # a request that was under way
        await request_by_registrar(
            make.actor_of(gone), explanation="Me.", agency=None, document=None
        )


async def test_registering_with_the_address_that_is_gone_changes_nothing(
    database, client, mailbox, work
):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    await merge_people(registrar, keep.id, gone.id)
    await work()
    mailbox.clear()

    answer = await client.post(
        "/api/v1/accounts",
        json={
            "email": gone.email,
            "password": "another quiet harbor 9",
            "legal_name": "Somebody Else",
            "discipline": "educator",
            "state": "OK",
        },
    )
    await work()

    assert (answer.status_code, answer.json()) == (202, {"status": "pending_email"})
    stored = await Account.objects().get(Account.id == gone.id)
    assert (stored.legal_name, stored.status) == (gone.legal_name, AccountStatus.MERGED)
    assert [mail.to for mail in mailbox] == [gone.email]
    assert "joined with another one" in mailbox[0].subject


async def test_a_request_for_an_agency_goes_on_for_the_one_that_is_kept(database):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    draft = await make.agency(status="draft", opened_by=gone.id, words="cedar falls")
    twin = await make.agency(status="draft", opened_by=gone.id, words="ames")
    await make.agency(status="draft", opened_by=keep.id, words="ames")

    await merge_people(registrar, keep.id, gone.id)

    stored = {row.id: (row.opened_by, row.status) for row in await Agency.objects()}
    assert stored[draft.id] == (keep.id, "draft")
    assert stored[twin.id] == (gone.id, "declined")


async def test_a_preview_says_what_a_merge_then_does_and_changes_nothing(database, clock):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(title="Chief"), await make.account(title="Detective")
    version = await make.course()
    await made.completion(keep, version)
    await made.completion(gone, version)
    await made.completion(gone, await make.course())
    await made.ways_in(gone)
    before = await made.dump()

    told = await merge_people(registrar, keep.id, gone.id, dry_run=True)
    same = await made.dump() == before
    done = await merge_people(registrar, keep.id, gone.id)

    assert same
    assert [(s.table, s.row, s.column) for s in told.plan.steps] == [
        (s.table, s.row, s.column) for s in done.plan.steps
    ]
    assert (told.plan.facts, told.plan.repeats) == (done.plan.facts, done.plan.repeats)
    moved = {count.what: count.number for count in told.plan.moves()}
    assert moved == {
        "enrollment": 1,
        "completion": 1,
        "certificates": 2,
        "counted training": 1,
    }
    assert {count.what for count in told.plan.ends()} == {
        "unused mailed link",
        "session",
        "API token",
    }
    assert [f.name for f in told.plan.facts if f.differs] == [
        "Name",
        "Name on certificates",
        "Address",
        "Title",
    ]


async def test_both_owners_are_told_and_the_trail_knows(database, mailbox, work):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()

    done = await merge_people(registrar, keep.id, gone.id)
    await undo_merge(registrar, done.merge.id)
    await work()

    told = sorted(mail.to for mail in mailbox)
    assert told == sorted([keep.email, gone.email] * 2)
    assert not any(gone.email in m.body for m in mailbox if m.to == keep.email)
    acts = await AuditEvent.objects().where(AuditEvent.subject == str(gone.id)).order_by("at")
    assert [row.act for row in acts] == ["account.merged", "account.unmerged"]
    assert msgspec.json.decode(acts[0].details)["into"] == str(keep.id)


async def test_who_may_not_merge_whom(database):
    registrar, admin = await make.staff(REGISTRAR), await make.staff(Role.ADMIN)
    analyst, colleague = await make.staff(Role.ANALYST), await make.staff(REGISTRAR)
    one, other = await make.account(), await make.account()

    for keep, gone in ((registrar.id, one.id), (one.id, registrar.id)):
        with pytest.raises(NotOneself):
            await merge_people(registrar, keep, gone)
    for above in (admin.id, analyst.id, colleague.id):
        for keep, gone in ((above, one.id), (one.id, above)):
            with pytest.raises(NotAbove):
                await merge_people(registrar, keep, gone)
    with pytest.raises(Forbidden):
        await merge_people(analyst, one.id, other.id)
    assert await Merge.count() == 0

    done = await merge_people(admin, one.id, analyst.id)

    with pytest.raises(NotAbove):  # it would bring the analyst's role back
        await undo_merge(registrar, done.merge.id)
    await undo_merge(admin, done.merge.id)
    assert await RoleGrant.exists().where(RoleGrant.account == analyst.id)


async def test_which_accounts_cannot_be_merged(database):
    registrar = await make.staff(REGISTRAR)
    fine, taken = await make.account(), await make.account()
    unproved = await make.account(status=AccountStatus.PENDING_EMAIL, proved_at=None)
    await merge_people(registrar, fine.id, taken.id)
    closed, suspended = [
        await make.account(status=status)
        for status in (AccountStatus.CLOSED, AccountStatus.SUSPENDED)
    ]

    for gone in (fine, taken, closed, suspended):
        with pytest.raises(Invalid):
            await merge_people(registrar, fine.id, gone.id)
    for keep in (taken, closed, suspended, unproved):
        with pytest.raises(NotStanding):
            await merge_people(registrar, keep.id, fine.id)
    with pytest.raises(NotFound):
        await merge_people(registrar, uuid4(), fine.id)
    await merge_people(registrar, fine.id, unproved.id)


async def test_who_is_to_be_verified_anew_is_merged_and_parted_like_others(database):
    registrar = await make.staff(REGISTRAR)
    due, other = await make.account(status=AccountStatus.REVERIFY_DUE), await make.account()

    for keep, gone in ((due, other), (other, due)):
        done = await merge_people(registrar, keep.id, gone.id)
        await undo_merge(registrar, done.merge.id)

    states = {row.id: row.status for row in await Account.objects()}
    assert (states[due.id], states[other.id]) == ("reverify_due", "active_unverified")


async def test_of_merges_at_once_one_is_done(database):
    registrar = await make.staff(REGISTRAR)
    one, two = await make.account(), await make.account()
    await made.completion(two, await make.course())

    found = await asyncio.gather(
        merge_people(registrar, one.id, two.id),
        merge_people(registrar, one.id, two.id),
        merge_people(registrar, two.id, one.id),
        return_exceptions=True,
    )

    assert sum(not isinstance(f, Exception) for f in found) == 1, found
    assert await Merge.count() == 1
    assert await Account.count().where(Account.status == AccountStatus.MERGED) == 1


@pytest.mark.parametrize("turn", range(4))
async def test_whoever_completes_a_course_meanwhile_loses_nothing(database, turn):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    content, other = [make.content(components=[make.acknowledgement("read")]) for _ in range(2)]
    for course in (content, other):
        await make.course(course)
    actor = make.actor_of(gone)
    enrollment, _ = await enroll(actor, content.slug)

    async def merge():
        await asyncio.sleep(turn * 0.004)
        await merge_people(registrar, keep.id, gone.id)

    found = await asyncio.gather(
        merge(),
        note_event(actor, enrollment.id, "read", Event.ACKNOWLEDGE),
        enroll(actor, other.slug),
        return_exceptions=True,
    )

    assert [f for f in found if isinstance(f, Exception) and not isinstance(f, NotFound)] == []
    for table, column in (
        (Enrollment, Enrollment.learner),
        (Completion, Completion.learner),
        (Certificate, Certificate.holder),
        (Training, Training.person),
    ):
        assert await table.count().where(column == gone.id) == 0, table
    completed = not isinstance(found[1], NotFound)
    assert await Completion.count() == await Training.count() == int(completed)


async def test_a_role_is_granted_to_the_account_that_stands(database):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    agency = await make.agency()
    await merge_people(registrar, keep.id, gone.id)

    with pytest.raises(Merged):
        await grant_role(registrar, gone.id, Role.COORDINATOR, agency.id)

    await grant_role(registrar, keep.id, Role.COORDINATOR, agency.id)
    assert await RoleGrant.count().where(RoleGrant.account == keep.id) == 1


async def test_not_even_a_way_in_that_was_left_opens_it(database, api, client):
    registrar = await make.staff(REGISTRAR)
    keep, gone = await make.account(), await make.account()
    await merge_people(registrar, keep.id, gone.id)
    program = await api(make.actor_of(gone))
    secret = security.new_token()
    await Session(
        id_hash=security.token_hash(secret),
        account=gone.id,
        expires_at=now() + timedelta(days=1),
    ).save()
    client.cookies[cookie_name()] = secret

    assert (await program.get("/me")).status_code == 401
    assert (await client.get("/account")).status_code == 303
    await Account.update({Account.status: AccountStatus.ACTIVE_UNVERIFIED}).where(
        Account.id == gone.id
    )
    assert (await program.get("/me")).status_code == 200
    assert (await client.get("/account")).status_code == 200
