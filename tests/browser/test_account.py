"""The account's own pages: a new password by mail, the profile with its errors, the menu."""

import re

from playwright.async_api import expect

import make
from browser.album import PHONE, WIDE

EMAIL = "forgetful@agency.example"
NEW = "seven quiet harbors at dawn"


async def test_a_forgotten_password_is_set_anew(person, work, mailbox, clock, album):
    await make.learner(email=EMAIL)
    someone = await person()
    page = someone.page
    await someone.open("/login")
    await someone.follow("Forgot your password?")
    await album.look(page, "reset-request")
    await someone.write("Email address", EMAIL)
    await someone.send("Send link")
    await album.look(page, "reset-sent")
    await work()
    found = re.search(r"/reset-password/\S+", mailbox[0].body)
    assert found
    await someone.open(found[0])
    await album.look(page, "reset")
    await someone.write("New password", NEW)
    await someone.send("Set password")

    await expect(page.get_by_role("status").first).to_contain_text("Your new password is set.")
    await someone.sign_in(EMAIL, NEW)
    assert (await someone.heading()).startswith("Welcome, Person")


async def test_the_profile_keeps_what_was_typed_and_tells_what_is_wrong(
    person, clock, watch, album
):
    watch.refusals = {422}
    someone = await person(await make.learner())
    page = someone.page
    await someone.open("/account")
    await someone.write("Your full name", " ")
    await someone.write("Your title (optional)", "Detective")
    await someone.send("Save changes")
    await expect(page.locator(".error-summary li")).to_have_count(1)
    await expect(page.get_by_label("Your title")).to_have_value("Detective")
    await album.look(page, "account-errors")
    await someone.write("Your full name", "Ada Example")
    await someone.send("Save changes")

    await expect(page.get_by_role("status").first).to_contain_text("Your changes are saved.")


async def test_the_menu_of_a_phone_opens_without_script(person, clock, album):
    someone = await person(await make.learner(), script=False)
    await someone.page.set_viewport_size(PHONE)
    await someone.open("/")
    await expect(someone.page.get_by_role("link", name="My training")).to_be_hidden()

    await someone.press("Menu")

    await expect(someone.page.get_by_role("link", name="My training")).to_be_visible()
    await album.keep(someone.page, "menu-phone")
    await someone.follow("My training")
    await someone.page.set_viewport_size(WIDE)
    await album.look_without_script(someone.page, "transcript-empty")
