"""Scenario 17: a membership comes to its end, is renewed from the old end, and later lapses."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from connect import clock as now
from connect import jobs
from connect.accounts.tables import Account, Affiliation
from connect.catalog.tables import CourseVersion
from connect.readiness import applications, reviewing
from connect.readiness.tables import Review, RosterLine
from readiness.applying import affirmed, policy
from readiness.deciding import (
    FACTS,
    PAGES,
    Handed,
    all_met,
    approver,
    handed_in,
    on_roster,
    pointed,
    present,
    reviewer,
)
from rosters.staffed import completed

FIRST, SECOND, END = date(2026, 5, 10), date(2031, 5, 10), date(2036, 5, 10)


def noon(day):
    return datetime.combine(day, time(12), ZoneInfo("America/New_York"))


async def trained(name, code, day):
    """Somebody of the agency completes a course."""
    account = await Account.objects().get(Account.legal_name == name)
    person = await Affiliation.objects().get(Affiliation.account == account.id)
    version = await CourseVersion.objects().get(CourseVersion.code == code)
    await completed(person, version, day)


async def decided(api, handed):
    """The review is done, and another person approves."""
    by = await reviewer()
    await all_met(by, handed)
    await reviewing.recommend(by, handed.review.id, await present(handed))
    answer = await (await api(await approver())).post(
        f"/reviews/{handed.review.id}/decision",
        json={"verdict": "approved", "reasons": "", "hash": await present(handed)},
    )
    assert answer.status_code == 200, answer.text


async def test_a_membership_is_renewed_from_the_old_end_and_later_lapses(
    database, api, browser, client, clock, work, mailbox
):
    async def day_begins(day):
        clock.set(noon(day))
        await jobs.enqueue("readiness.look_at_terms")
        await work()

    async def listed(day):
        answer = await client.get(f"/api/v1/members?as_of={day}")
        return [(m["since"], m["until"]) for m in answer.json()["items"]]

    async def asks_for(kind):
        program = await api(handed.coordinator)
        return await program.post(f"/agencies/{handed.agency.id}/reviews", json={"kind": kind})

    clock.set(noon(FIRST))
    handed = await handed_in()
    await decided(api, handed)

    # Twelve months before the end the window opens, and mail goes out: not a day earlier.
    window = date(2030, 5, 10)
    await day_begins(window - timedelta(days=1))
    mailbox.clear()
    early = await asks_for("renewal")
    await day_begins(window)
    assert [mail.subject for mail in mailbox] == [
        "The readiness membership of Cedar Valley 911 ends on May 10, 2031"
    ]
    opened = await asks_for("renewal")
    assert (early.status_code, opened.status_code) == (422, 201)

    # The director's briefing is older than five years, and whoever was hired since is untrained.
    clock.set(noon(date(2031, 4, 28)))
    await on_roster(
        handed.agency, handed.coordinator, "Nell New", "call-taker", since=date(2027, 2, 1)
    )
    roster = await (await api(handed.coordinator)).get(f"/agencies/{handed.agency.id}/roster")
    coverage = roster.json()["coverage"]
    assert coverage["ecc-executive"]["missing"] == ["Dee Director"]
    assert coverage["call-taker"]["missing"] == ["Nell New"]
    await trained("Nell New", "TCME-101", now.today())
    await trained("Dee Director", "CEO-BRIEF", now.today())

    # Approved before the end: the new term begins where the old one ends, and nobody is off the
    # list for a day.
    review = await Review.objects().get(Review.id == opened.json()["id"])
    await applications.answer(handed.coordinator, review.id, FACTS)
    pages = msgspec.json.encode(PAGES).decode()
    document = await policy(review, handed.coordinator, pages=pages)
    passage = "A report is taken at once."
    await pointed(review, handed.coordinator, document, "no-waiting", passage)
    await affirmed(review, handed.coordinator)
    review = await applications.submit(handed.coordinator, review.id)
    clock.set(noon(date(2031, 5, 1)))
    await decided(api, Handed(handed.agency, handed.coordinator, review, document))
    await day_begins(SECOND)
    assert await listed(SECOND - timedelta(days=1)) == [(str(FIRST), str(SECOND))]
    assert await listed(SECOND) == [(str(FIRST), str(END))]

    # Without another renewal it lapses on the day, whatever day a list is asked for.
    await day_begins(END - timedelta(days=1))
    assert len(await listed(END - timedelta(days=1))) == 1
    mailbox.clear()
    await day_begins(END)
    assert [mail.subject for mail in mailbox] == [
        "The readiness membership of Cedar Valley 911 is over"
    ]
    assert await listed(END) == []
    assert len(await listed(END - timedelta(days=1))) == 1
    agency = (await client.get(f"/api/v1/agencies/{handed.agency.id}")).json()
    assert agency["membership"] is None

    # All cycles stay visible, and whoever comes back starts as new.
    page = (await (await browser(handed.coordinator)).get(f"/agencies/{handed.agency.id}")).text
    for words in ("May 10, 2026 to May 10, 2031", "May 10, 2031 to May 10, 2036"):
        assert words in page
    assert "Not a member today." in page
    late, anew = await asks_for("renewal"), await asks_for("new")
    assert (late.status_code, anew.status_code) == (422, 201)
    assert await RosterLine.count() == 3
