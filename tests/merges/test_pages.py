"""Duplicates and merges as pages, without a script."""

import re
from uuid import uuid4

import pytest

import make
from connect.accounts.tables import Account, AccountStatus
from connect.agencies.tables import Agency
from connect.merges.duplicates import look
from connect.merges.tables import DuplicatePair, Merge
from connect.policy import Role
from merges import made


async def send(person, path, **fields):
    return await person.post(path, data={"csrf": person.csrf, **fields})


def words(answer):
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


async def twice_registered():
    keep = await make.account(legal_name="Ann Alvarez", title="Chief")
    gone = await make.account(legal_name="ANN ALVAREZ", title="Detective")
    version = await make.course()
    await made.completion(keep, version)
    await made.completion(gone, version)
    await made.completion(gone, await make.course())
    return keep, gone


async def test_from_a_pair_to_the_merge_and_back(database, browser):
    person = await browser(await make.staff(Role.REGISTRAR))
    keep, gone = await twice_registered()
    await look()

    pairs = await person.get("/admin/duplicates")
    link = f"/admin/people/{keep.id}/merge?other={gone.id}"
    assert link in pairs.text
    assert "Same name, same state" in words(pairs)
    preview = await person.get(link)
    merged = await send(person, f"/admin/people/{keep.id}/merge", other_id=str(gone.id))
    twice = await send(person, f"/admin/people/{keep.id}/merge", other_id=str(gone.id))
    after = await person.get(merged.headers["location"])
    about_keep = await person.get(f"/admin/people/{keep.id}")
    about_gone = await person.get(f"/admin/people/{gone.id}")
    undo = re.search(r'action="(/admin/merges/[^"]+/undo)"', after.text)[1]
    undone = await send(person, undo)
    apart = await person.get(undone.headers["location"])

    told = words(preview)
    assert "1 completion " in told
    assert "2 certificates" in told
    assert "Title Differs Chief Detective" in told
    assert "not counted a second time" in told
    assert "Name ANN" not in told
    assert (merged.status_code, undone.status_code) == (303, 303)
    assert twice.headers["location"] == merged.headers["location"]
    assert "The two are one now." in words(after)
    assert f'href="/admin/people/{gone.id}"' in about_keep.text
    assert f'href="/admin/people/{keep.id}"' in about_gone.text
    assert "Each has what it had before." in words(apart)
    assert "None in the last 30 days." in words(apart)
    stored = await Account.objects().get(Account.id == gone.id)
    assert stored.status == AccountStatus.ACTIVE_UNVERIFIED


async def test_a_pair_is_told_apart(database, browser):
    person = await browser(await make.staff(Role.ADMIN))
    await twice_registered()
    await look()
    pair = await DuplicatePair.objects().first()

    told = await send(person, f"/admin/duplicates/{pair.id}")
    after = await person.get(told.headers["location"])

    assert told.status_code == 303
    assert "Nobody stands here twice" in words(after)
    assert "Noted." in words(after)


async def test_the_other_account_is_found_by_its_address(database, browser):
    person = await browser(await make.staff(Role.REGISTRAR))
    keep, gone = await twice_registered()
    path = f"/admin/people/{keep.id}/merge"

    empty = await person.get(path)
    found = await person.get(path, params={"other": gone.email.upper()})
    unknown = await person.get(path, params={"other": "nobody@pd.example"})
    unseen = await person.get(path, params={"other": "a\x00@pd.example"})
    itself = await person.get(path, params={"other": keep.email})
    nothing = await send(person, path, other_id="")

    assert "Address of the other account" in words(empty)
    assert f'value="{gone.id}"' in found.text
    assert [a.status_code for a in (unknown, unseen, itself, nothing)] == [422] * 4
    assert "There is no account with this address." in words(unknown)
    assert "Choose another account that is in use." in words(itself)
    assert (await person.get(f"/admin/people/{uuid4()}/merge")).status_code == 404
    assert await Merge.count() == 0


async def test_agencies_are_previewed_merged_and_parted(database, browser):
    person = await browser(await make.staff(Role.REGISTRAR))
    keep, gone = await make.agency(name="Ames Police"), await make.agency(name="Ames PD")
    await made.works(await make.account(), gone)
    path = f"/admin/agencies/{keep.id}"

    preview = await person.get(f"{path}/merge", params={"other": str(gone.id)})
    itself = await person.get(f"{path}/merge", params={"other": str(keep.id)})
    merged = await send(person, f"{path}/merges", other_id=str(gone.id))
    after = await person.get(merged.headers["location"])
    undo = re.search(r'action="(/admin/merges/[^"]+/undo)"', after.text)[1]
    undone = await send(person, undo)

    assert "1 affiliation" in words(preview)
    assert itself.status_code == 422
    assert (merged.status_code, undone.status_code) == (303, 303)
    assert undone.headers["location"] == f"{path}/merge?notice=undone"
    assert (await Agency.objects().get(Agency.id == gone.id)).status == "active"


@pytest.mark.parametrize("role", [None, Role.ANALYST, Role.AUDITOR])
async def test_only_registrars_come_to_these_pages(database, browser, client, role):
    keep, gone = await twice_registered()
    actor = await (make.staff(role) if role else make.learner())
    person = await browser(actor)

    answers = [
        await person.get("/admin/duplicates"),
        await person.get(f"/admin/people/{keep.id}/merge?other={gone.id}"),
        await send(person, f"/admin/people/{keep.id}/merge", other_id=str(gone.id)),
        await send(person, f"/admin/duplicates/{uuid4()}"),
        await send(person, f"/admin/merges/{uuid4()}/undo"),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert (await client.get("/admin/duplicates")).status_code == 303
    assert await Merge.count() == 0


async def test_a_form_from_elsewhere_merges_nothing(database, browser):
    person = await browser(await make.staff(Role.REGISTRAR))
    keep, gone = await twice_registered()

    answer = await person.post(f"/admin/people/{keep.id}/merge", data={"other_id": str(gone.id)})

    assert answer.status_code == 403
    assert await Merge.count() == 0
