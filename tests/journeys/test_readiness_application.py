"""Scenarios 13 and 14: an agency applies, and its roster is judged, by API."""

import re
from datetime import UTC, date, datetime, timedelta

import make
from agencies import made
from connect.policy import Role
from connect.readiness import applications, reviewing
from readiness import policies
from readiness.applying import affirmed, opened, police, policy
from readiness.deciding import FACTS
from readiness.test_applications import step, told
from readiness.test_documents import upload
from rosters.staffed import completed, works

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


async def affirm(client, mailbox, name):
    """Open the mailed link, read, and give one's word."""
    link = re.search(r"(/affirm/\S+)", mailbox[-1].body)[1]
    page = await client.get(link)
    facts = re.search(r'name="facts" value="(\w+)"', page.text)[1]
    form = {"name": name, "title": "Chief", "yes": "yes", "facts": facts}
    return await client.post(link, data=form, headers=SAME_SITE)


async def test_a_police_department_applies(database, api, client, clock, work, mailbox):
    clock.now = datetime(2026, 11, 16, 15, tzinfo=UTC)
    agency, coordinator = await police()
    program = await api(coordinator)
    opened = await program.post(f"/agencies/{agency.id}/reviews", json={"kind": "new"})
    path = f"/reviews/{opened.json()['id']}"
    half = {"population_source": "Census 2020", "employees": 88, "sworn": 60}
    await program.patch(path, json={"answers": half})

    clock.move(timedelta(days=9))  # a week and two days later, the day before Thanksgiving
    program = await api(coordinator)
    intact = (await program.get(path)).json()
    vague = await program.put(f"{path}/answers/population", json={"value": "about 40k"})
    early = await program.post(f"{path}/submission")

    assert intact["answers"] == {field: str(value) for field, value in half.items()}
    assert told(vague)["population"] == "Write a whole number, such as 41200."
    assert (early.status_code, told(early)["ori"]) == (422, "ORI number: this is needed.")
    assert told(early)["affirmation"].startswith("Ask an executive")

    rest = {
        "ori": "IA0070100",
        "population": "41,200",
        "population_year": 2020,
        "policy_implemented_on": "2025-01-15",
        "policy_training": "Online",
    }
    await program.patch(path, json={"answers": rest})
    people = [{"name": "Pat Patrol", "category": "patrol"}]
    await program.put(f"/agencies/{agency.id}/roster", json={"people": people})
    large = await upload(program, path, policies.heavy_pdf(6_000_000))
    right = await upload(program, path, policies.heavy_pdf(3_100_000))
    assert "larger than 5 MB" in told(large)["file"]
    assert (right.status_code, right.json()["pages"]) == (201, 3)
    await program.post(f"{path}/affirmation-requests", json={"email": "chief@cedarfallspd.example"})
    await work()
    assert (await affirm(client, mailbox, "Chris Chief")).status_code == 200
    submitted = (await program.post(f"{path}/submission")).json()

    assert (submitted["state"], submitted["whose_turn"]) == ("submitted", "reviewer")
    assert submitted["affirmation"]["name"] == "Chris Chief"
    assert submitted["answer_due"] == "2026-11-30"  # not Thanksgiving, nor the weekend


async def test_a_roster_with_four_in_field_training(database, api, clock):
    agency = await made.agency(kind="emergency-communications", ori=None)
    coordinator = await made.coordinator(agency)
    course = await make.course(make.content(slug="tcme-101", code="TCME-101"))
    trained = [await works(agency, name=f"Trained T{n}") for n in range(24)]
    fresh = [await works(agency, name=f"Fresh F{n}") for n in range(4)]
    for person in trained:
        await completed(person, course, date(2025, 6, 1))
    wait = {"exemption": {"kind": "field_training", "until": "2026-06-30"}}
    lines = [{"account_id": str(p.account), "category": "telecommunicator"} for p in trained]
    lines += [{"account_id": str(p.account), "category": "telecommunicator", **wait} for p in fresh]
    program = await api(coordinator)

    roster = await program.put(f"/agencies/{agency.id}/roster", json={"people": lines})

    its = roster.json()["coverage"]["telecommunicator"]
    assert (its["satisfied"], its["required"], its["percent"], its["exempt"]) == (24, 24, 100.0, 4)
    assert its["exempted"] == [f"Fresh F{n}" for n in range(4)]

    review = await _submitted(program, agency, coordinator)
    rita = await make.staff(Role.REVIEWER)
    await reviewing.assign(rita, review, rita.id)
    met = (await program.get(f"/reviews/{review}")).json()
    clock.now = datetime(2026, 7, 1, 15, tzinfo=UTC)
    program = await api(coordinator)
    body = (await program.get(f"/reviews/{review}")).json()

    assert step(met, "call-handling")["state"] == "met"
    assert (step(body, "call-handling")["state"], step(body, "call-handling")["words"]) == (
        "missing",
        "24 of 28 have it.",
    )
    calls = next(rule for rule in body["coverage"] if rule["rule"] == "call-handling")
    assert (calls["percent"], calls["missing"]) == (85.7, [f"Fresh F{n}" for n in range(4)])
    assert met["hash"] != body["hash"]  # what was recommended before is not decided on now
    sheet = (await (await api(rita)).get(f"/reviews/{review}/findings")).json()
    assert any("call" in words for words in sheet["missing"])


async def _submitted(program, agency, coordinator):
    review = await opened(agency, coordinator)
    await applications.answer(coordinator, review.id, FACTS)
    await policy(review, coordinator)
    await affirmed(review, coordinator)
    await program.post(f"/reviews/{review.id}/submission")
    return review.id
