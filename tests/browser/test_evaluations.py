"""A learner says what the course was like, and an analyst reads what five people said."""

import make
from browser.hands import Person
from catalog.test_evaluations import ROOT
from connect.catalog.content import Component, ComponentKind
from connect.catalog.evaluation_check import check_evaluation
from connect.learning.actions import Event, enroll, note_event
from connect.learning.evaluations import give_evaluation
from connect.policy import Role


async def standard() -> str:
    """A course of one statement that asks for the evaluation that is shipped."""
    evaluation = check_evaluation(ROOT / "courses" / "_evaluations", "standard").evaluation
    assert evaluation
    title = evaluation.wordings["en"].title
    last = Component("evaluation", ComponentKind.EVALUATION, title, evaluation=evaluation)
    content = make.content(
        slug="asked", title="First response", components=[make.acknowledgement("promise"), last]
    )
    await make.course(content)
    return content.slug


async def answer(someone: Person) -> None:
    for question in ("clarity", "relevance", "use", "confidence-before"):
        await someone.tick(f"#a-{question}-4")


async def test_an_evaluation_opens_the_certificate(person, clock, watch, album):
    slug = await standard()
    watch.refusals = {422}
    someone = await person(await make.learner())
    page = someone.page
    await someone.open(f"/courses/{slug}")
    await someone.send("Start")
    await someone.tick("#acknowledged")
    await someone.send("Next")
    assert await someone.heading() == "Your view of this course"
    await album.look(page, "evaluation")
    await answer(someone)
    await someone.write("What will you do differently? (optional)", "Search the house first.")
    await someone.send("Send and finish the course")
    assert await page.locator(".error-summary li").all_inner_texts() == [
        "And now: how sure are you of what to do? Choose an answer."
    ]
    assert await page.locator("#a-different").input_value() == "Search the house first."
    assert await page.locator("#a-use-4").is_checked()
    await album.look(page, "evaluation-errors")
    await someone.follow("Español")
    assert "¿Qué tan claro fue el curso?" in await page.locator("form").last.inner_text()
    await album.look(page, "evaluation-spanish")
    await answer(someone)
    await someone.tick("#a-confidence-after-5")
    await someone.send("Send and finish the course")

    assert (await someone.heading()).startswith("Certificate ")


async def test_an_evaluation_is_given_without_script(person, clock, album):
    slug = await standard()
    someone = await person(await make.learner(), script=False)
    await someone.open(f"/courses/{slug}")
    await someone.send("Start")
    await someone.tick("#acknowledged")
    await someone.send("Next")
    await album.look_without_script(someone.page, "evaluation-no-script")
    await answer(someone)
    await someone.tick("#a-confidence-after-5")
    await someone.send("Send and finish the course")

    assert (await someone.heading()).startswith("Certificate ")


async def test_an_analyst_reads_what_five_people_said(person, clock, watch, album):
    slug = await standard()
    someone = await person(await make.staff(Role.ANALYST))
    page = someone.page
    await someone.open("/admin/reports")
    await someone.follow("Evaluations of courses")
    await album.look(page, "evaluations-empty")
    for number in range(12):
        field = "law-enforcement" if number < 7 else "educator"
        actor = await make.learner(discipline=field, state="TX" if number < 11 else "OH")
        enrollment, _ = await enroll(actor, slug)
        await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
        answers = {"clarity": 4, "relevance": 5, "use": 1 + number % 5, "barriers": ["time"]}
        sure = {"confidence-before": 2, "confidence-after": 4}
        words = {"different": f"I will ask for point {number + 1} of the list first."}
        await give_evaluation(actor, enrollment.id, answers | sure | words)
    await someone.open("/admin/reports/evaluations")
    await someone.choose("Course", "First response")
    await someone.send("Show")
    await page.locator("summary").first.click()

    assert "12" in await page.locator("dl.total").inner_text()
    assert "Withheld" in await page.locator("#q-1-state").locator("xpath=..").inner_text()
    await album.look(page, "evaluations")
