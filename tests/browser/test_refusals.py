"""A refusal says what is the matter and what to do, to visitors and to people who are signed in."""

import pytest
from playwright.async_api import expect

import make
from connect.accounts.links import make_link
from connect.accounts.tables import LinkKind
from connect.learning.actions import enroll
from connect.learning.answers import Given
from connect.learning.attempts import start_attempt, submit_answers
from connect.policy import Role


@pytest.fixture
async def learner(database, clock):
    return await make.learner()


async def completed(owner):
    """Somebody's course that ended with a certificate: the addresses of its test and of that."""
    content = make.content(components=[make.component_quiz("final")])
    await make.course(content)
    enrollment, _ = await enroll(owner, content.slug)
    attempt, _ = await start_attempt(owner, enrollment.id, "final")
    await submit_answers(
        owner, attempt.id, {"q1": Given(choices=["a"]), "q2": Given(choices=["a"])}
    )
    return f"/learn/{enrollment.id}/final", "/certificates/C-2026-000001"


async def test_a_visitor_is_asked_to_sign_in_and_is_led_on(person, watch, clock):
    await make.learner(email="someone@agency.example")
    visitor = await person()

    await visitor.open("/transcript")
    assert await visitor.heading() == "Sign in"
    await visitor.sign_in("someone@agency.example")

    assert await visitor.heading() == "My training"


async def test_an_unknown_address(person, learner, watch, album):
    watch.refusals = {404}
    visitor, someone = await person(), await person(learner)

    await visitor.open("/nothing/here")
    await album.look(visitor.page, "refused-not-found-visitor")
    await visitor.follow("Start page")
    assert (await visitor.heading()).startswith("Free training")
    await someone.open("/courses/nothing-here")
    await album.look(someone.page, "refused-not-found")
    await someone.follow("My courses", within="main")
    assert (await someone.heading()).startswith("Welcome")


async def test_pages_that_are_not_ones_own(person, learner, watch, album):
    watch.refusals = {403, 404}
    _, certificate = await completed(await make.learner())
    someone = await person(learner)

    await someone.open("/admin")
    assert await someone.heading() == "Not open to you"
    await album.look(someone.page, "refused-not-open")
    await someone.open(certificate)
    assert await someone.heading() == "Not found"


async def test_what_cannot_be_done_now_leads_to_what_can(person, learner, watch, album):
    watch.refusals = {409}
    someone = await person(learner, script=False)
    _test, _ = await completed(learner)
    content = make.content(components=[make.lesson("one"), make.component_quiz("final")])
    await make.course(content)
    enrollment, _ = await enroll(learner, content.slug)

    await someone.open(f"/learn/{enrollment.id}/final")
    assert await someone.heading() == "Not now"
    await album.look_without_script(someone.page, "refused-locked")
    await someone.follow("Go to that step")
    assert await someone.heading() == "One"


async def test_input_that_no_page_sends(person, watch, album):
    watch.refusals = {422}
    admin = await person(await make.staff(Role.ADMIN))

    await admin.open("/admin/reports?year=12")

    assert await admin.heading() == "Please check what you sent"
    await album.look(admin.page, "refused-input")


async def test_a_link_that_was_used(person, learner, watch, album):
    watch.refusals = {409}
    token = await make_link(LinkKind.PROVE, learner.id)
    someone = await person()
    await someone.open(f"/verify-email/{token}")
    await someone.send("Confirm address")

    await someone.open(f"/verify-email/{token}")
    await someone.send("Confirm address")

    assert await someone.heading() == "This link no longer works"
    await album.look(someone.page, "refused-link")
    await expect(someone.page.get_by_role("link", name="Ask for a new link")).to_be_visible()
