"""A recording in a real browser: it waits to be started, has captions, and keeps its place."""

import pytest
from playwright.async_api import expect

import make
from catalog.course_folder import COURSE, RECORDED, tone, write_course
from connect.catalog.actions import publish_folder
from connect.learning.actions import enroll
from connect.learning.tables import Progress
from connect.policy import SYSTEM

ACCESS = 'access = {disciplines = ["educator"], agency_kinds = ["school"], titles = ["Guard"]}'
LONG = RECORDED | {
    "course.toml": RECORDED["course.toml"]
    .replace(ACCESS, 'access = "verified"')
    .replace("sequence = true", "sequence = false")
    .replace("min_seconds = 60\n", ""),
    "media/talk.wav": tone(seconds=40),
}


@pytest.fixture
async def course(database, clock, tmp_path):
    assert ACCESS in COURSE
    await publish_folder(SYSTEM, write_course(tmp_path, **LONG))
    learner = await make.learner(verified_at=make.now())
    enrollment, _ = await enroll(learner, "lost-at-the-fair")
    return learner, f"/learn/{enrollment.id}"


@pytest.mark.parametrize("script", [True, False])
async def test_a_recording_is_heard_read_and_finished(course, person, album, watch, script):
    watch.refusals.add(409)  # without script a step that was reached by a link begins with Next
    learner, address = course
    someone = await person(learner, script=script)
    page = someone.page

    await someone.open(f"{address}/talk")
    if not script:  # its time begins with the first press
        await someone.send("Next")

    audio = page.locator("audio")
    assert await audio.get_attribute("autoplay") is None
    assert await page.locator("track[kind=captions][srclang=en]").count() == 1
    await page.get_by_text("Read the transcript").click()
    await expect(page.get_by_text("By the gate.")).to_be_visible()
    if script:
        await album.look(page, "recording")
    await someone.send("Next")
    row = await Progress.objects().where(Progress.component == "talk").first()
    assert row.done_at is not None


async def test_a_recording_goes_on_where_it_was_left_and_can_be_faster(course, person):
    learner, address = course
    someone = await person(learner)
    page = someone.page
    await someone.open(f"{address}/talk")
    audio = page.locator("audio")
    await audio.evaluate("a => new Promise(r => a.readyState ? r() : a.onloadedmetadata = r)")
    await audio.evaluate("a => { a.currentTime = 17; a.dispatchEvent(new Event('pause')); }")

    await someone.open(f"{address}/talk")

    await expect(page.get_by_text("You left off at 0:17.")).to_be_visible()
    assert await audio.evaluate("a => a.currentTime") == 17
    await page.get_by_label("Speed").select_option("1.5")
    assert await audio.evaluate("a => a.playbackRate") == 1.5
    assert await audio.evaluate("a => a.paused")


async def test_a_download_comes_under_its_own_name(course, person, album):
    learner, address = course
    someone = await person(learner)
    page = someone.page
    await someone.open(f"{address}/card")

    await album.look(page, "download")
    async with page.expect_download() as coming:
        await page.get_by_role("link", name="card.pdf").click()
    file = await coming.value

    assert file.suggested_filename == "card.pdf"
    assert (await file.path()).read_bytes() == RECORDED["media/card.pdf"]
