"""The coordinator's page without script: choosing, reminding, requiring, taking home."""

import io
import re
import zipfile
from datetime import date

import pytest

import make
from accounts.contents import count
from agencies import made
from connect.mail.tables import Mail
from connect.merges.actions import merge_agencies
from connect.policy import Role
from connect.rosters.queries import required_courses
from rosters.staffed import completed, course, requires, works


async def send(person, path, **fields):
    return await person.post(path, data={"csrf": person.csrf, **fields})


def words(answer):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


async def test_a_coordinator_requires_a_course_and_reminds_who_needs_it(database, browser, clock):
    agency = await made.agency(name="Town Police")
    version = await course("first", "First response")
    ada, ben = await works(agency, name="Ada A"), await works(agency, name="Ben B")
    sam = await works(agency, name="Sam S", consented=False)
    done = await completed(ben, version, date(2026, 1, 31))
    person = await browser(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/people"

    start = await person.get(path)
    required = await send(
        person,
        f"/agencies/{agency.id}/required-courses",
        required_course="first",
        required_category="",
        valid_months="24",
    )
    seen = await person.get(required.headers["location"])
    chosen = [str(row.id) for row in (ada, ben, sam)]
    reminded = await send(person, f"{path}/reminders", people=chosen, note="By Friday")
    released = await send(person, f"/agencies/{agency.id}/required-courses/first/end")

    assert "No course is required yet." in words(start)
    assert "The list of required courses is changed." in words(seen)
    assert "First response Everybody 24 months" in words(seen)
    told = f"Completed January 31, 2026, expires January 31, 2028, certificate {done.number}"
    assert told in words(seen)
    assert words(seen).count("Not shared") == 3  # the filter, the person, the course
    assert "2 reminders sent." in words(reminded)
    assert "No reminder to Ben B: has everything." in words(reminded)
    assert (released.status_code, await required_courses(agency.id)) == (303, [])
    assert await Mail.count() == 2


async def test_the_page_keeps_its_filters_and_what_was_chosen(database, browser):
    agency = await made.agency()
    await requires(agency, await course("first"))
    ada = await works(agency, name="Ada A", category="patrol")
    await works(agency, name="Ben B", category="support")
    person = await browser(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/people"

    found = await person.get(path, params={"category": "patrol", "state": "missing"})
    action = re.search(r'action="([^"]*reminders[^"]*)"', found.text)[1].replace("&amp;", "&")
    refused = await send(person, action, people=str(ada.id), note="see www.evil.example")
    nobody = await send(person, action, note="")
    nothing = await person.get(path, params={"q": "nobody", "include_former": "yes"})

    assert "Ada A" in words(found)
    assert "Ben B" not in words(found)
    assert "category=patrol&amp;state=missing" in found.text
    for answer in (refused, nobody):
        assert answer.status_code == 422
        assert "Ben B" not in words(answer)
    assert f'value="{ada.id}" checked' in " ".join(refused.text.split())
    assert "see www.evil.example</textarea>" in refused.text
    assert "Choose at least one person." in words(nobody)
    assert "Nobody fits" in words(nothing)
    assert (await person.get(path, params={"state": "x"})).status_code == 404
    assert (await person.get(path, params={"category": "x"})).status_code == 422
    assert await count("mail") == 0


async def test_what_is_wrong_with_a_requirement_is_told_beside_it(database, browser):
    agency = await made.agency()
    person = await browser(await made.coordinator(agency))
    path = f"/agencies/{agency.id}/required-courses"

    empty = await send(person, path, required_course="", valid_months="x")
    unknown = await send(person, path, required_course="nowhere")

    assert empty.status_code == 422
    assert re.findall(r'<a href="#(\w+)">', empty.text) == ["required_course", "valid_months"]
    assert unknown.status_code == 404
    assert await count("required_course") == 0


async def test_the_files_are_links_of_the_page(database, browser):
    agency = await made.agency()
    await works(agency, name="Ada A")
    person = await browser(await made.coordinator(agency))
    page = await person.get(f"/agencies/{agency.id}/people", params={"q": "ada"})

    links = re.findall(r'href="(/agencies/[^"]+\.(?:csv|zip)[^"]*)"', page.text)
    table, certificates = [await person.get(link) for link in links]

    assert "Ada A" in table.text
    assert zipfile.ZipFile(io.BytesIO(certificates.content)).namelist() == ["manifest.csv"]


@pytest.mark.parametrize("rows", [1, 3])
async def test_the_page_costs_the_same_whatever_its_length(database, browser, queries, rows):
    agency = await made.agency()
    for n in range(rows):
        version = await course(f"c{n}")
        await requires(agency, version)
        await completed(await works(agency), version, date(2020, 1, 1))
    person = await browser(await made.coordinator(agency))
    queries.clear()

    answer = await person.get(f"/agencies/{agency.id}/people")

    assert answer.status_code == 200
    # Who asks, the agency, its family, the courses, the people, what they completed; the
    # courses again for the page, and those that can be required.
    assert len(queries) == 8


async def test_who_finds_the_link_and_the_page(database, browser, client):
    ours, theirs = await made.agency(), await made.agency()
    path = f"/agencies/{ours.id}"
    finds = {
        await made.coordinator(ours): True,
        await make.staff(Role.AUDITOR): True,
        await make.staff(Role.REGISTRAR): True,
        await made.coordinator(theirs): False,
        await make.learner(): False,
    }
    for actor, found in finds.items():
        person = await browser(actor)
        assert (f'href="{path}/people"' in (await person.get(path)).text) is found
        assert (await person.get(f"{path}/people")).status_code == (200 if found else 404)
    assert "/people" not in (await client.get(path)).text
    answer = await client.get(f"{path}/people")
    assert answer.headers["location"] == f"/login?next={path}/people"


async def test_an_auditor_reads_and_changes_nothing(database, browser):
    agency = await made.agency()
    await requires(agency, await course("first"))
    ada = await works(agency)
    person = await browser(await make.staff(Role.AUDITOR))

    page = await person.get(f"/agencies/{agency.id}/people")
    sent = await send(person, f"/agencies/{agency.id}/people/reminders", people=str(ada.id))

    assert 'type="checkbox" value="' not in " ".join(page.text.split()).split("<table")[1]
    assert "Send reminders" not in page.text
    assert "Stop requiring" not in page.text
    assert sent.status_code == 403


async def test_the_page_of_a_merged_agency_leads_on(database, browser):
    kept, dropped = await made.agency(), await made.agency()
    registrar = await make.staff(Role.REGISTRAR)
    await merge_agencies(registrar, kept.id, dropped.id)
    person = await browser(registrar)

    answer = await person.get(f"/agencies/{dropped.id}/people")

    assert answer.headers["location"] == f"/agencies/{kept.id}/people"
