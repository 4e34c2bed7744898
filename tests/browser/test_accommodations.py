"""Staff grant somebody more time and attempts, and the learner finds them before the test."""

from playwright.async_api import expect

import make
from connect.learning.actions import enroll
from connect.policy import Role


async def test_staff_grant_more_time_and_the_learner_is_told(database, person, watch, album, clock):
    watch.refusals = {422}
    quiz = make.component_quiz("final", time_limit_minutes=30, max_attempts=3)
    content = make.content(title="Calls at night", components=[quiz])
    await make.course(content)
    learner = await make.learner(legal_name="Robin Vega")
    enrollment, _ = await enroll(learner, content.slug)
    staff = await person(await make.staff(Role.REGISTRAR), keyboard=True)

    await staff.open(f"/admin/people/{learner.id}")
    await staff.follow("Courses of this person")
    await staff.follow("Calls at night")
    await staff.follow("Accommodations for its tests")
    await staff.write("Extra time, in percent (optional)", "50")
    await staff.write("More attempts (optional)", "many")
    await staff.send("Save accommodations")
    await album.look(staff.page, "accommodations-errors")
    await staff.write("More attempts (optional)", "2")
    await staff.write("Why", "Asked for by letter")
    await staff.send("Save accommodations")
    await expect(staff.page.get_by_text("The accommodations are saved.")).to_be_visible()
    await album.look(staff.page, "accommodations")
    someone = await person(learner)
    await someone.open(f"/learn/{enrollment.id}/final")

    await expect(someone.page.locator(".next li")).to_have_text(
        [
            "2 questions, saved as you answer. You may leave and come back.",
            "You need 80% to pass.",
            "5 attempts left, with the 2 more that you were granted.",
            "You have 45 minutes once you start, with the 50% more that you were granted.",
        ]
    )
    await album.look(someone.page, "test-start-eased")
