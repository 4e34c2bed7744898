"""A course manager opens a failed course again and takes it back; the learner sees what is left."""

from playwright.async_api import expect

import make
from connect.policy import Role
from learning.test_overrides import WHY, begun, failed


async def planned():
    content = make.content(
        title="Long-term missing children",
        components=[
            make.lesson("one"),
            make.component_quiz("final", max_attempts=2),
            make.acknowledgement("promise"),
        ],
    )
    await make.course(content)
    return content


async def test_a_failed_course_is_opened_again_by_keyboard_without_script(
    person, clock, watch, album
):
    watch.refusals = {422}
    course = await planned()
    await failed(course)
    manager = await person(await make.staff(Role.AUTHOR), script=False, keyboard=True)
    page = manager.page

    await manager.open("/admin/enrollments")
    await album.look_without_script(page, "enrollments")
    await manager.follow(course.title)
    await manager.send("Open the course again")
    await expect(page.locator(".error-summary li")).to_have_count(2)
    await album.look_without_script(page, "enrollment-failed")
    await manager.write("Why", WHY["reason"])
    await manager.write("Evidence", WHY["evidence"])
    await manager.send("Open the course again")
    await expect(page.get_by_role("status").first).to_contain_text("Recorded by hand.")

    await expect(page.get_by_text("Attempts given anew")).to_be_visible()


async def test_a_step_is_recorded_by_hand_and_taken_back(person, clock, watch, album):
    watch.refusals = {422}
    course = await planned()
    actor, _ = await begun(course)
    manager = await person(await make.staff(Role.ADMIN))
    page = manager.page

    await manager.open(f"/admin/people/{actor.id}")
    await manager.follow("Courses of this person")
    await album.look(page, "person-courses")
    await manager.follow(course.title)
    await manager.choose("Step that counts as done", "One")
    await manager.write("Why", WHY["reason"])
    await manager.write("Evidence", WHY["evidence"])
    await manager.send("Count the step as done")
    await album.look(page, "enrollment-by-hand")
    learner = await person(actor)
    await learner.open(f"/courses/{course.slug}")
    await album.look(learner.page, "course-what-is-left")
    await page.get_by_text("Take it back").click()
    await manager.send("Take back")
    await expect(page.locator(".error-summary li")).to_have_count(1)
    await album.look(page, "enrollment-take-back")
    await manager.write("Why it is taken back", "It was somebody else.")
    await manager.send("Take back")

    await expect(page.get_by_role("status").first).to_contain_text("Taken back.")
    await album.look(page, "enrollment-taken-back")
