"""Answers are kept and said to be kept, whatever happens between two questions."""

import re

import pytest
from playwright.async_api import Page, expect

import make
from connect.accounts.tables import Session
from connect.learning.actions import enroll
from connect.learning.attempts import start_attempt
from connect.learning.tables import Attempt, Enrollment

EMAIL = "learner@agency.example"
SAVED = re.compile(r"^Saved \d+:\d\d:\d\d [ap]\.m\. C[DS]T$")

CHOICES = "[data-question] input"
IDS = "list => list.map((input) => input.id)"


@pytest.fixture
async def learner(database, clock):
    return await make.learner(email=EMAIL)


@pytest.fixture
async def attempt(learner):
    """An attempt at a test of three questions, each answered rightly by a."""
    questions = [make.question(f"q{n}") for n in range(3)]
    content = make.content(components=[make.component_quiz("final", questions=questions)])
    await make.course(content)
    enrollment, _ = await enroll(learner, content.slug)
    begun, _ = await start_attempt(learner, enrollment.id, "final")
    return f"/attempts/{begun.id}"


async def sign_in_elsewhere(someone):
    tab = await someone.new_tab()
    await tab.open("/login")
    await tab.sign_in(EMAIL)


def receipt(page: Page):
    """What the question that is shown says of its answer."""
    return page.locator("[data-question]:not([hidden]) [data-receipt]")


def choice(name: str) -> str:
    return f"[data-question]:not([hidden]) input[value={name}]"


async def test_a_second_browser_goes_on_with_the_same_answers(person, learner, attempt):
    first, second = await person(learner), await person(learner)
    await first.open(attempt)
    asked = await first.page.locator(CHOICES).evaluate_all(IDS)
    await first.tick(choice("b"))
    await expect(receipt(first.page)).to_have_text(SAVED)

    await second.open(attempt)

    assert await second.page.locator(CHOICES).evaluate_all(IDS) == asked
    await expect(second.page.get_by_text("1 of 3 answered")).to_be_visible()
    await expect(second.page.locator("[data-question]").nth(1)).to_be_visible()
    await second.press("Previous")
    await expect(second.page.locator(choice("b"))).to_be_checked()
    await expect(receipt(second.page)).to_have_text(SAVED)


async def test_an_answer_given_while_the_server_is_away_is_saved_when_it_is_back(
    person, learner, attempt, site, watch, album
):
    someone = await person(learner)
    page = someone.page
    await page.clock.install()
    await someone.open(attempt)
    await someone.tick(choice("a"))
    await expect(receipt(page)).to_have_text(SAVED)
    await album.look(page, "test-saved")

    watch.is_away = True
    await site.stop()
    await someone.press("Next")
    await someone.tick(choice("a"))
    await expect(receipt(page)).to_have_text("Not saved yet: trying again")
    await expect(page.get_by_role("status").first).to_contain_text("1 answer could not be saved")
    await album.look(page, "test-unsaved")
    await site.start()
    await page.clock.fast_forward(60_000)  # over the wait before the next try

    await expect(receipt(page)).to_have_text(SAVED)
    await expect(page.locator("[data-quiz-unsaved]")).to_be_hidden()


async def test_who_is_signed_out_signs_in_again_and_loses_no_answer(
    person, learner, attempt, watch, album
):
    watch.refusals = {401}
    someone = await person(learner)
    page = someone.page
    await someone.open(attempt)
    await someone.tick(choice("a"))
    await expect(receipt(page)).to_have_text(SAVED)
    await Session.delete(force=True)

    await someone.press("Next")
    await someone.tick(choice("a"))
    await expect(page.get_by_role("status").first).to_contain_text("You are signed out.")
    await album.look(page, "test-signed-out")
    await sign_in_elsewhere(someone)
    await page.evaluate("dispatchEvent(new Event('focus'))")  # headless tabs all have it
    await expect(receipt(page)).to_have_text(SAVED)
    await someone.press("Next")
    await someone.tick(choice("a"))
    await expect(receipt(page)).to_have_text(SAVED)
    await someone.press("Review and submit")
    await someone.send("Submit answers")

    assert await someone.heading() == "You passed with 100%"


async def test_submitting_after_the_session_ended_leads_back_to_the_saved_answers(
    person, learner, attempt, watch, album
):
    watch.refusals = {401, 403}
    someone = await person(learner)
    await someone.open(attempt)
    for last in (False, False, True):
        await someone.tick(choice("a"))
        await expect(receipt(someone.page)).to_have_text(SAVED)
        await someone.press("Review and submit" if last else "Next")
    await Session.delete(force=True)

    await someone.send("Submit answers")
    assert await someone.heading() == "Please sign in again"
    await album.look(someone.page, "refused-sign-in-again")
    await someone.follow("Sign in", within="main")
    await someone.sign_in(EMAIL)
    await expect(someone.page.locator("[data-quiz-summary]")).to_have_text(
        "Every question has an answer."
    )
    await someone.send("Submit answers")

    assert await someone.heading() == "You passed with 100%"


async def test_a_form_older_than_the_session_is_sent_again(person, learner, attempt, watch, album):
    watch.refusals = {403}
    someone = await person(learner, script=False)
    await someone.open(attempt)
    await Session.delete(force=True)
    await sign_in_elsewhere(someone)

    await someone.send("Submit answers")
    assert await someone.heading() == "Please send it again"
    await album.look_without_script(someone.page, "refused-send-again")
    await someone.follow("Open the page again")
    await someone.send("Submit answers")

    assert await someone.heading() == "Not passed yet: 0%"


async def test_an_attempt_that_ended_in_another_tab_takes_no_answer_and_shows_its_result(
    person, learner, attempt, watch, album
):
    watch.refusals = {409}
    first, second = await person(learner), await person(learner, script=False)
    await first.open(attempt)
    await second.open(attempt)
    await second.send("Submit answers")

    await first.tick(choice("a"))
    await expect(receipt(first.page)).to_contain_text("This attempt has ended")
    await album.look(first.page, "test-ended-elsewhere")
    for words in ("Next", "Next", "Review and submit"):
        await first.press(words)
    await first.send("Submit answers")

    assert await first.heading() == "Not passed yet: 0%"


async def test_two_clicks_on_start_and_submit_do_it_once_and_back_shows_the_result(
    person, learner, clock
):
    content = make.content(components=[make.component_quiz("final")])
    await make.course(content)
    someone = await person(learner)
    page = someone.page
    await someone.open(f"/courses/{content.slug}")

    for words in ("Start", "Start the quiz"):
        await page.get_by_role("button", name=words, exact=True).dblclick()
        await expect(page.get_by_role("button", name=words, exact=True)).to_have_count(0)
    await expect(page.locator("[data-question]:not([hidden])")).to_have_count(1)  # the script ran
    for words in ("Next", "Review and submit"):
        await someone.tick(choice("a"))
        await expect(receipt(page)).to_have_text(SAVED)
        await someone.press(words)
    await page.get_by_role("button", name="Submit answers").dblclick()
    await expect(page.locator("h1")).to_have_text("You passed with 100%")
    await page.go_back()

    await expect(page.locator("h1")).to_have_text("You passed with 100%")
    assert (await Enrollment.count(), await Attempt.count()) == (1, 1)


async def test_without_script_all_questions_stand_on_one_page(person, learner, attempt, album):
    someone = await person(learner, script=False)

    await someone.open(attempt)

    await expect(someone.page.locator("[data-question]:visible")).to_have_count(3)
    await album.look_without_script(someone.page, "test-no-script")
