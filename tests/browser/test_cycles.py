"""A learner takes what changed, leaves, and sees which completion stands."""

from playwright.async_api import expect

import make
from connect.learning.actions import Event, enroll, note_event
from learning.test_cycles import finish, newer, version


async def test_a_learner_takes_what_changed_by_keyboard_without_script(person, clock, album):
    old = version(title="Long-term missing children", valid_months=24)
    await make.course(old)
    actor = await make.learner()
    await finish(actor, old.slug)
    someone = await person(actor, script=False, keyboard=True)
    page = someone.page
    await someone.open(f"/courses/{old.slug}")
    await album.look_without_script(page, "course-again")
    await make.course(newer(old, valid_months=24), number=2)

    await someone.open(f"/courses/{old.slug}")
    await album.look_without_script(page, "course-changed")
    await someone.send("Take what changed")
    assert await someone.heading() == "Two"
    await album.look_without_script(page, "lesson-carried-over")
    await someone.open(f"/courses/{old.slug}")
    await album.look_without_script(page, "course-carried-over")
    await page.get_by_text("Leave this course").press("Enter")
    await someone.send("Leave")

    await expect(page.get_by_role("status").first).to_contain_text("You left this course.")
    await someone.open("/transcript")
    await expect(page.get_by_text("Expires March 2, 2028")).to_be_visible()


async def test_a_learner_goes_on_with_a_new_version_without_script(person, clock, album):
    old = version(title="Long-term missing children")
    await make.course(old)
    actor = await make.learner()
    row, _ = await enroll(actor, old.slug)
    await note_event(actor, row.id, "one", Event.OPEN)
    await note_event(actor, row.id, "one", Event.CLOSE)
    await make.course(newer(old), number=2)
    someone = await person(actor, script=False, keyboard=True)

    await someone.open(f"/courses/{old.slug}")
    await album.look_without_script(someone.page, "course-newer")
    await someone.send("Go on with the new version")

    status = someone.page.get_by_role("status").first
    await expect(status).to_contain_text("You go on with the new version.")
    await expect(someone.page.get_by_role("heading", name="A new version is out")).to_have_count(0)
