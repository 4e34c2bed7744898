"""Pages about a person: addresses, professional ids, closure; suspension and erasure."""

import re

from playwright.async_api import expect

import make
from connect.policy import Role
from records.test_erasure import certified

FURTHER = "ada@home.example"


async def test_a_further_address_is_added_confirmed_and_signs_in(
    person, work, mailbox, clock, watch, album
):
    watch.refusals = {422}
    someone = await person(await make.learner(legal_name="Ada Officer"))
    page = someone.page
    await someone.open("/account")
    await someone.follow("Email addresses", within="main")
    await someone.write("Email address", FURTHER)
    await someone.send("Add address")
    await work()
    found = re.search(r"/account/addresses/confirm/\S+", mailbox[0].body)
    assert found
    await someone.open(found[0])
    await album.look(page, "confirm-address")
    await someone.send("Confirm the address")
    await expect(page.get_by_role("status").first).to_contain_text("The address is confirmed.")
    await album.look(page, "addresses")
    await someone.write("Your password, to sign in with this address", "not my password")
    await someone.send("Sign in with it")
    await album.look(page, "addresses-wrong")
    await someone.write("Your password, to sign in with this address", make.PASSWORD)
    await someone.send("Sign in with it")

    await expect(page.get_by_role("status").first).to_contain_text("signs in from now on")


async def test_a_professional_id_is_kept_by_keyboard_and_without_script(
    person, clock, watch, album
):
    watch.refusals = {422}
    someone = await person(await make.learner(), script=False, keyboard=True)
    page = someone.page
    await someone.open("/account/professional-ids")
    await someone.send("Save number")
    await expect(page.locator(".error-summary li")).to_have_count(3)
    await album.look_without_script(page, "professional-ids-wrong")
    await someone.choose("State", "Texas")
    await someone.choose("Kind of number", "PID")
    await someone.write("Number", "TX-4471902")
    await someone.send("Save number")

    await expect(page.get_by_text("Texas, PID: ends in 1902")).to_be_visible()
    await album.look_without_script(page, "professional-ids")


async def test_an_account_is_closed(person, clock, watch, album):
    watch.refusals = {422}
    someone = await person(await make.learner())
    page = someone.page
    await someone.open("/account")
    await someone.follow("Close your account", within="main")
    await album.look(page, "closure")
    await someone.write("Your password", "not my password")
    await someone.send("Close my account")
    await album.look(page, "closure-wrong")
    await someone.write("Your password", make.PASSWORD)
    await someone.send("Close my account")

    await expect(page.get_by_role("status").first).to_contain_text("Your account is closed.")


async def test_what_is_held_is_downloaded(person, clock):
    someone = await person(await make.learner(legal_name="Ada Officer"))
    await someone.open("/account")

    path = await someone.download("Download everything that is held about you")

    assert '"legal_name": "Ada Officer"' in path.read_text()


async def test_a_person_is_suspended_and_erased(person, clock, watch, album):
    watch.refusals = {422}
    learner = await make.learner(legal_name="Ada Officer")
    certificate = await certified(learner)
    admin = await person(await make.staff(Role.ADMIN))
    page = admin.page
    await admin.open(f"/admin/people/{learner.id}")
    await album.look(page, "person")
    await admin.write("Why", "Signs in from two countries at once.")
    await admin.send("Suspend")
    await expect(page.get_by_text("Suspended: Signs in")).to_be_visible()
    await album.look(page, "person-suspended")
    await admin.follow("Erase this person")
    await album.look(page, "erasure")
    await admin.send("Erase for good")
    await album.look(page, "erasure-wrong")
    await admin.write("Why it is kept", "Case 12 of the county court")
    await admin.send("Put on hold")
    await album.look(page, "erasure-held")
    await admin.send("Lift the hold")
    await admin.write("Why", "Asked for by letter.")
    await admin.send("Erase for good")

    await expect(page.get_by_role("status").first).to_contain_text("The person is erased.")
    assert await admin.heading() == "Erased person"
    await album.look(page, "erased-person")
    await admin.open(f"/verify/{certificate.code}")
    assert await admin.heading() == "Issued, holder erased"
    await album.look(page, "check-erased")
