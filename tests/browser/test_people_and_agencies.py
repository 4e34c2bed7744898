"""An agency is brought, screened and run; its people become verified; staff keep it all right."""

import re
from typing import Any

import pytest
from playwright.async_api import FilePayload, Page, expect

import make
from accounts.papers import HTML, PNG
from connect import audit_chain
from connect.policy import Role


async def unseen(*_: Any) -> None:
    """Look at nothing: another journey has."""


@pytest.fixture
def live(person, watch, work, mailbox, clock):
    """``await live(script=..., keyboard=..., look=...)``: the whole story."""

    async def story(*, script: bool, keyboard: bool = False, look: Any = unseen) -> None:
        watch.refusals = {422}
        chief = make.actor_of(
            await make.account(legal_name="Ada Chief", email="ada@mail.example", state="IA")
        )
        staff = await make.staff(Role.REGISTRAR, Role.AUDITOR, legal_name="Rex Registrar")
        options = {"script": script, "keyboard": keyboard}
        ada, rex = await person(chief, **options), await person(staff, **options)

        await _bring(ada, look)
        await _screen(rex, look)
        code = await _run_it(await person(chief, **options), look)
        officer = await make.account(legal_name="Ola Officer", state="IA")
        ola = await person(make.actor_of(officer), **options)
        await _verify(ola, look, code)
        await _decide(rex, await person(await make.learner(), **options), look)
        await _keep_people(rex, look)
        await work()
        while await audit_chain.seal():
            pass
        await rex.open("/admin/audit?act=agency.")
        await expect(rex.page.locator("main")).to_contain_text("agency.")
        await look(rex.page, "audit")

    return story


async def _bring(ada: Any, look: Any) -> None:
    await ada.open("/agencies?q=cedar")
    await look(ada.page, "agencies-nothing")
    await ada.follow("My agency is not listed")
    await ada.send("Send to a registrar")
    await expect(ada.page.locator(".error-summary li").first).to_be_visible()
    await look(ada.page, "agency-new-errors")
    await ada.write("Full name of the agency", "Cedar Falls Police Department")
    await ada.choose("Kind", "Law Enforcement Agency")
    await ada.choose("State", "Iowa")
    await ada.write("County (optional)", "Black Hawk")
    await ada.write("ORI (optional)", "IA0070100")
    await ada.hands.write(ada.page.locator("#domains"), "cedarfallspd.example")
    await ada.send("Send to a registrar")
    assert await ada.heading() == "Cedar Falls Police Department"
    await look(ada.page, "agency-asked")


async def _screen(rex: Any, look: Any) -> None:
    await rex.open("/admin/agencies")
    await look(rex.page, "screenings")
    await rex.follow("Cedar Falls Police Department")
    await look(rex.page, "screening")
    await rex.tick("input[name=verdict][value=created]")
    await rex.send("Send the answer")
    await expect(rex.page.locator("main")).to_contain_text("Cedar Falls Police Department")
    await look(rex.page, "screenings-answered")


async def _run_it(ada: Any, look: Any) -> str:
    """What a coordinator does on the agency's page; the code to hand out."""
    await ada.open("/agencies?q=cedar")
    await look(ada.page, "agencies-found")
    await ada.follow("Cedar Falls Police Department")
    await ada.write("For how many people", "3")
    await ada.send("Make a code")
    await look(ada.page, "agency-run")
    found = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", await _text(ada.page))
    assert found
    return found[0]


async def _verify(ola: Any, look: Any, code: str) -> None:
    await ola.open("/account/verification")
    await look(ola.page, "verification")
    await ola.write("Code", code)
    await ola.send("Use the code")
    await expect(ola.page.locator("main")).to_contain_text("Cedar Falls Police Department")
    await expect(ola.page.locator(".usa-tag, .tag").first).to_contain_text("Verified")
    await look(ola.page, "verification-done")


def chosen_file(data: bytes) -> FilePayload:
    return FilePayload(name="badge.png", mimeType="image/png", buffer=data)


async def _decide(rex: Any, volunteer: Any, look: Any) -> None:
    await volunteer.open("/account/verification")
    where = volunteer.page.locator("#where")
    await volunteer.hands.write(where, "Front desk of the county's center: center.example/staff")
    chosen = volunteer.page.locator("#file")
    await chosen.set_input_files(chosen_file(HTML))
    await volunteer.send("Ask a registrar")
    await look(volunteer.page, "verification-refused")
    await chosen.set_input_files(chosen_file(PNG))
    await volunteer.send("Ask a registrar")
    await look(volunteer.page, "verification-attached")
    assert (await volunteer.download("Your document")).read_bytes() == PNG
    await rex.open("/admin/verifications")
    await look(rex.page, "verifications")
    await rex.hands.write(rex.page.locator("textarea").first, "No page names you.")
    await rex.send("Decline")
    await volunteer.open("/account/verification")
    await expect(volunteer.page.locator("main")).to_contain_text("No page names you.")
    await look(volunteer.page, "verification-declined")


async def _keep_people(rex: Any, look: Any) -> None:
    await rex.open("/admin/people?q=ola")
    await look(rex.page, "people-of-the-site")
    await rex.follow("Ola Officer")
    await rex.choose("Role", "Presenter")
    await rex.send("Grant role")
    await expect(rex.page.locator("main")).to_contain_text("Presenter")
    await look(rex.page, "person-granted")
    await rex.open("/admin/imports")
    await look(rex.page, "imports")


async def _text(page: Page) -> str:
    return await page.locator("main").inner_text()


async def test_with_script_every_page_looked_at(live, album):
    await live(script=True, look=album.look)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_without_script(database, live):
    await live(script=False)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_by_keyboard_alone(database, live):
    await live(script=True, keyboard=True)
