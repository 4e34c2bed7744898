"""A path is followed to its certificate; a course is assigned after a look at who is reached."""

from datetime import date

import make
from agencies import made
from connect.paths.actions import publish_path
from connect.policy import SYSTEM, Role
from paths.followed import MODULES, content, finish, modules
from rosters.staffed import completed, course, works

TITLES = {
    "module-a": "Introduction: missing children and who does what",
    "module-b": "Patrol response",
    "module-c": "When the child comes home",
}


async def a_path():
    await modules()
    await publish_path(
        SYSTEM,
        content(
            slug="introduction-and-patrol-response",
            title="Introduction and patrol response",
            summary="What everybody in a department knows first, and what patrol does.",
            valid_months=24,
        ),
    )


async def test_a_path_is_followed_to_its_end(person, clock, album, work):
    ada = await make.learner(legal_name="Ada Officer")
    someone = await person(ada)
    page = someone.page
    await someone.open("/paths")
    await album.look(page, "paths-empty")
    await a_path()
    await someone.open("/courses")
    await someone.follow("learning paths")
    await album.look(page, "paths")
    await someone.follow("Introduction and patrol response")
    await album.look(page, "path-visitor")
    await someone.send("Follow this path")
    await finish(ada, MODULES[2], all_of_it=False)
    await someone.send("Start Module-a")
    await someone.open("/paths/introduction-and-patrol-response")
    await album.look(page, "path-begun")
    for slug in MODULES:
        await finish(ada, slug)
    await work()
    await page.reload()

    assert "Completed" in await page.locator("aside.course-act").inner_text()
    await album.look(page, "path-completed")
    await someone.open("/transcript")
    await album.look(page, "transcript-path")
    await someone.open("/paths/introduction-and-patrol-response")
    await someone.follow("See certificate")
    assert "Introduction and patrol response" in await page.locator("main").inner_text()


async def test_a_course_is_assigned_after_a_look_at_who_is_reached(
    person, clock, watch, album, work
):
    version = await course("first", "First response to a missing child report")
    agency = await made.agency(name="Cedar Falls Police Department")
    ada = await make.account(legal_name="Ada Officer", title="Sergeant")
    await works(agency, account=ada)
    await works(agency, name="Ben Officer")
    done = await works(agency, name="Cy Officer")
    await completed(done, version, date(2026, 1, 12))
    staff = await make.staff(Role.REGISTRAR, discipline=None)
    someone = await person(staff)
    page = someone.page
    await someone.open("/admin")
    await someone.follow("Assignments")
    await album.look(page, "assignments-empty")
    await someone.follow("Assign something")
    await album.look(page, "assignment-new")
    watch.refusals = {422}
    await someone.send("See who is reached")
    await album.look(page, "assignment-errors")
    await someone.open(f"/assignments/new?agency_id={agency.id}")
    await someone.choose("Course or path", "First response to a missing child report")
    await someone.write("Due date (optional)", "2026-03-31")
    await someone.send("See who is reached")
    await album.look(page, "assignment-preview")
    await someone.send("Assign and send 2 mails")
    await work()
    await page.reload()
    await album.look(page, "assignment-made")
    assert "Ada Officer" in await page.locator("tbody").inner_text()
    await someone.follow("Assignments")
    await album.look(page, "assignments")
    await someone.follow("Reminders by day")
    await album.look(page, "reminders-none")
    await someone.write("Day", "2026-03-24")
    await someone.send("Show")
    await album.look(page, "reminders")
    learner = await person(make.actor_of(ada))
    await learner.open("/")
    await album.look(learner.page, "home-assigned")

    assert "Due March 31, 2026" in await learner.page.locator("main").inner_text()


async def test_an_assignment_is_made_without_script(person, clock, album, work):
    await course("first", "First response to a missing child report")
    agency = await made.agency(name="Cedar Falls Police Department")
    await works(agency, name="Ada Officer")
    someone = await person(await made.coordinator(agency), script=False)
    await someone.open("/assignments/new")
    await someone.choose("Course or path", "First response to a missing child report")
    await someone.write("Or days after joining (optional)", "30")
    await someone.send("See who is reached")
    await album.look_without_script(someone.page, "assignment-no-script")
    await someone.send("Assign and send 1 mail")
    await work()
    await someone.page.reload()

    assert "Ada Officer" in await someone.page.locator("tbody").inner_text()
