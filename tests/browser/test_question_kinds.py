"""A test with a question of each kind, answered by mouse, by keyboard alone, and without script."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

import make
from connect.catalog.actions import Published, publish_folder
from connect.config import ROOT
from connect.learning.actions import enroll
from connect.learning.attempts import start_attempt
from connect.policy import SYSTEM

COURSE = ROOT / "tests" / "journeys" / "courses" / "every-kind"
SAVED = re.compile(r"^Saved \d+:\d\d:\d\d [ap]\.m\. C[DS]T$")
ORDER = ["Intake of the call", "First response", "Search and investigation", "Recovery"]
PARTNERS = {
    "Telecommunicator": "Takes the call and keeps the caller on the line",
    "Patrol officer": "Searches the home first",
    "Detective": "Leads the investigation",
}


@pytest.fixture
async def learner(database, clock):
    return await make.learner()


@pytest.fixture
async def attempt(learner):
    """The address of an attempt at a test with a question of each kind."""
    outcome, _, faults = await publish_folder(SYSTEM, COURSE)
    assert (outcome, faults) == (Published.NEW, [])
    enrollment, _ = await enroll(learner, "every-kind")
    begun, _ = await start_attempt(learner, enrollment.id, "final")
    return f"/attempts/{begun.id}"


def question(page: Page, name: str) -> Locator:
    return page.locator(f"#question-{name}")


async def saved(page: Page, name: str) -> None:
    await expect(question(page, name).locator("[data-receipt]")).to_have_text(SAVED)


async def choose_all(someone) -> None:
    """The three questions of which choices are right."""
    for name, choices in (("wait", ["false"]), ("first", ["where"]), ("tell", ["patrol", "state"])):
        for choice in choices:
            await someone.tick(f"#{name}-{choice}")
        await saved(someone.page, name)
        await someone.press("Next")


async def put_in_order(page: Page, press) -> None:
    """Move each item up to its place with *press*, which is given the button."""
    items = question(page, "phases").locator("[data-item] label")
    for place, text in enumerate(ORDER):
        while (await items.all_inner_texts())[place] != text:
            button = page.get_by_role("button", name=f"Move up: {text}", exact=True)
            await press(button)
            await expect(button).to_be_focused()
            status = question(page, "phases").get_by_role("status")
            now = (await items.all_inner_texts()).index(text) + 1
            await expect(status).to_have_text(f"{text}: place {now} of 4")


@pytest.mark.parametrize("keyboard", [False, True])
async def test_every_kind_is_answered_and_saved_one_after_the_other(
    person, learner, attempt, album, keyboard
):
    someone = await person(learner, keyboard=keyboard)
    page = someone.page
    await someone.open(attempt)
    await choose_all(someone)

    await someone.write("Your answer, as a number", "2.0")
    await album.look(page, "test-number")
    await someone.press("Next")
    await saved(page, "hours")
    await someone.write("Your answer, in a few words", " 1-800-the-lost")
    await album.look(page, "test-text")
    await someone.press("Next")
    await saved(page, "hotline")
    await album.look(page, "test-order")
    await put_in_order(page, someone.hands.activate)
    await saved(page, "phases")
    await someone.press("Next")
    for left, right in PARTNERS.items():
        await someone.choose(left, right)
    await saved(page, "roles")
    await album.look(page, "test-match")
    await someone.press("Next")
    await someone.write("Gap 1", "Two")
    await someone.write("Gap 2", "21")
    await album.look(page, "test-gaps")
    await someone.press("Review and submit")
    await saved(page, "entry")
    await expect(page.locator("[data-quiz-summary]")).to_have_text("Every question has an answer.")
    await page.reload()
    await expect(page.get_by_text("8 of 8 answered")).to_be_visible()
    await someone.send("Submit answers")

    assert await someone.heading() == "You passed with 100%"
    await album.look(page, "test-passed-every-kind")


async def test_without_script_every_kind_is_answered_in_one_form(
    person, learner, attempt, watch, album
):
    watch.refusals = {422}
    someone = await person(learner, script=False)
    page = someone.page
    await someone.open(attempt)
    await album.look_without_script(page, "test-every-kind-no-script")
    for choice in ("wait-false", "first-where", "tell-patrol", "tell-state"):
        await someone.tick(f"#{choice}")
    await someone.write("Your answer, as a number", "2,5")
    await someone.write("Your answer, in a few words", "18008435678")
    for place, text in enumerate(ORDER, 1):
        await someone.choose(text, str(min(place, 3)))
    for left, right in PARTNERS.items():
        await someone.choose(left, right)
    await someone.write("Gap 1", "2")
    await someone.write("Gap 2", "21")

    await someone.send("Submit answers")
    await expect(page.locator(".error-summary li")).to_have_text(
        [
            "Question 4: Write the number with a point, not with a comma: 2.5.",
            "Question 6: Give each line a place of its own, 1 to 4.",
        ]
    )
    await expect(page.get_by_label("Gap 2", exact=True)).to_have_value("21")
    await expect(page.locator("#wait-false")).to_be_checked()
    await album.look_without_script(page, "test-every-kind-errors")
    await someone.write("Your answer, as a number", "2")
    await someone.choose(ORDER[3], "4")
    await someone.send("Submit answers")

    assert await someone.heading() == "You passed with 100%"


async def test_a_fault_is_said_at_its_question_and_mended_there(person, learner, attempt, watch):
    watch.refusals = {422}
    someone = await person(learner)
    page = someone.page
    await someone.open(attempt)
    await choose_all(someone)

    await someone.write("Your answer, as a number", "two")
    await someone.press("Next")
    await someone.press("Previous")
    receipt = question(page, "hours").locator("[data-receipt]")
    words = "Write a number in digits only, such as 2 or 2.5."
    await expect(receipt).to_have_text(f"Not saved. {words}")
    await expect(page.get_by_role("status").first).to_contain_text(f"Question 4: {words}")
    for words in ("Next", "Next", "Next", "Next", "Review and submit"):
        await someone.press(words)
    await someone.send("Submit answers")
    await expect(question(page, "hours")).to_be_visible()
    await someone.write("Your answer, as a number", "2")
    await someone.press("Next")

    await saved(page, "hours")
    await expect(page.locator("[data-quiz-unsaved]")).to_be_hidden()


@pytest.mark.parametrize("kind", ["hours", "hotline", "phases", "roles", "entry"])
async def test_an_answer_of_any_kind_waits_for_the_server_to_come_back(
    person, learner, attempt, site, watch, kind
):
    someone = await person(learner)
    page = someone.page
    await page.clock.install()
    await someone.open(attempt)
    await choose_all(someone)
    watch.is_away = True
    await site.stop()

    for name in ("hours", "hotline", "phases", "roles", "entry"):
        if name == kind:
            break
        await someone.press("Next")
    await answer(someone, kind)
    receipt = question(page, kind).locator("[data-receipt]")
    await expect(receipt).to_have_text("Not saved yet: trying again")
    await expect(page.get_by_role("status").first).to_contain_text("could not be saved")
    held = await entered(question(page, kind))
    await site.start()
    await page.clock.fast_forward(60_000)  # over the wait before the next try
    await saved(page, kind)
    await page.reload()

    assert await entered(question(page, kind)) == held
    assert "" not in held or kind in ("roles", "entry")


async def answer(someone, kind: str) -> None:
    page = someone.page
    if kind == "hours":
        await someone.write("Your answer, as a number", "7")
        await page.keyboard.press("Tab")
    elif kind == "hotline":
        await someone.write("Your answer, in a few words", "911")
        await page.keyboard.press("Tab")
    elif kind == "phases":
        await question(page, kind).locator("[data-move='-1']").nth(1).click()
    elif kind == "roles":
        await someone.choose("Detective", PARTNERS["Detective"])
    else:
        await someone.write("Gap 2", "18")
        await page.keyboard.press("Tab")


async def entered(asked: Locator) -> dict[str, str]:
    """What stands in the fields of a question, by the name of the field."""
    return dict(
        await asked.locator("input, select").evaluate_all(
            "all => all.map((f) => [f.name, f.value])"
        )
    )
