"""Terms that are given, continued, suspended, revoked."""

from datetime import UTC, date, datetime, timedelta

import pytest

import make
from agencies import made
from connect.accounts.queries import account_of
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid
from connect.policy import Role
from connect.readiness import memberships
from connect.readiness.member_queries import members
from connect.readiness.memberships import current_of
from connect.readiness.tables import (
    Membership,
    MembershipState,
    MembershipStep,
    RecognitionTask,
    ReviewState,
)
from readiness.reviewed import approve, approver, close, member, review


async def test_an_approval_makes_a_member_for_sixty_months(database, clock):
    agency = await made.agency(name="Cedar Falls Police Department")

    term = await approve(await review(agency), date(2026, 3, 2))

    assert (term.starts_on, term.ends_on) == (date(2026, 3, 2), date(2031, 3, 2))
    assert term.number == "M-2026-0001"
    assert (term.population, term.population_source, term.population_year) == (
        41200,
        "Census 2020",
        2020,
    )
    assert {task.task for task in await RecognitionTask.objects()} == {
        "certificate",
        "plaque",
        "press",
        "listing",
        "announcement",
    }
    [listed] = await members(date(2026, 3, 2))
    assert (listed.name, listed.kind, listed.state, listed.county) == (
        "Cedar Falls Police Department",
        "law-enforcement",
        "IA",
        "Black Hawk",
    )
    assert (listed.since, listed.until) == (term.starts_on, term.ends_on)
    assert await members(date(2026, 3, 1)) == []
    [event] = await AuditEvent.objects().where(AuditEvent.act == "membership.admitted")
    assert event.subject == str(term.id)


async def test_a_term_from_february_29_ends_on_february_28(database, clock):
    clock.set(datetime(2028, 2, 29, 15, tzinfo=UTC))

    term = await member()

    assert term.ends_on == date(2033, 2, 28)


async def test_a_renewal_runs_from_the_old_end_and_keeps_number_and_first_day(database, clock):
    agency = await made.agency()
    first = await member(agency, date(2023, 5, 10))
    clock.set(datetime(2028, 5, 1, 15, tzinfo=UTC))
    renewal = await review(agency, kind="renewal")

    second = await approve(renewal)

    assert (second.starts_on, second.ends_on) == (date(2028, 5, 10), date(2033, 5, 10))
    assert (second.number, second.member_since) == (first.number, date(2023, 5, 10))
    assert (await current_of(agency.id, date(2028, 5, 9))).id == first.id
    assert (await current_of(agency.id, date(2028, 5, 10))).id == second.id
    clock.set(datetime(2028, 5, 10, 15, tzinfo=UTC))  # no daily job has run
    assert [m.id for m in await members(date(2028, 5, 10))] == [second.id]


async def test_a_renewal_decided_late_keeps_the_term_and_continues_it(database, clock):
    agency = await made.agency()
    first = await member(agency, date(2023, 5, 10))
    clock.set(datetime(2028, 5, 9, 15, tzinfo=UTC))
    renewal = await review(agency, kind="renewal")
    clock.set(datetime(2028, 6, 1, 15, tzinfo=UTC))
    held = [m.id for m in await members(date(2028, 5, 31))]

    second = await approve(renewal)

    assert held == [first.id]
    assert second.starts_on == date(2028, 5, 10)
    assert [m.id for m in await members(date(2028, 5, 31))] == held
    assert [m.id for m in await members(date(2028, 6, 1))] == [second.id]
    row = await Membership.objects().get(Membership.id == first.id)
    assert (row.state, row.ended_on) == (MembershipState.RENEWED, date(2028, 6, 1))


async def test_whoever_is_late_starts_anew(database, clock):
    agency = await made.agency()
    await member(agency, date(2023, 5, 10))
    clock.set(datetime(2028, 5, 11, 15, tzinfo=UTC))
    late = await review(agency, kind="renewal")

    second = await approve(late)

    assert (second.starts_on, second.number) == (date(2028, 5, 11), "M-2028-0001")
    assert second.member_since == date(2028, 5, 11)


