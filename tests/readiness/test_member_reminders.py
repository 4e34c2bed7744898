"""The daily work on memberships, with the clock moved on day by day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from agencies import made
from connect.accounts.queries import account_of
from connect.accounts.tables import RoleGrant
from connect.agencies.tables import Agency
from connect.mail.tables import Mail
from connect.policy import Role
from connect.readiness.member_queries import members
from connect.readiness.reminders import look_at_terms, plan
from connect.readiness.tables import Membership, MembershipNotice, MembershipStep, ReviewState
from connect.readiness.term_rules import NEWER, NOBODY, RENEWED, UNDER_REVIEW
from readiness.reviewed import approve, close, member, review

END = date(2031, 3, 2)


def at(day, hour=0, minute=30):
    """A moment of a day in the organization's zone."""
    return datetime.combine(day, time(hour, minute), ZoneInfo("America/New_York")).astimezone(UTC)


async def coordinated(day=None):
    """An agency with a coordinator, and its first term."""
    agency = await made.agency()
    coordinator = await made.coordinator(agency)
    return agency, coordinator, await member(agency, day)


async def ledger(membership):
    rows = await MembershipNotice.objects().where(MembershipNotice.membership == membership)
    return {row.days_before: (row.decided_on, row.skipped) for row in rows}


async def walk(clock, first, last):
    """Move the clock from day to day, with the daily job on each.

    Returns what was planned for each day on the evening before, and what it then came to.
    """
    planned, done, day = {}, {}, first
    while day <= last:
        planned[day] = await plan(day)
        clock.set(at(day))
        sent = await Mail.count()
        for _ in range(1 + bool(planned[day])):  # it runs every hour
            await look_at_terms()
        done[day] = await plan(day), await Mail.count() - sent
        day += timedelta(days=1)
    return planned, done


def without_addresses(found):
    return [(d.membership, d.what, d.days_before, d.due_on, d.state, d.reason) for d in found]


async def six_years(clock):
    """Two members day by day: one from February 29 lapses, the other renews in time."""
    clock.set(at(date(2028, 2, 29)))
    leap = await coordinated()
    clock.set(at(date(2028, 3, 1)))
    other = await coordinated()
    planned, done = await walk(clock, date(2028, 3, 1), date(2033, 2, 10))
    renewal = await approve(await review(other[0], kind="renewal"))
    more = await walk(clock, date(2033, 2, 11), date(2034, 3, 5))
    return leap, other, renewal, planned | more[0], done | more[1]


async def test_over_six_years_each_reminder_goes_out_once_on_its_day(sqlite_database, clock):
    leap, other, renewal, planned, done = await six_years(clock)

    assert await ledger(leap[2].id) == {
        365: (date(2032, 2, 28), ""),
        180: (date(2032, 9, 1), ""),
        90: (date(2032, 11, 30), ""),
        30: (date(2033, 1, 29), ""),
        0: (date(2033, 2, 28), ""),
    }
    assert (await ledger(other[2].id))[0] == (date(2033, 3, 1), RENEWED)
    states = {row.id: (row.state, row.ended_on) for row in await Membership.objects()}
    assert states == {
        leap[2].id: ("lapsed", date(2033, 2, 28)),
        other[2].id: ("renewed", date(2033, 3, 1)),
        renewal.id: ("active", None),
    }
    for day, told in planned.items():
        assert without_addresses(told) == without_addresses(done[day][0]), day
        assert sum(len(due.to) for due in told) == done[day][1], day
    assert await Mail.count() == 5 + 4


async def test_the_right_day_is_that_of_the_organization(database, clock):
    await coordinated(date(2026, 3, 2))
    clock.set(at(END - timedelta(days=1), 23, 59))  # March 2 in UTC

    await look_at_terms()
    before = (await Membership.objects().first()).state
    clock.set(at(END, 0, 0))
    await look_at_terms()

    assert before == "active"
    row = await Membership.objects().first()
    assert (row.state, row.ended_on) == ("lapsed", END)
    assert await members(END) == []


async def test_a_worker_that_was_down_for_ten_days_sends_the_newest_and_says_so(database, clock):
    agency, _, term = await coordinated(date(2026, 3, 2))
    clock.set(at(END - timedelta(days=35)))
    await look_at_terms()
    clock.set(at(END + timedelta(days=5)))
    planned = await plan(END + timedelta(days=5))

    await look_at_terms()

    decided = await ledger(term.id)
    assert decided[30] == (END + timedelta(days=5), NEWER)
    assert decided[0] == (END + timedelta(days=5), "")
    assert (await Membership.objects().first()).ended_on == END
    [step] = await MembershipStep.objects().where(MembershipStep.state == "lapsed")
    assert step.day == END
    assert [due.what for due in planned] == ["reminder", "lapse"]
    subjects = [row["subject"] for row in await Mail.select(Mail.subject).order_by(Mail.id)]
    assert subjects[-1] == f"The readiness membership of {agency.name} is over"
    assert len(subjects) == 2


async def test_a_renewal_under_review_keeps_the_term_until_it_is_turned_down(database, clock):
    agency, _, term = await coordinated(date(2026, 3, 2))
    clock.set(at(END - timedelta(days=1)))
    renewal = await review(agency, kind="renewal")
    clock.set(at(END))
    await look_at_terms()
    during = (await Membership.objects().first()).state
    clock.set(at(END + timedelta(days=20)))
    await close(renewal, ReviewState.DECLINED)
    planned = await plan(END + timedelta(days=20))

    await look_at_terms()

    assert during == "active"
    assert (await ledger(term.id))[0] == (END, UNDER_REVIEW)
    assert (await Membership.objects().first()).ended_on == END + timedelta(days=20)
    assert without_addresses(planned) == without_addresses(await plan(END + timedelta(days=20)))
    assert [len(await members(END + timedelta(days=n))) for n in (0, 19, 20)] == [1, 1, 0]


async def test_coordinators_and_executives_are_told_and_nobody_else(database, clock):
    agency, coordinator, _ = await coordinated(date(2026, 3, 2))
    chief = await account_of(await made.coordinator(await made.agency()))
    await RoleGrant(account=chief.id, role=Role.EXECUTIVE, agency=agency.id).save()
    clock.set(at(date(2030, 3, 2)))

    [due] = await plan(date(2030, 3, 2))
    await look_at_terms()

    told = {row["to"] for row in await Mail.select(Mail.to)}
    assert told == set(due.to) == {(await account_of(coordinator)).email, chief.email}
    subject = (await Mail.objects().first()).subject
    assert subject == f"The readiness membership of {agency.name} ends on March 2, 2031"


async def test_an_agency_without_anybody_to_tell_stands_in_the_ledger_so(database, clock):
    term = await member(await made.agency(), date(2026, 3, 2))
    clock.set(at(date(2030, 3, 2)))

    await look_at_terms()

    assert await ledger(term.id) == {365: (date(2030, 3, 2), NOBODY)}
    assert await Mail.count() == 0


async def test_a_new_name_is_listed_from_the_day_on_and_not_before(database, clock):
    agency = await made.agency(name="Old Name Police")
    await member(agency)
    clock.move(timedelta(days=3))
    await Agency.update({Agency.name: "New Name Police"}).where(Agency.id == agency.id)

    await look_at_terms()
    await look_at_terms()

    names = [(await members(date(2026, 3, day)))[0].name for day in (2, 4, 5)]
    assert names == ["Old Name Police", "Old Name Police", "New Name Police"]
    assert await MembershipStep.count() == 2
