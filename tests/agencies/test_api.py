"""Agencies over JSON: shapes, refusals, strangers, and a constant number of queries."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

import make
from agencies import made
from connect.agencies.actions import Verdict, open_draft, screen
from connect.agencies.tables import Agency, AgencyState
from connect.merges.actions import merge_agencies
from connect.policy import Role

PUBLIC = {"id", "name", "kind", "state", "county", "membership"}


async def test_the_search_finds_parts_of_words_and_pages(client):
    for number, name in enumerate(("Ames", "Ánimas", "Bantam", "Canton", "Dallas")):
        await made.agency(
            name=f"{name} Police",
            county="Story" if number < 3 else "",
            kind="school" if number == 2 else "law-enforcement",
            state="TX" if name == "Dallas" else "IA",
        )
    await made.agency(name="Hidden Police", status=AgencyState.DRAFT)
    await made.agency(name="Gone Police", status=AgencyState.DECLINED)

    async def names(**asked):
        found = (await client.get("/api/v1/agencies", params=asked)).json()
        return [row["name"].split()[0] for row in found["items"]], found["next"]

    every = ["Ames", "Ánimas", "Bantam", "Canton", "Dallas"]
    assert await names() == (every, None)
    assert await names(q="ANT pol") == (["Bantam", "Canton"], None)
    assert await names(q="animas story") == (["Ánimas"], None)
    assert await names(q="%_'-") == (every, None)
    assert await names(q="nothing") == ([], None)
    assert await names(state="TX") == (["Dallas"], None)
    assert await names(kind="school", q="b") == (["Bantam"], None)
    first, following = await names(limit=2)
    assert first == every[:2]
    assert await names(limit=3, after=following) == (every[2:], None)


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"after": "forged"},
        {"state": "Iowa"},
        {"status": "declined"},
        {"q": "a\x00b"},
        {"q": "x" * 101},
    ],
)
async def test_a_forged_question_is_refused_field_by_field(client, asked):
    answer = await client.get("/api/v1/agencies", params=asked)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(asked)


@pytest.mark.parametrize("rows", [1, 3])
async def test_lists_cost_the_same_whatever_their_length(database, api, queries, rows):
    program = await api(await make.staff(Role.REGISTRAR))
    for _ in range(rows):
        await made.agency()
        await made.agency(status=AgencyState.DRAFT)
    queries.clear()

    listed = await program.get("/agencies", params={"q": "town"})
    waiting = await program.get("/agencies", params={"status": "draft"})

    assert [len(answer.json()["items"]) for answer in (listed, waiting)] == [rows, rows]
    assert len(queries) == 4, queries  # each time who asks, and the rows


async def test_who_sees_how_much_of_an_agency(database, api, client, clock):
    agency = await made.agency(domains=("pd.example",))
    theirs = await made.agency()
    ours = await api(await made.coordinator(agency))
    code = await ours.post(
        f"/agencies/{agency.id}/codes",
        json={"max_uses": 3, "expires_at": (clock() + timedelta(days=9)).isoformat()},
    )

    async def keys(program, path=f"/agencies/{agency.id}"):
        answer = await program.get(path)
        return answer.json().keys() if answer.status_code == 200 else answer.status_code

    assert code.status_code == 201, code.text
    assert code.json().keys() == {"id", "code", "max_uses", "expires_at"}
    assert await keys(client, f"/api/v1/agencies/{agency.id}") == PUBLIC
    assert await keys(await api(await make.learner())) == PUBLIC
    assert await keys(await api(await made.coordinator(theirs))) == PUBLIC
    managed = await keys(ours)
    assert managed > PUBLIC | {"domains", "codes", "profiles", "ori", "status"}
    assert await keys(await api(await make.staff(Role.ADMIN))) == managed
    assert code.json()["code"] not in (await ours.get(f"/agencies/{agency.id}")).text
    assert await keys(ours, f"/agencies/{uuid4()}") == 404


async def test_an_applicant_sees_where_the_request_stands_and_nobody_else_does(database, api):
    applicant, stranger = await make.learner(), await make.learner()
    mine, other = await api(applicant), await api(stranger)
    registrar = await make.staff(Role.REGISTRAR)

    made_now = await mine.post("/agencies", json=made.wish())
    path = f"/agencies/{made_now.json()['id']}"
    seen = (await mine.get(path)).json()

    assert made_now.status_code == 201, made_now.text
    assert (seen["status"], seen["ori"]) == ("draft", "IA0070100")
    assert seen["domains"] == [
        {"domain": "cedarfallspd.example", "is_its_alone": False, "others": 0}
    ]
    assert (await other.get(path)).status_code == 404
    assert [
        len((await p.get("/agencies?status=draft")).json()["items"]) for p in (mine, other)
    ] == [
        1,
        0,
    ]
    known = await made.agency()
    await screen(registrar, UUID(seen["id"]), Verdict.MATCHED, known.id)
    after = (await mine.get(path)).json()
    assert (after["status"], after["merged_into"]) == ("merged", str(known.id))
    assert (await other.get(path)).json()["id"] == str(known.id)


async def test_a_registrar_lists_at_once_and_a_key_makes_it_once(database, api):
    program = await api(await make.staff(Role.REGISTRAR))
    key = {"Idempotency-Key": "one"}

    first = await program.post("/agencies", json=made.wish(), headers=key)
    again = await program.post("/agencies", json=made.wish(), headers=key)
    taken = await program.post("/agencies", json=made.wish(name="Other"))

    assert (first.status_code, first.json()["status"]) == (201, "active")
    assert again.json() == first.json()
    assert (taken.status_code, [e["field"] for e in taken.json()["errors"]]) == (422, ["ori"])
    assert await Agency.count() == 1


async def test_every_bad_field_is_told_and_nothing_can_be_slipped_in(database, api):
    program = await api(await make.learner())
    bad = {"kind": "x", "name": "", "state": "Iowa", "ori": "no", "psap_id": "?", "domains": "x"}

    answer = await program.post("/agencies", json={**bad, "status": "active"})
    mass = await program.post("/agencies", json=made.wish(opened_by=str(uuid4())))

    assert answer.status_code == 422
    assert {e["field"] for e in answer.json()["errors"]} == bad.keys() | {"status"}
    assert [e["field"] for e in mass.json()["errors"]] == ["opened_by"]
    unproved = await api(await make.learner(proved_at=None))
    refused = await unproved.post("/agencies", json=made.wish())
    assert (refused.status_code, refused.json()["code"]) == (403, "address_not_proved")
    assert await Agency.count() == 0


async def test_a_coordinator_keeps_the_agency_up_to_date(database, api):
    agency = await made.agency()
    program = await api(await made.coordinator(agency))
    path = f"/agencies/{agency.id}"

    changed = await program.patch(path, json={"name": "New Name", "county": "Story"})
    identity = await program.patch(path, json={"kind": "school"})
    listed = await program.put(f"{path}/domains/PD.example")
    confirmed = await program.put(f"{path}/domains/pd.example", json={"is_its_alone": True})
    removed = await program.delete(f"{path}/domains/pd.example")
    again = await program.delete(f"{path}/domains/pd.example")
    profile = await program.post(f"{path}/profiles", json={"employees": 40, "as_of": "2025-01-01"})
    words = await program.post(
        f"{path}/profiles", json={"population": "about 40k", "employees": 1.5, "sworn": -1}
    )

    assert (changed.status_code, changed.json()["name"]) == (200, "New Name")
    assert (identity.status_code, identity.json()["code"]) == (403, "registrars_only")
    assert (listed.status_code, listed.json()) == (
        200,
        {"domain": "pd.example", "is_its_alone": False},
    )
    assert (confirmed.status_code, confirmed.json()["code"]) == (403, "domain_not_yours")
    assert (removed.status_code, again.status_code) == (204, 404)
    assert (profile.status_code, profile.json()["as_of"]) == (201, "2025-01-01")
    told = {e["field"]: e["message"] for e in words.json()["errors"]}
    assert (words.status_code, told.keys()) == (422, {"population", "employees", "sworn"})
    assert told["population"].startswith("Write a whole number")


async def test_a_code_is_told_once_and_can_be_ended(database, api, clock):
    agency = await made.agency()
    program = await api(await made.coordinator(agency))
    path, key = f"/agencies/{agency.id}/codes", {"Idempotency-Key": "one"}
    body = {"max_uses": 5, "expires_at": "2026-06-30T23:59:59Z"}

    first = await program.post(path, json=body, headers=key)
    again = await program.post(path, json=body, headers=key)
    wrong = await program.post(path, json={"max_uses": 0, "expires_at": "2026-06-30T23:59:59"})
    ended = await program.delete(f"{path}/{first.json()['id']}")

    assert (first.status_code, again.status_code) == (201, 409)
    assert {e["field"] for e in wrong.json()["errors"]} == {"max_uses", "expires_at"}
    assert ended.status_code == 204
    shown = (await program.get(f"/agencies/{agency.id}")).json()["codes"]
    assert [(row["uses"], row["expires_at"]) for row in shown] == [(0, "2026-03-02T15:00:00Z")]


async def test_two_agencies_in_one_request_need_a_right_to_both(database, api, clock):
    ours, theirs = await made.agency(), await made.agency(domains=("theirs.example",))
    program = await api(await made.coordinator(ours))
    stranger = await api(await made.coordinator(theirs))
    code = await stranger.post(
        f"/agencies/{theirs.id}/codes",
        json={"max_uses": 1, "expires_at": "2026-06-30T23:59:59Z"},
    )
    path = f"/agencies/{ours.id}"

    answers = [
        await program.patch(path, json={"parent": str(theirs.id)}),
        await program.post(f"{path}/merges", json={"other_id": str(theirs.id)}),
        await program.delete(f"{path}/codes/{code.json()['id']}"),
        await program.delete(f"{path}/domains/theirs.example"),
        await program.put(f"{path}/domains/theirs.example"),
        await program.post(f"{path}/profiles", json={"employees": 1, "agency": str(theirs.id)}),
        await program.patch(path, json={"id": str(theirs.id), "name": "Ours"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 404, 404, 409, 422, 422]
    shown = (await stranger.get(f"/agencies/{theirs.id}")).json()
    assert (shown["parent"], shown["name"], len(shown["domains"])) == (None, theirs.name, 1)
    assert shown["codes"][0]["expires_at"] == "2026-06-30T23:59:59Z"


@pytest.mark.parametrize(("who", "status"), [("visitor", 401), ("learner", 403), ("stranger", 404)])
async def test_what_a_stranger_is_told(database, api, client, who, status):
    ours, theirs = await made.agency(domains=("pd.example",)), await made.agency()
    program, prefix = client, "/api/v1"
    if who != "visitor":
        actor = await (make.learner() if who == "learner" else made.coordinator(theirs))
        program, prefix = await api(actor), ""
    path = f"{prefix}/agencies/{ours.id}"

    answers = [
        await program.patch(path, json={"name": "Theirs"}),
        await program.post(
            f"{path}/codes", json={"max_uses": 1, "expires_at": "2027-01-01T00:00:00Z"}
        ),
        await program.delete(f"{path}/codes/{uuid4()}"),
        await program.put(f"{path}/domains/x.example"),
        await program.delete(f"{path}/domains/pd.example"),
        await program.post(f"{path}/profiles", json={"employees": 1}),
    ]

    assert [answer.status_code for answer in answers] == [status] * len(answers)
    merge = await program.post(f"{path}/merges", json={"other_id": str(theirs.id)})
    assert merge.status_code == (401 if who == "visitor" else 403)


async def test_merged_ids_lead_on_and_so_do_its_coordinators(database, api, client):
    kept, dropped = await made.agency(), await made.agency()
    left = await api(await made.coordinator(dropped))
    registrar = await make.staff(Role.REGISTRAR)
    program = await api(registrar)

    merged = await program.post(f"/agencies/{kept.id}/merges", json={"other_id": str(dropped.id)})

    assert (merged.status_code, merged.json()["kept"]) == (201, str(kept.id))
    seen = await client.get(f"/api/v1/agencies/{dropped.id}")
    assert (seen.status_code, seen.json()["id"]) == (200, str(kept.id))
    assert (await left.patch(f"/agencies/{dropped.id}", json={"name": "X"})).status_code == 200
    changed = await program.patch(f"/agencies/{dropped.id}", json={"name": "Kept"})
    assert (changed.json()["id"], changed.json()["name"]) == (str(kept.id), "Kept")


@pytest.mark.parametrize("rows", [1, 3])
async def test_one_agency_costs_the_same_however_much_it_has(database, api, queries, clock, rows):
    agency = await made.agency(domains=tuple(f"d{n}.example" for n in range(rows)))
    registrar = await make.staff(Role.REGISTRAR)
    program = await api(registrar)
    for number in range(rows):
        await program.post(
            f"/agencies/{agency.id}/codes",
            json={"max_uses": 1, "expires_at": "2026-06-30T23:59:59Z"},
        )
        await program.post(f"/agencies/{agency.id}/profiles", json={"employees": number})
        await merge_agencies(registrar, agency.id, (await made.agency()).id)
    queries.clear()

    shown = (await program.get(f"/agencies/{agency.id}")).json()

    assert [len(shown[part]) for part in ("domains", "codes", "profiles")] == [rows] * 3
    assert len(queries) == 6, queries  # who asks, the agency, each of the three, its terms


async def test_a_draft_is_found_by_its_opener_only_while_it_is_one(database, api):
    applicant = await make.learner()
    draft = await open_draft(applicant, **made.wish())
    await screen(await make.staff(Role.ADMIN), draft.id, Verdict.DECLINED, reason="No such town.")

    program = await api(applicant)

    seen = (await program.get(f"/agencies/{draft.id}")).json()
    assert (seen["status"], seen["reason"]) == ("declined", "No such town.")
    assert (await program.get("/agencies?status=draft")).json()["items"] == []
