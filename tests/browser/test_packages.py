"""Packages in a real browser: taken, resumed, finished, and kept away from the site."""

import pytest
from playwright.async_api import expect

import make
from connect.accounts.authentication import cookie_name
from connect.accounts.queries import account_of
from connect.accounts.sign_in import open_session
from connect.accounts.tables import Session
from connect.config import settings
from connect.learning.tables import Progress
from connect.packages.actions import launch
from connect.packages.tables import PackageCommit, PackageLaunch, PackageState
from connect.policy import Role
from packages.course import STANDARDS, says, taken


@pytest.fixture(params=["another host", "sandbox"])
def place(request, site, watch, monkeypatch):
    """Where packages run: on a host of their own, or in a sandbox of the site's."""
    if request.param == "another host":
        monkeypatch.setenv("CONNECT_PACKAGES_URL", f"http://localhost:{site.port}")
        settings.cache_clear()
        watch.also.add(f"http://localhost:{site.port}/p/")
    return request.param


def part(page):
    """The part itself, in whichever frame it runs."""
    return next(f for f in page.frames if "index.html" in f.url)


async def ready(page):
    await page.wait_for_function("() => document.querySelector('iframe')")
    while not any("index.html" in f.url for f in page.frames):
        await page.wait_for_timeout(20)
    await part(page).wait_for_function("() => document.getElementById('told')?.textContent")
    return part(page)


# Leaving a part waited for its frame in vain once in eight runs of everything, for reasons that are
# not known yet: those that leave one run with the long tests until they are.
LEAVES = pytest.mark.long


@pytest.mark.parametrize(
    "standard",
    [pytest.param(name, marks=LEAVES if name == "scorm-2004" else ()) for name in STANDARDS],
)
async def test_a_package_is_left_resumed_and_finished(
    standard, place, database, person, tmp_path, album
):
    learner, enrollment = await taken(tmp_path, STANDARDS[standard])
    someone = await person(learner)
    page = someone.page
    await someone.open(f"/learn/{enrollment.id}/gates")
    frame = await ready(page)
    assert (await frame.locator("#told").inner_text()).startswith("ab-initio|")
    await expect(page.locator("[data-package-status]")).to_contain_text("Saved")

    await page.reload()
    frame = await ready(page)
    told = await frame.locator("#told").inner_text()
    if place == "another host":
        await album.look(page, f"package-{standard}")
    await frame.click("#finish")

    assert told.startswith("resume|gate 3")
    status = page.locator("[data-package-status]")
    if standard == "scorm-2004":  # has a second part
        await expect(status).to_contain_text("Saved")
        await someone.press("The map")
        await page.wait_for_function("() => document.querySelector('iframe')?.title === 'The map'")
        await someone.send("Next")
    else:
        await expect(status).to_contain_text("This step reports that it is finished.")
    row = await Progress.objects().where(Progress.component == "gates").first()
    assert (row.told, row.done_at is not None) == ("finished", True)
    state = await PackageState.objects().where(PackageState.unit == 1).first()
    assert state.score == "90"
    launches = (
        await PackageLaunch.objects().where(PackageLaunch.unit == 1).order_by(PackageLaunch.id)
    )
    assert launches[-1].said_seconds == 90
    assert launches[-1].ended_at is not None
    assert await PackageCommit.count() >= 2


@pytest.mark.parametrize("place", ["another host"], indirect=True)
async def test_what_a_package_stored_is_gone_at_the_next_launch(
    place, database, person, watch, tmp_path
):
    learner, enrollment = await taken(tmp_path)
    token = (await launch(learner, enrollment.id, "gates")).token
    page = (await person()).page
    await page.goto(f"{settings().packages_url}/p/{token}/")
    await page.evaluate("() => localStorage.setItem('left', 'behind')")
    assert await page.evaluate("() => localStorage.getItem('left')") == "behind"

    await page.reload()

    assert await page.evaluate("() => localStorage.getItem('left')") is None
    watch.faults.clear()  # shown by itself, not in its frame, the page complains


@pytest.mark.parametrize("place", ["sandbox"], indirect=True)
async def test_a_network_that_is_cut_loses_no_commit(
    place, database, site, person, watch, tmp_path
):
    learner, enrollment = await taken(tmp_path)
    someone = await person(learner)
    page = someone.page
    status = page.locator("[data-package-status]")
    await someone.open(f"/learn/{enrollment.id}/gates")
    frame = await ready(page)
    await expect(status).to_contain_text("Saved")

    watch.is_away = True
    await site.stop()
    await frame.click("#finish")
    await expect(status).to_contain_text("Not saved yet: trying again.")
    await site.start()

    await expect(status).to_contain_text("This step reports that it is finished.")
    row = await Progress.objects().where(Progress.component == "gates").first()
    assert row.done_at is not None
    state = await PackageState.objects().first()
    assert state.score == "90"


@LEAVES
@pytest.mark.parametrize("place", ["another host"], indirect=True)
async def test_what_leads_away_waits_until_all_is_saved(place, database, person, tmp_path):
    learner, enrollment = await taken(tmp_path)
    someone = await person(learner)
    await someone.open(f"/learn/{enrollment.id}/gates")
    frame = await ready(someone.page)
    await frame.evaluate("() => api.LMSSetValue('cmi.core.lesson_location', 'the last page')")

    await someone.follow("Courses", within="header")

    assert await someone.heading() == "Courses"
    state = await PackageState.objects().first()
    assert "the last page" in state.kept


@pytest.mark.parametrize("place", ["sandbox"], indirect=True)
async def test_whoever_was_signed_out_loses_nothing(place, database, person, watch, tmp_path):
    watch.refusals |= {401, 403}
    learner, enrollment = await taken(tmp_path)
    someone = await person(learner)
    page = someone.page
    status = page.locator("[data-package-status]")
    await someone.open(f"/learn/{enrollment.id}/gates")
    frame = await ready(page)
    await expect(status).to_contain_text("Saved")
    await Session.delete(force=True)
    await frame.click("#finish")
    await expect(status).to_contain_text("You are signed out.")

    secret = await open_session(await account_of(learner), "192.0.2.9", with_factor=True)
    await page.context.add_cookies([{"name": cookie_name(), "value": secret, "url": someone.url}])
    await page.evaluate("() => window.dispatchEvent(new Event('focus'))")

    await expect(status).to_contain_text("This step reports that it is finished.")


async def test_without_script_the_page_says_what_helps(database, person, album, tmp_path):
    learner, enrollment = await taken(tmp_path)
    someone = await person(learner, script=False)

    await someone.open(f"/learn/{enrollment.id}/gates")

    await expect(someone.page.get_by_text("This step needs JavaScript")).to_be_visible()
    await expect(someone.page.get_by_text("another way to take this step")).to_be_visible()
    await album.look_without_script(someone.page, "package-no-script")


async def test_staff_read_the_log(database, person, album, tmp_path):
    learner, enrollment = await taken(tmp_path)
    started = await launch(learner, enrollment.id, "gates")
    await says(
        learner, enrollment, started.token, 1, lesson_status="incomplete", lesson_location="2"
    )
    await says(learner, enrollment, started.token, 2, student_name="Eve", lesson_status="passed")
    someone = await person(await make.staff(Role.REGISTRAR))

    await someone.open(f"/admin/enrollments/{enrollment.id}")
    await someone.follow("What the package “Watch the gates” reported")
    await someone.page.locator("summary").first.click()

    await expect(someone.page.get_by_text("cmi.core.student_name: is for reading")).to_be_visible()
    await album.look(someone.page, "package-log")
