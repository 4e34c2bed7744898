"""The coordinator's pages of the readiness program, without script."""

import re
from datetime import date

import make
from agencies import made
from connect.accounts.tables import RoleGrant
from connect.policy import Role
from connect.readiness.rosters import lines_of
from readiness.test_rosters import center
from rosters.staffed import completed, works

FIELDS = ["name", "category", "hired_on", "exempt_until"]


async def send(person, path, **fields):
    return await person.post(path, data={"csrf": person.csrf, **fields})


def words(answer):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


async def test_a_roster_is_taken_over_added_to_changed_matched_and_ended(database, browser, clock):
    agency, version = await center()
    ada = await works(agency, name="Ada A", category="telecommunicator")
    dana = await works(agency, name="Dana D", title="Dispatcher")
    for person in (ada, dana):
        await completed(person, version, date(2025, 6, 1))
    coordinator = await browser(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/roster"

    start = await coordinator.get(path)
    await send(coordinator, f"{path}/people")
    typed = {"name": "dana  d", "category": "telecommunicator"}
    await send(coordinator, path, **typed)
    again = await send(coordinator, path, **typed)
    seen = await coordinator.get(f"{path}?notice=added")
    line = next(line for line in await lines_of(agency.id) if line.account_id is None)
    await send(coordinator, f"{path}/{line.id}/match", account_id=str(dana.account))
    matched = await coordinator.get(path)
    await send(coordinator, f"{path}/{line.id}", exemption="leave", exempt_until="2026-06-30")
    waits = await coordinator.get(path)
    ended = await send(coordinator, f"{path}/{line.id}/end")

    assert "1 line of your list of people is not on the roster." in words(start)
    assert (again.status_code, "in that category already" in words(again)) == (422, True)
    assert "Telecommunicator 1 of 2 (50.0%) 0 dana d" in words(seen)
    assert "This is dana d, Dispatcher of your people" in words(seen)
    assert "Telecommunicator 2 of 2 (100.0%) 0 Nobody" in words(matched)
    assert "Exempt On long leave until June 30, 2026" in words(waits)
    assert ended.headers["location"].endswith("?notice=ended")
    assert [line.name for line in await lines_of(agency.id)] == ["Ada A"]


async def test_the_page_says_what_is_asked_and_who_is_missing(database, browser, clock):
    agency, version = await center()
    ada = await works(agency, name="Ada A", category="call-taker")
    await works(agency, name="Ben B", category="call-taker")
    await completed(ada, version, date(2025, 6, 1))
    coordinator = await browser(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/readiness"

    empty = words(await coordinator.get(path))
    await send(coordinator, f"/agencies/{agency.id}/roster/people")
    page = words(await coordinator.get(path))

    assert "Nobody is on your roster yet." in empty
    assert "1 of 2 (50.0%) 0 Ben B" in page
    assert "The director: executive briefing or seminar" in page
    assert "completed within 60 months Not met" in page
    assert "Critical No waiting period." in page
    assert "Quality assurance." in page
    assert "What your executive will affirm" in page


async def test_faults_of_a_line_keep_what_was_typed(database, browser, clock):
    agency, _ = await center()
    coordinator = await browser(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/roster"

    dana = await works(agency, name="Dana D")
    both = {"name": "Typed T", "account_id": str(dana.account), "category": "support"}
    doubtful = await send(coordinator, path, **both)
    bad = await send(coordinator, path, name="Typed T", category="", exempt_until="2026-06-30")
    many = await send(coordinator, path, hired_on="2030-01-01", exemption="leave")
    await send(coordinator, path, name="Typed T", category="call-taker")
    (line,) = await lines_of(agency.id)
    worse = await send(coordinator, f"{path}/{line.id}", exemption="leave")

    assert (bad.status_code, worse.status_code) == (422, 422)
    assert "Choose one of your people or write a name, not both." in words(doubtful)
    assert [many.text.count(f'id="{n}-error"') for n in FIELDS] == [1, 1, 1, 1]
    assert 'value="Typed T"' in bad.text
    assert "Write the last day of the exemption." in words(worse)


async def test_a_reviewer_reads_and_keeps_nothing(database, browser, clock):
    agency, _ = await center()
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.REVIEWER).save()
    reviewer = await browser(make.actor_of(account))

    page = await reviewer.get(f"/agencies/{agency.id}/roster")
    refused = await send(reviewer, f"/agencies/{agency.id}/roster", name="X", category="support")

    assert page.status_code == 200
    assert "Add somebody" not in page.text
    assert refused.status_code == 403
