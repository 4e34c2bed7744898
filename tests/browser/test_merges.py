"""A registrar joins two accounts of one person, and two agencies, by keyboard and by mouse."""

from playwright.async_api import expect

import make
from connect.merges.duplicates import look
from connect.policy import Role
from merges import made

NAME = "Wilhelmina Featherstonehaugh-Oppenheimer"


async def twice_registered():
    keep = await make.account(legal_name=NAME, email="wilhelmina@pd.example", title="Chief")
    gone = await make.account(legal_name=NAME.upper(), email="w.oppenheimer@school.example")
    version = await make.course()
    for account in (keep, gone):
        await made.completion(account, version)
    await made.completion(gone, await make.course())
    await made.ways_in(gone)
    await look()
    return keep, gone


async def test_two_accounts_become_one_and_two_again(person, clock, album):
    keep, gone = await twice_registered()
    someone = await person(await make.staff(Role.REGISTRAR), keyboard=True)
    page = someone.page

    await someone.open("/admin/people")
    await someone.follow("People who may be registered twice")
    await album.look(page, "duplicates")
    await someone.follow(f"Keep {keep.email}")
    await album.look(page, "merge")
    await someone.send("Make them one")
    await expect(page.get_by_role("status").first).to_contain_text("The two are one now.")
    await album.look(page, "merge-done")
    await someone.open(f"/admin/people/{keep.id}")
    await album.look(page, "person-joined")
    await someone.follow("Join with another account, or undo a merge")
    await someone.send(f"Undo joining {gone.legal_name}")

    await expect(page.get_by_role("status").first).to_contain_text("Each has what it had before.")
    await expect(page.get_by_text("None in the last 30 days.")).to_be_visible()


async def test_two_people_are_told_apart_without_script(person, clock, album, watch):
    watch.refusals = {422}
    keep, gone = await twice_registered()
    someone = await person(await make.staff(Role.REGISTRAR), script=False)
    page = someone.page

    await someone.open(f"/admin/people/{keep.id}/merge")
    await someone.write("Address of the other account", "nobody@pd.example")
    await someone.send("See what it would do")
    await expect(page.locator(".error-summary li")).to_have_count(1)
    await album.look_without_script(page, "merge-search")
    await someone.open("/admin/duplicates")
    await someone.send(f"Not the same person ({keep.email} and {gone.email})")

    await expect(page.get_by_role("heading", name="Nobody stands here twice")).to_be_visible()
    await album.look_without_script(page, "duplicates-none")


async def test_two_agencies_become_one(person, clock, album):
    keep = await make.agency(name="Ames Police Department", words="ames police department")
    gone = await make.agency(name="Ames Police Dept", words="ames police dept")
    await made.works(await make.account(), gone)
    someone = await person(await make.staff(Role.REGISTRAR))

    await someone.open(f"/admin/agencies/{keep.id}")
    await someone.choose("The agency that is to go", "Ames Police Dept · Texas")
    await someone.send("See what it would do")
    await album.look(someone.page, "merge-agencies")
    await someone.send("Make them one")

    await expect(someone.page.get_by_role("status").first).to_contain_text("The two are one now.")