async def test_a_renewal_that_was_turned_down_ends_the_term_on_that_day(database, clock):
    agency = await made.agency()
    await member(agency, date(2023, 5, 10))
    clock.set(datetime(2028, 5, 9, 15, tzinfo=UTC))
    renewal = await review(agency, kind="renewal")
    clock.set(datetime(2028, 6, 1, 15, tzinfo=UTC))
    await close(renewal, ReviewState.DECLINED)

    assert await current_of(agency.id, date(2028, 6, 1)) is None
    assert len(await members(date(2028, 5, 31))) == 1
    assert await members(date(2028, 6, 1)) == []


async def test_suspending_takes_off_the_list_and_reinstating_puts_back(
    database, clock, mailbox, work
):
    agency = await made.agency()
    coordinator = await made.coordinator(agency)
    term = await member(agency)
    actor = await approver()

    clock.move(timedelta(days=1))
    await memberships.suspend(actor, term.id, reason="False information")
    suspended = await members(date(2026, 3, 3))
    clock.move(timedelta(days=1))
    await memberships.reinstate(actor, term.id, reason="It was a mistake")
    await work()

    assert suspended == []
    assert [len(await members(date(2026, 3, day))) for day in (2, 3, 4)] == [1, 0, 1]
    bodies = {mail.subject: mail.body for mail in mailbox}
    suspension = f"The readiness membership of {agency.name} is suspended"
    assert bodies.keys() == {
        suspension,
        f"The readiness membership of {agency.name} is active again",
    }
    assert "False information" in bodies[suspension]
    assert {mail.to for mail in mailbox} == {(await account_of(coordinator)).email}
    steps = await MembershipStep.objects().order_by(MembershipStep.place)
    assert [step.reason for step in steps] == ["", "False information", "It was a mistake"]


async def test_a_revocation_ends_the_term_and_one_that_was_approved_to_follow(database, clock):
    agency = await made.agency()
    first = await member(agency, date(2023, 5, 10))
    clock.set(datetime(2028, 5, 1, 15, tzinfo=UTC))
    second = await approve(await review(agency, kind="renewal"))

    await memberships.revoke(await approver(), first.id, reason="The affirmation was not true")

    states = {row.id: row.state for row in await Membership.objects()}
    assert states == {first.id: "revoked", second.id: "revoked"}
    assert await members(date(2028, 5, 1)) == []
    assert await current_of(agency.id, date(2028, 6, 1)) is None
    with pytest.raises(memberships.IsOver):
        await memberships.reinstate(await approver(), first.id, reason="No")


async def test_what_cannot_be_done_is_refused_in_words(database, clock):
    term = await member()
    actor = await approver()

    with pytest.raises(memberships.NotSuspended):
        await memberships.reinstate(actor, term.id, reason="Again")
    with pytest.raises(Invalid):
        await memberships.suspend(actor, term.id, reason="  ")
    with pytest.raises(memberships.IsOver):
        clock.set(datetime(2031, 3, 2, 15, tzinfo=UTC))
        await memberships.suspend(actor, term.id, reason="Too late")
    assert (await Membership.objects().first()).state == "active"


async def test_numbers_have_no_gaps_over_the_members_of_a_year(database, clock):
    numbers = [(await member()).number for _ in range(3)]
    clock.set(datetime(2027, 1, 1, 15, tzinfo=UTC))
    numbers.append((await member()).number)

    assert numbers == ["M-2026-0001", "M-2026-0002", "M-2026-0003", "M-2027-0001"]


async def test_a_reviewer_changes_no_membership(database, clock):
    term = await member()

    with pytest.raises(Forbidden):
        await memberships.suspend(await make.staff(Role.REVIEWER), term.id, reason="Because")
