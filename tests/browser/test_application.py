"""An agency applies to the readiness program: from the first button to submitted."""

import re

from playwright.async_api import expect

from readiness import policies
from readiness.applying import FACTS, police

FILE = {"name": "order-41.docx", "mimeType": "application/octet-stream"}
LABELS = {
    "ori": "ORI number",
    "population": "People who live in your jurisdiction",
    "population_source": "Where that number comes from",
    "population_year": "Year of that number",
    "employees": "Employees, sworn and civilian",
    "sworn": "Of these, sworn officers",
    "policy_implemented_on": "Day on which your missing child policy took effect",
}
TRAINED = "How your first responders were trained on the policy"


async def begun(someone, agency):
    """An open application, and somebody on the roster."""
    await someone.open(f"/agencies/{agency.id}/roster")
    await someone.write("Name of somebody else (optional)", "Pat Patrol")
    await someone.choose("Category", "Patrol")
    await someone.send("Add to the roster")
    await someone.open("/")
    await someone.follow(f"Readiness program of {agency.name}")
    await someone.send("Open an application")


async def test_an_agency_applies_and_its_chief_affirms(person, clock, watch, album, work, mailbox):
    watch.refusals = {422}
    agency, coordinator = await police(name="Cedar Falls Police Department")
    someone = await person(coordinator)
    page = someone.page
    await begun(someone, agency)
    await album.look(page, "application-draft")

    await someone.open("/")
    await album.look(page, "home-coordinator")
    await someone.follow(f"Readiness program of {agency.name}")
    await someone.follow("Facts about your agency")
    await someone.write(LABELS["population"], "about 40k")
    await page.keyboard.press("Tab")  # leaves the field: the script saves
    await expect(page.locator("#population-error")).to_contain_text("Write a whole number")
    await album.look(page, "application-facts-errors")
    for field, label in LABELS.items():
        await someone.write(label, FACTS[field])
        await page.keyboard.press("Tab")
    await someone.choose(TRAINED, "Online")
    await expect(page.locator("#policy_training + [data-note]")).to_contain_text("Saved")
    await page.reload()  # nothing was sent by the button
    await expect(page.get_by_label(LABELS["population"])).to_have_value("41200")
    await album.look(page, "application-facts")
    await someone.send("Save and go back")

    await someone.follow("Policy")
    await page.set_input_files("#file", {**FILE, "buffer": policies.EXE})
    await someone.send("Upload")
    await album.look(page, "application-policy-errors")
    await page.set_input_files("#file", {**FILE, "buffer": policies.docx()})
    await someone.write("Title (optional)", "General Order 41")
    await someone.send("Upload")
    await someone.follow("Show where it stands: NCIC and state entry within two hours")
    await someone.write("The words (optional)", "within nine hours of receipt")
    await someone.send("Save")
    await album.look(page, "application-element-errors")
    await someone.write("The words (optional)", "within four hours of receipt")
    await someone.send("Save")
    await expect(page.locator("#element-entry-2h")).to_contain_text("General Order 41, page 3")
    await album.look(page, "application-policy")

    await someone.follow(f"Readiness of {agency.name}", within="main")
    await someone.write("E-mail address of your executive", "chief@cedarfallspd.example")
    await someone.send("Send the link")
    await album.look(page, "application-asked")
    await work()
    await _affirm(await person(), mailbox, album)

    await someone.open(f"/agencies/{agency.id}/readiness")
    await album.look(page, "application-complete")
    await someone.send("Submit the application")
    await album.look(page, "application-submitted")
    await expect(page.locator("main")).to_contain_text("You have a first answer by March 4, 2026.")


async def _affirm(chief, mailbox, album):
    await chief.open(re.search(r"(/affirm/\S+)", mailbox[-1].body)[1])
    await album.look(chief.page, "affirm")
    await chief.send("Affirm")
    await album.look(chief.page, "affirm-errors")
    await chief.write("Your name", "Chris Chief")
    await chief.write("Your title", "Chief of Police")
    await chief.tick("#yes")
    await chief.send("Affirm")
    await album.look(chief.page, "affirmed")


async def test_it_works_without_script_and_without_a_mouse(person, clock, watch, work, mailbox):
    watch.refusals = {422}
    agency, coordinator = await police()
    someone = await person(coordinator, script=False, keyboard=True)
    page = someone.page
    await begun(someone, agency)

    await someone.follow("Facts about your agency")
    for field, label in LABELS.items():
        if field != "policy_implemented_on":  # a picker of days has keys of its own
            await someone.write(label, FACTS[field])
    await page.fill("#policy_implemented_on", FACTS["policy_implemented_on"])
    await someone.choose(TRAINED, "Both")
    await someone.write(LABELS["sworn"], "sixty")
    await someone.send("Save and go back")
    await expect(page.locator("#sworn")).to_have_value("sixty")
    await someone.write(LABELS["sworn"], "60")
    await someone.send("Save and go back")
    await someone.follow("Policy")
    await page.set_input_files("#file", {**FILE, "buffer": policies.DOC})
    await someone.send("Upload")
    await someone.follow(f"Readiness of {agency.name}", within="main")
    await someone.write("E-mail address of your executive", "chief@cedarfallspd.example")
    await someone.send("Send the link")
    await work()
    chief = await person(script=False, keyboard=True)
    await chief.open(re.search(r"(/affirm/\S+)", mailbox[-1].body)[1])
    await chief.write("Your name", "Chris Chief")
    await chief.write("Your title", "Chief of Police")
    await chief.tick("#yes")
    await chief.send("Affirm")
    await someone.open(f"/agencies/{agency.id}/readiness")
    await someone.send("Submit the application")

    await expect(page.locator("main")).to_contain_text("waits for a reviewer")
