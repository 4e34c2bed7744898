"""Scenarios 15 and 16 by API: a policy is returned, mended and accepted; another one decides."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from agencies import made
from connect.accounts.tables import RoleGrant
from connect.policy import Role
from readiness import policies
from readiness.deciding import ECC, FACTS, approver, on_roster, reviewer
from readiness.test_affirmations import affirm, link

# Where the first version says it; what is not here it does not say.
POINTED = {
    "no-waiting": "No waiting period is observed before a report is taken",
    "under-21": "applies to every missing person under the age of 21",
    "descriptors": "name, date of birth, sex, race, height, weight, eye and hair color",
    "supervisor": "A supervisor is notified at once",
    "clearinghouse": "made available to the state clearinghouse",
    "no-removal-by-age": "A record is not removed because the person grows older.",
}
ADVICE = {
    "entry-2h": "The law says two hours; the order says four.",
    "quality": "Say who reviews calls, how often, and what follows.",
}


def put(program, path, element, finding, **given):
    return program.put(f"{path}/findings/{element}", json={"finding": finding, **given})


@pytest.fixture
async def agency(database, clock):
    clock.set(datetime(2026, 5, 8, 14, tzinfo=UTC))
    row = await made.agency(
        kind="emergency-communications",
        name="Cedar Valley 911",
        ori=None,
        domains=("cedarvalley911.example",),
    )
    coordinator = await made.coordinator(row)
    await on_roster(row, coordinator, "Tess Taker", "call-taker", "TCME-101")
    await on_roster(row, coordinator, "Dee Director", "ecc-executive", "CEO-BRIEF")
    return row, coordinator


async def test_a_policy_is_returned_mended_and_accepted_and_another_person_decides(
    agency, api, client, clock, work, mailbox
):
    row, coordinator = agency
    order = policies.docx()
    rita, anna = await reviewer(legal_name="Rita R"), await approver(legal_name="Anna A")
    await RoleGrant(account=rita.id, role=Role.APPROVER).save()
    center = await api(coordinator)

    # The center hands its application in, with a policy as DOCX.
    opened = (await center.post(f"/agencies/{row.id}/reviews", json={"kind": "new"})).json()
    path = f"/reviews/{opened['id']}"
    assert (await center.patch(path, json={"answers": FACTS})).status_code == 200
    for name, data in (("big.pdf", b"%PDF-1.7" + b"x" * 6_000_000), ("p.docx", policies.EXE)):
        refused = await center.post(f"{path}/documents", files={"file": (name, data)})
        assert refused.status_code == 422
    first = (
        await center.post(
            f"{path}/documents",
            files={"file": ("order.docx", order)},
            data={"title": "General Order 41"},
        )
    ).json()
    for element, passage in POINTED.items():
        pointed = await center.put(
            f"{path}/evidence/{element}", json={"document": first["id"], "passage": passage}
        )
        assert pointed.status_code == 200, pointed.text
    await center.post(
        f"{path}/affirmation-requests", json={"email": "director@cedarvalley911.example"}
    )
    await work()
    assert (await affirm(client, link(mailbox))).status_code == 200
    submitted = (await center.post(f"{path}/submission")).json()
    assert (submitted["state"], submitted["answer_due"]) == ("submitted", "2026-05-12")

    # The reviewer reads it and asks for changes.
    await work()
    mailbox.clear()
    program = await api(rita)
    await program.put(f"{path}/reviewer", json={"account_id": str(rita.id)})
    for element in ECC.elements:
        if element.id in ADVICE:
            given = {"page": 3, "document": first["id"], "comment": ADVICE[element.id]}
            found = await put(program, path, element.id, "not_met", **given)
        elif element.id in POINTED:
            found = await put(program, path, element.id, "met")
        else:
            found = await put(program, path, element.id, "met", document=first["id"], page=1)
        assert found.status_code == 200, found.text
    returned = (await program.post(f"{path}/return", json={"note": ""})).json()
    await work()
    assert returned["state"] == "changes_requested"
    (mail,) = mailbox
    assert "NCIC and state entry within two hours (General Order 41, page 3)" in mail.body
    assert all(advice in mail.body for advice in ADVICE.values())
    told = (await center.get(path)).json()
    assert (told["state"], told["whose_turn"]) == ("changes_requested", "agency")

    # The center hands in the second version, as PDF; the clock of the reviewer stood still.
    clock.move(timedelta(days=1))
    center = await api(coordinator)
    second = (
        await center.post(
            f"{path}/documents",
            files={"file": ("order-2.pdf", policies.pdf(policies.CHANGED))},
            data={"title": "General Order 41, second version", "replaces": first["id"]},
        )
    ).json()
    assert (await center.post(f"{path}/submission")).json()["state"] == "in_review"

    # Only what changed is looked at again.
    program = await api(rita)
    sheet = (await program.get(f"{path}/findings")).json()
    again = {one["element"] for one in sheet["findings"] if one["state"] == "again"}
    assert again == ADVICE.keys()
    assert sheet["changed"][:2] == [
        "The document “General Order 41, second version” is new.",
        "The document “General Order 41” is replaced.",
    ]
    assert (await program.get("/reviews?reviewer=me")).json()["items"][0]["age_seconds"] == 0
    await put(program, path, "entry-2h", "met", document=second["id"], page=3)
    await put(program, path, "quality", "met", document=second["id"], page=4)
    sheet = (await program.get(f"{path}/findings")).json()
    assert sheet["missing"] == []
    recommended = await program.post(f"{path}/recommendation", json={"hash": sheet["hash"]})
    assert recommended.json()["state"] == "recommended"

    # The first version, its findings and what was returned stay.
    assert (await program.get(f"{path}/documents/{first['id']}")).content == order
    kept = (await program.get(f"{path}/history/{returned['hash']}")).json()
    assert kept["findings"]["quality"]["comment"] == ADVICE["quality"]
    assert [one["id"] for one in kept["documents"]] == [first["id"]]

    # The same person may not decide; another one does, and the center is a member.
    clock.set(datetime(2026, 5, 10, 14, tzinfo=UTC))
    decision = {"verdict": "approved", "hash": sheet["hash"], "reasons": ""}
    same = await (await api(rita)).post(f"{path}/decision", json=decision)
    assert (same.status_code, same.json()["code"]) == (403, "same_person")
    other = await api(anna)
    done = (await other.post(f"{path}/decision", json=decision)).json()
    assert (done["starts_on"], done["ends_on"]) == ("2026-05-10", "2031-05-10")
    term = (await other.get(f"/members/{done['membership_id']}")).json()
    assert (term["population"], term["population_year"]) == (41200, 2020)
    tasks = {task["task"] for task in term["recognition"]}
    assert tasks == {"certificate", "plaque", "press", "listing", "announcement"}
    listed = (await client.get("/api/v1/members")).json()["items"]
    assert [one["name"] for one in listed] == ["Cedar Valley 911"]

    # A year later anybody of the staff opens exactly what was decided on.
    seen = (await other.get(f"{path}/history/{sheet['hash']}")).content
    clock.set(datetime(2027, 5, 11, 14, tzinfo=UTC))
    later = await (await api(await approver())).get(f"{path}/history/{sheet['hash']}")
    assert later.content == seen
    assert re.search(rb"Tess|Dee|Rita", seen) is None
    assert date.fromisoformat(later.json()["judged_on"]) == date(2026, 5, 9)
