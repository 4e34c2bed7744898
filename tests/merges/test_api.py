"""Duplicates and merges over JSON."""

from uuid import uuid4

import pytest

import make
from connect.accounts.tables import Account
from connect.learning.tables import Completion
from connect.merges.actions import merge_people
from connect.merges.duplicates import look
from connect.merges.tables import Merge
from connect.policy import Role
from merges import made


async def twice_registered(completions=1):
    """Two accounts of one person, with completions of the same course on the same day."""
    keep, gone = [await make.account(legal_name="Ann Alvarez", title=t) for t in ("", "Chief")]
    version = await make.course()
    for account in (keep, gone):
        for _ in range(completions):
            await made.completion(account, version)
    return keep, gone, version


async def test_a_pair_is_found_previewed_merged_and_parted(database, api):
    registrar = await api(await make.staff(Role.REGISTRAR))
    keep, gone, version = await twice_registered()
    await look()

    pair = (await registrar.get("/duplicates")).json()["items"][0]
    asked = {"other_id": str(gone.id)}
    preview = await registrar.post(f"/accounts/{keep.id}/merges", json=asked | {"dry_run": True})
    nothing = await Merge.count()
    merged = await registrar.post(f"/accounts/{keep.id}/merges", json=asked)
    listed = (await registrar.get(f"/accounts/{keep.id}/merges")).json()["items"]
    undone = await registrar.delete(f"/merges/{merged.json()['id']}")
    again = await registrar.delete(f"/merges/{merged.json()['id']}")

    assert {pair["one"]["id"], pair["other"]["id"]} == {str(keep.id), str(gone.id)}
    assert (pair["reasons"], pair["one"]["completions"]) == (["name-state"], 1)
    assert (preview.status_code, preview.json()["id"], nothing) == (200, None, 0)
    assert preview.json() | {"id": 0, "undo_until": 0} == merged.json() | {"id": 0, "undo_until": 0}
    assert merged.status_code == 201
    body = merged.json()
    assert body["moves"] == [{"what": "certificate", "number": 1}]
    assert [(r["title"], r["counted"]) for r in body["repeats"]] == [(version.title, True)]
    assert {"name": "Title", "kept": "Not reported", "gone": "Chief"} in body["facts"]
    assert [(row["gone"], row["name"]) for row in listed] == [(str(gone.id), "Ann Alvarez")]
    assert (undone.status_code, again.status_code, again.json()["code"]) == (
        204,
        409,
        "undone_already",
    )


async def test_a_pair_is_dismissed(database, api):
    registrar = await api(await make.staff(Role.REGISTRAR))
    await twice_registered()
    await look()
    pair = (await registrar.get("/duplicates")).json()["items"][0]

    answer = await registrar.post(f"/duplicates/{pair['id']}/dismissal")

    assert answer.status_code == 204
    assert (await registrar.get("/duplicates")).json() == {"items": [], "next": None}
    assert (await registrar.post(f"/duplicates/{uuid4()}/dismissal")).status_code == 404


async def test_duplicates_come_in_pieces(database, api):
    registrar = await api(await make.staff(Role.REGISTRAR))
    for number in range(3):
        for _ in range(2):
            await make.account(legal_name=f"Ann Alvarez {number}")
    await look()

    first = (await registrar.get("/duplicates?limit=2")).json()
    second = (await registrar.get(f"/duplicates?limit=2&after={first['next']}")).json()

    ids = [item["id"] for item in first["items"] + second["items"]]
    assert (len(set(ids)), second["next"]) == (3, None)


async def test_the_same_merge_asked_twice_with_a_key_is_done_once(database, api):
    registrar = await api(await make.staff(Role.REGISTRAR))
    keep, gone, _ = await twice_registered()
    key = {"Idempotency-Key": "one"}
    body = {"other_id": str(gone.id)}

    first = await registrar.post(f"/accounts/{keep.id}/merges", json=body, headers=key)
    second = await registrar.post(f"/accounts/{keep.id}/merges", json=body, headers=key)
    other = await registrar.post(f"/accounts/{keep.id}/merges", json=body)

    assert (first.status_code, second.json()) == (201, first.json())
    assert (other.status_code, other.json()["errors"][0]["field"]) == (422, "other_id")
    assert await Merge.count() == 1


async def test_an_agency_is_merged_and_parted(database, api):
    registrar = await api(await make.staff(Role.REGISTRAR))
    keep, gone = await make.agency(), await make.agency()
    body = {"other_id": str(gone.id)}

    preview = await registrar.post(f"/agencies/{keep.id}/merges", json=body | {"dry_run": True})
    merged = (await registrar.post(f"/agencies/{keep.id}/merges", json=body)).json()
    listed = (await registrar.get(f"/agencies/{keep.id}/merges")).json()["items"]
    undone = await registrar.delete(f"/merges/{merged['id']}")

    assert (preview.status_code, preview.json()["id"]) == (200, None)
    assert [row["id"] for row in listed] == [merged["id"]]
    assert undone.status_code == 204
    assert (await registrar.get(f"/agencies/{gone.id}")).json()["id"] == str(gone.id)


@pytest.mark.parametrize("who", ["visitor", "learner", "analyst", "auditor"])
async def test_strangers_merge_nothing(database, api, client, who):
    keep, gone, _ = await twice_registered()
    done = await made_merge(keep, gone)
    client.base_url = f"{client.base_url}/api/v1"
    program = client
    if who != "visitor":
        program = await api(await (make.learner() if who == "learner" else make.staff(Role(who))))
    before = await made.dump()

    answers = [
        await program.get("/duplicates"),
        await program.post(f"/duplicates/{uuid4()}/dismissal"),
        await program.get(f"/accounts/{keep.id}/merges"),
        await program.post(f"/accounts/{keep.id}/merges", json={"other_id": str(gone.id)}),
        await program.post(f"/agencies/{keep.id}/merges", json={"other_id": str(gone.id)}),
        await program.delete(f"/merges/{done}"),
    ]

    expected = 401 if who == "visitor" else 403
    assert [answer.status_code for answer in answers] == [expected] * len(answers)
    assert await made.dump() == before


async def made_merge(keep, gone):
    """A merge that a registrar did."""
    return (await merge_people(await make.staff(Role.REGISTRAR), keep.id, gone.id)).merge.id


async def test_what_is_not_there(database, api):
    registrar = await api(await make.staff(Role.REGISTRAR))
    account = await make.account()
    body = {"other_id": str(uuid4())}

    assert (await registrar.post(f"/accounts/{uuid4()}/merges", json=body)).status_code == 404
    assert (await registrar.post(f"/accounts/{account.id}/merges", json=body)).status_code == 422
    assert (await registrar.post(f"/accounts/{account.id}/merges", json={})).status_code == 422
    assert (await registrar.delete(f"/merges/{uuid4()}")).status_code == 404
    assert await Completion.count() == 0
    assert await Account.exists().where(Account.id == account.id)
