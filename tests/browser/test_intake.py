"""Inviting people, following an invitation, and bringing a roster as a file."""

import re

from playwright.async_api import expect

import make
from connect.accounts.tables import Account, Affiliation, RoleGrant
from connect.policy import Role
from imports.files import PEOPLE, people, table

EMAIL = "invited@agency.example"


async def coordinator(agency):
    account = await make.account(legal_name="Carla Coordinator")
    await RoleGrant(account=account.id, role=Role.COORDINATOR, agency=agency.id).save()
    return make.actor_of(account)


async def test_somebody_is_invited_and_joins_without_script(
    person, work, mailbox, clock, album, watch
):
    watch.refusals = {422}
    agency = await make.agency(name="Cedar Falls PD", state="IA")
    carla = await person(await coordinator(agency))
    await carla.open(f"/agencies/{agency.id}")
    await carla.follow("Invite people by mail")
    await album.look(carla.page, "invitations-empty")
    await carla.write("Email addresses", f"{EMAIL}\nnonsense")
    await carla.send("Send the invitations")
    await expect(carla.page.locator(".error-summary li")).to_have_count(1)
    await album.look(carla.page, "invitations-errors")
    await carla.write("Email addresses", f"{EMAIL}\nknown@agency.example")
    await carla.send("Send the invitations")
    await album.look(carla.page, "invitations")
    await work()

    found = {mail.to: re.search(r"/invitations/\S+", mail.body)[0] for mail in mailbox}
    someone = await person(script=False)
    await someone.open(found[EMAIL])
    await album.look_without_script(someone.page, "invited")
    await someone.send("Create an account and join")
    await album.look_without_script(someone.page, "invited-register")
    await someone.write("Password", make.PASSWORD)
    await someone.write("Your full name", "Ada Example")
    await someone.choose("Your field of work", "Law Enforcement")
    await someone.choose("State where you work", "Iowa")
    await someone.tick("#adult")
    await someone.send("Create an account and join")

    assert someone.page.url.endswith("/courses")
    account = await Account.objects().where(Account.email == EMAIL).first()
    assert account.status == "active_verified"
    (work_there,) = await Affiliation.objects()
    assert work_there.consented_at is None


async def test_somebody_with_an_account_signs_in_and_joins_by_keyboard(
    person, work, mailbox, clock, album
):
    agency = await make.agency(name="Cedar Falls PD", state="IA")
    await make.account(email=EMAIL)
    carla = await person(await coordinator(agency))
    await carla.open(f"/agencies/{agency.id}/invitations")
    await carla.write("Email addresses", EMAIL)
    await carla.send("Send the invitations")
    await work()
    link = re.search(r"/invitations/\S+", mailbox[0].body)[0]

    await carla.open(link)
    await album.look(carla.page, "invited-another")
    someone = await person(keyboard=True)
    await someone.open(link)
    await someone.send("Sign in to join")
    await someone.sign_in(EMAIL)
    await album.look(someone.page, "invited-join")
    await someone.tick("#consent")
    await someone.send("Join")

    assert someone.page.url.endswith("/courses")
    (work_there,) = await Affiliation.objects()
    assert work_there.consented_at is not None


async def test_a_registrar_invites_to_the_site_without_script_and_by_keyboard(
    person, work, mailbox, clock, album
):
    rex = await make.staff(Role.REGISTRAR, legal_name="Rex Registrar")
    someone = await person(rex, script=False, keyboard=True)
    await someone.open("/admin/people")
    await someone.follow("Invite people by mail")
    await someone.write("Email addresses", f"{EMAIL} other@agency.example")
    await someone.send("Send the invitations")
    await album.look_without_script(someone.page, "invitations-site")
    await someone.send(f"Withdraw the invitation of {EMAIL}")
    await someone.send("Renew the invitation of other@agency.example")
    await expect(someone.page.locator("tbody")).to_contain_text("Withdrawn on March 2, 2026")
    await album.look_without_script(someone.page, "invitations-renewed")
    await work()

    assert [mail.to for mail in mailbox] == ["other@agency.example"]
    newcomer = await person()
    await newcomer.open(re.search(r"/invitations/\S+", mailbox[0].body)[0])
    await expect(newcomer.page.locator("main")).to_contain_text("Rex Registrar")


async def test_people_and_rosters_are_brought_as_files(person, work, clock, album):
    agency = await make.agency(name="Cedar Falls PD", state="IA", ori="IA0070100")
    registrar = await person(await make.staff(Role.REGISTRAR))
    carla = await person(await coordinator(agency))
    file = {
        "name": "people.csv",
        "mimeType": "text/csv",
        "buffer": table([*people(2, agency="IA0070100"), [""] * 6 + ["x"]], PEOPLE),
    }

    await registrar.open("/admin/imports")
    await registrar.follow("People")
    await registrar.page.set_input_files("#file", file)
    await registrar.send("Try it")
    await work()
    await registrar.page.reload()
    await registrar.send("Take it in")
    await work()
    await registrar.page.reload()
    await album.look(registrar.page, "imports-people")
    await carla.open(f"/agencies/{agency.id}")
    await carla.follow("Bring your roster as a file")
    await carla.page.set_input_files("#file", file)
    await carla.send("Try it")
    await work()
    await carla.page.reload()
    await album.look(carla.page, "imports-roster")

    assert await Affiliation.count() == 2
    assert "2 people" not in await carla.page.locator("main").inner_text()
    assert "0 people not in the file" in await carla.page.locator("main").inner_text()
