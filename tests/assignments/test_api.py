"""Assignments over JSON and as pages."""

from datetime import UTC, date, datetime

import pytest

import make
from accounts.contents import count
from agencies import made
from connect.assignments.tables import Assignment
from connect.policy import Role
from rosters.staffed import course, works

pytestmark = pytest.mark.usefixtures("clock")
BODY = {"course": "first", "discipline": "educator", "due_on": "2026-06-30"}


async def registrar():
    return await make.staff(Role.REGISTRAR, discipline=None)


async def test_the_story_of_an_assignment_over_json(database, api, work):
    await course("first")
    ada = await make.account(discipline="educator", legal_name="Ada A")
    program = await api(await registrar())

    dry = await program.post("/assignments", json=BODY | {"dry_run": True})
    assert (dry.status_code, await count("assignment")) == (200, 0)
    assert {n: dry.json()[n] for n in ("people", "enroll", "has_it", "mails")} == {
        "people": 1,
        "enroll": 1,
        "has_it": 0,
        "mails": 1,
    }
    assert [(w["name"], w["will"], w["due_on"]) for w in dry.json()["who"]] == [
        ("Ada A", "enroll", "2026-06-30")
    ]
    keyed = {"Idempotency-Key": "one"}
    made_now = await program.post("/assignments", json=BODY, headers=keyed)
    again = await program.post("/assignments", json=BODY, headers=keyed)
    await work()
    assert made_now.status_code == 201
    assert made_now.json() == again.json()
    (listed,) = (await program.get("/assignments")).json()["items"]
    assert (listed["course"], listed["people"]) == ("first", 1)
    own = await api(make.actor_of(ada))
    assert (await own.get("/me/assignments")).json() == [
        {
            "title": "First",
            "url": "/courses/first",
            "due_on": "2026-06-30",
            "agency": "",
            "cannot": "",
        }
    ]
    planned = (await program.get("/assignments/reminders?on=2026-05-31")).json()
    assert (planned["mails"], planned["due"], planned["items"][0]["days"]) == (1, 1, 30)
    csv = await program.get(f"/assignments/{listed['id']}/people.csv")
    assert csv.text.splitlines()[1] == "Ada A,2026-03-02,2026-06-30,no"
    assert (await program.delete(f"/assignments/{listed['id']}")).status_code == 204
    assert (await own.get("/me/assignments")).json() == []
    assert (await program.get("/assignments")).json()["items"] == []


async def test_learners_assign_nothing_and_a_dry_run_tells_every_fault(database, api):
    program = await api(await make.learner())
    assert (await program.post("/assignments", json=BODY)).status_code == 403
    assert (await program.get("/assignments/reminders?on=2026-05-31")).status_code == 403
    staff = await api(await registrar())
    wrong = await staff.post("/assignments", json={"role": "king", "dry_run": True})
    assert wrong.status_code == 422
    assert {e["field"] for e in wrong.json()["errors"]} == {"course", "role", "due_on"}
    assert (await staff.get("/assignments/reminders?on=soon")).status_code in (400, 422)


async def test_a_coordinator_previews_and_confirms_by_forms(database, browser, work):
    agency = await made.agency()
    await course("first", "First response")
    await works(agency, name="Ada A")
    await works(agency, name="Ben B", consented=False)
    page = await browser(await made.coordinator(agency))
    asked = {"what": "course:first", "agency_id": str(agency.id), "due_on": "2026-06-30"}

    form = await page.get("/assignments/new")
    assert "share their training" in form.text
    wrong = await page.get("/assignments/new", params={"preview": "yes"})
    assert wrong.status_code == 422
    shown = await page.get("/assignments/new", params=asked | {"preview": "yes"})
    assert "1 person, 1 mail" in shown.text
    assert "Ada A" in shown.text
    assert "Ben B" not in shown.text
    csv = await page.get("/assignments/new/people.csv", params=asked)
    assert csv.text.splitlines()[1] == "Ada A,2026-06-30,enroll,"
    form_of = asked | {"csrf": page.csrf, "once": "k1"}
    answers = [await page.post("/assignments", data=form_of) for _ in range(2)]
    await work()

    assert [a.status_code for a in answers] == [303, 303]
    assert await Assignment.count() == 1
    told = await page.get(answers[0].headers["location"])
    assert "Ada A" in told.text
    assert "It is assigned" in told.text
    assert "First response" in (await page.get("/assignments")).text
    reminders = await page.get("/assignments/reminders", params={"on": "2026-05-31"})
    assert "30 days before" in reminders.text
    assert (await page.get("/assignments/reminders?on=soon")).status_code == 422
    row = await Assignment.objects().first()
    ended = await page.post(f"/assignments/{row.id}/end", data={"csrf": page.csrf})
    assert ended.headers["location"] == "/assignments?notice=ended"
    assert "Nothing is assigned" in (await page.get("/assignments")).text


async def test_the_start_shows_what_is_assigned_until_it_is_done(database, browser, work, clock):
    await course("first", "First response")
    ada = await make.account(discipline="educator")
    program = await browser(await registrar())
    data = {"what": "course:first", "discipline": "educator", "due_on": "2026-03-05"}
    await program.post("/assignments", data=data | {"csrf": program.csrf})
    await work()
    page = await browser(make.actor_of(ada))

    assert "Due March 5, 2026" in (await page.get("/")).text
    clock.set(datetime(2026, 3, 7, 15, tzinfo=UTC))
    assert "Was due March 5, 2026" in (await page.get("/")).text


async def test_a_list_of_assignments_takes_as_many_statements_for_three_as_for_one(
    database, api, queries, work
):
    await course("first")
    program = await api(await registrar())
    await program.post("/assignments", json=BODY)
    await program.get("/assignments")
    queries.clear()
    await program.get("/assignments")
    for_one = len(queries)
    for title in ("a", "b"):
        await program.post("/assignments", json=BODY | {"title": title})
    queries.clear()

    answer = await program.get("/assignments")

    assert len(answer.json()["items"]) == 3
    assert len(queries) == for_one
    assert date(2026, 6, 30).isoformat() == answer.json()["items"][0]["due_on"]
