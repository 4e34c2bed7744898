"""Lessons: time is counted while they are open, Next says why it waits, places are kept."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

import make
from connect.catalog.actions import publish_folder
from connect.config import ROOT
from connect.learning.actions import enroll
from connect.learning.tables import Progress
from connect.policy import SYSTEM

HALF_MINUTE = timedelta(seconds=30)


@pytest.fixture
async def learner(database, clock):
    return await make.learner()


async def begun(learner, *components):
    """The address of a course of *components* that the learner has enrolled in."""
    content = make.content(components=[*components])
    await make.course(content)
    enrollment, _ = await enroll(learner, content.slug)
    return f"/learn/{enrollment.id}"


async def test_heartbeats_count_time_until_next_opens(person, learner, clock, album):
    course = await begun(learner, make.lesson("one", min_seconds=60), make.lesson("two"))
    someone = await person(learner)
    page = someone.page
    await page.clock.install()
    async with page.expect_response("**/heartbeat"):
        await someone.open(f"{course}/one")
    await someone.press("Next")
    await expect(page.locator("[data-time-status]")).to_have_text(
        "Not yet. About a minute is left before Next."
    )

    for counted in (30, 60):
        clock.move(HALF_MINUTE)
        async with page.expect_response("**/heartbeat") as told:
            await page.clock.fast_forward(31_000)
        assert (await (await told.value).json())["seconds"] == counted

    await expect(page.locator("[data-time-status]")).to_have_text(
        "The time for this step is met. You can continue."
    )
    await album.look(page, "lesson-time-met")
    await someone.send("Next")
    assert await someone.heading() == "Two"
    row = await Progress.objects().where(Progress.component == "one").first()
    assert (row.seconds, row.done_at) == (60, clock.now)


@pytest.mark.parametrize("script", [True, False])
async def test_continue_leads_to_the_exact_place(person, learner, script):
    await begun(learner, *(make.lesson(name) for name in ("one", "two", "three")))
    someone = await person(learner, script=script)
    await someone.open("/")
    await someone.send("Continue " + await course_title(someone))
    await someone.send("Next")
    await someone.follow("One", within="aside")

    await someone.open("/")
    await someone.send("Continue " + await course_title(someone))

    assert await someone.heading() == "Two"


async def course_title(someone):
    return await someone.page.locator("h2").first.inner_text()


async def test_the_step_list_leads_to_what_is_open_and_to_nothing_else(person, learner):
    await begun(
        learner,
        make.lesson("one"),
        make.component_quiz("extra", required=False),
        make.lesson("two"),
        make.lesson("three"),
    )
    someone = await person(learner, script=False)
    await someone.open("/")
    await someone.send("Continue " + await course_title(someone))
    steps = someone.page.locator("aside")
    assert await steps.locator("a, button").count() == 0
    await someone.send("Next")

    assert await steps.get_by_role("link").all_inner_texts() == ["One"]
    assert await steps.get_by_role("button").all_inner_texts() == ["Two"]
    await someone.send("Two")
    await someone.send("Next")  # no script told the time, so it began with the way here

    assert await someone.heading() == "Three"


async def test_a_practice_quiz_may_be_skipped(person, learner):
    course = await begun(
        learner, make.component_quiz("extra", required=False), make.lesson("one", min_seconds=60)
    )
    someone = await person(learner)
    await someone.open(course)

    await someone.send("Skip it")

    assert await someone.heading() == "One"


async def test_a_lesson_shows_its_pictures_and_prints_without_the_frame(
    person, learner, clock, album
):
    await publish_folder(SYSTEM, ROOT / "courses" / "first-response")
    enrollment, _ = await enroll(learner, "first-response")
    done = Progress(enrollment=enrollment.id, component="no-waiting", done_at=clock.now)
    await Progress.insert(done)
    someone = await person(learner)
    page = someone.page
    await someone.open(f"/learn/{enrollment.id}/two-hours")

    assert await page.locator(".prose img").count() > 0
    await album.look(page, "lesson-picture")
    await page.emulate_media(media="print")
    for hidden in ("header", "footer", "form[data-next]", "aside"):
        await expect(page.locator(hidden).first).to_be_hidden()
    await album.keep(page, "lesson-print")
