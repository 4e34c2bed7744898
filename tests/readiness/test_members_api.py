"""Members over JSON and as CSV: the public list, and what only staff may do."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import make
from agencies import made
from connect import clock as time
from connect.agencies.tables import Agency
from connect.audit import AuditEvent
from connect.policy import Role
from connect.readiness import memberships, reminders
from connect.readiness.member_queries import members
from connect.readiness.tables import Membership, ReviewState
from readiness.reviewed import approve, approver, close, member, review


async def test_anybody_reads_the_list_by_state_and_word_in_pieces(database, client, clock):
    for name, state in (("Ames Police", "IA"), ("Boone Police", "IA"), ("Cody Police", "WY")):
        await member(await made.agency(name=name, state=state))

    every = (await client.get("/api/v1/members?limit=2")).json()
    rest = (await client.get(f"/api/v1/members?limit=2&after={every['next']}")).json()
    of_wyoming = (await client.get("/api/v1/members?state=WY")).json()
    found = (await client.get("/api/v1/members?q=boone+pol")).json()

    assert [m["name"] for m in every["items"]] == ["Ames Police", "Boone Police"]
    assert [m["name"] for m in rest["items"]] == ["Cody Police"]
    assert rest["next"] is None
    assert [m["name"] for m in of_wyoming["items"]] == ["Cody Police"]
    assert [m["name"] for m in found["items"]] == ["Boone Police"]
    assert every["items"][0].keys() == {
        *("id", "agency_id", "name", "kind", "state", "county", "since", "until"),
    }


async def test_the_file_says_what_the_list_says_and_may_be_kept_for_a_while(
    database, client, clock
):
    await member(await made.agency(name="=Ames Police"))
    clock.move(timedelta(days=1))

    today = await client.get("/api/v1/members.csv")
    before = await client.get("/members.csv?as_of=2026-03-01")

    [row] = csv.DictReader(io.StringIO(today.text))
    assert (row["name"], row["since"], row["until"]) == (
        "'=Ames Police",
        "2026-03-02",
        "2031-03-02",
    )
    assert today.headers["cache-control"] == "public, max-age=300"
    assert "members-2026-03-03.csv" in today.headers["content-disposition"]
    assert list(csv.DictReader(io.StringIO(before.text))) == []
    assert before.headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize("day", ["2026-03-03", "1999-12-31", "yesterday"])
async def test_a_day_that_nobody_knows_is_refused(database, client, clock, day):
    answer = await client.get(f"/api/v1/members?as_of={day}")

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["as_of"]


async def test_staff_suspends_reinstates_and_revokes_with_a_reason(database, api, clock):
    term = await member()
    program = await api(await approver())
    path = f"/members/{term.id}"

    no_reason = await program.post(f"{path}/suspension", json={"reason": " "})
    suspended = await program.post(f"{path}/suspension", json={"reason": "Policy was withdrawn"})
    again = await program.post(f"{path}/suspension", json={"reason": "Policy was withdrawn"})
    back = await program.post(f"{path}/reinstatement", json={"reason": "It is in force again"})
    over = await program.post(f"{path}/revocation", json={"reason": "Not true"})

    assert (no_reason.status_code, no_reason.json()["errors"][0]["field"]) == (422, "reason")
    assert (suspended.status_code, suspended.json()["state"]) == (200, "suspended")
    assert (again.status_code, again.json()["code"]) == (409, "not_active")
    assert (back.json()["state"], over.json()["state"]) == ("active", "revoked")
    acts = [row["act"] for row in await AuditEvent.select(AuditEvent.act).order_by(AuditEvent.id)]
    assert [act for act in acts if act.startswith("membership.")] == [
        "membership.admitted",
        "membership.suspended",
        "membership.reinstated",
        "membership.revoked",
    ]


async def test_only_an_approver_changes_a_membership_and_only_its_agency_reads_it(
    database, api, clock
):
    agency = await made.agency()
    term = await member(agency)
    reviewer = await api(await make.staff(Role.REVIEWER))
    own = await api(await made.coordinator(agency))
    other = await api(await made.coordinator(await made.agency()))
    learner = await api(await make.learner())
    path = f"/members/{term.id}"

    assert (await reviewer.get(path)).status_code == 200
    assert (await own.get(path)).json()["population"] == 41200
    for stranger in (other, learner):
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get(f"{path}/press.txt")).status_code == 404
    for actor in (reviewer, own, other, learner):
        answer = await actor.post(f"{path}/revocation", json={"reason": "Mine"})
        assert answer.status_code == 403
        assert (await actor.put(f"{path}/recognition/plaque")).status_code == 403
    assert (await Membership.objects().first()).state == "active"


async def test_what_a_member_receives_is_ticked_and_opened_again(database, api, clock):
    term = await member()
    program = await api(await approver())
    path = f"/members/{term.id}/recognition"

    done = await program.put(f"{path}/plaque", json={"note": "Sent by mail"})
    again = await program.put(f"{path}/plaque", json={"note": "Sent by mail"})
    opened = await program.put(f"{path}/plaque", json={"done": False})
    unknown = await program.put(f"{path}/medal", json={})

    assert done.json()["note"] == "Sent by mail"
    assert done.json()["done_at"] == again.json()["done_at"]
    assert opened.json()["done_at"] is None
    assert unknown.status_code == 404
    assert await AuditEvent.count().where(AuditEvent.act == "membership.recognized") == 1


async def test_the_press_text_holds_the_facts_of_the_agency(database, api, clock):
    agency = await made.agency(name="Ames Police Department", county="Story")
    term = await member(agency)

    answer = await (await api(await made.coordinator(agency))).get(f"/members/{term.id}/press.txt")

    assert "Ames Police Department joins the Missing Kids Readiness Program" in answer.text
    assert "STORY, IOWA, March 2, 2026." in answer.text
    assert "serves 41,200 people (Census 2020)" in answer.text
    assert "The membership runs until March 2, 2031." in answer.text
    assert "\n\n\n" not in answer.text


async def test_an_agency_tells_its_membership_to_anybody(database, client, clock):
    agency = await made.agency()
    before = (await client.get(f"/api/v1/agencies/{agency.id}")).json()
    term = await member(agency)
    during = (await client.get(f"/api/v1/agencies/{agency.id}")).json()
    await memberships.suspend(await approver(), term.id, reason="Because")
    after = (await client.get(f"/api/v1/agencies/{agency.id}")).json()

    assert before["membership"] is None
    assert during["membership"] == {"state": "active", "since": "2026-03-02", "until": "2031-03-02"}
    assert after["membership"] is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "new",
                "renew",
                "approve",
                "decline",
                "suspend",
                "reinstate",
                "revoke",
                "rename",
                "run",
            ]
        ),
        st.integers(0, 2),  # which agency
        st.integers(1, 400),  # days until then
    ),
    min_size=4,
    max_size=14,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(
    steps=[
        ("new", 0, 1),
        ("new", 0, 1),
        ("new", 0, 1),
        ("new", 0, 1),
        ("new", 0, 1),
        ("new", 0, 222),
        ("new", 0, 400),
        ("new", 0, 400),
        ("renew", 0, 400),
        ("new", 0, 400),
    ]
)
@given(steps=STEPS)
async def test_the_list_of_a_past_day_is_the_list_that_was_exported_on_it(
    sqlite_database, clock, steps
):
    clock.set(datetime(2026, 3, 2, 15, tzinfo=UTC))
    agencies = [await made.agency() for _ in range(3)]
    staff = await approver()
    exported: dict[date, list] = {}
    open_reviews: dict = {}
    for act, which, days in steps:
        exported[time.today()] = await members(time.today())
        clock.move(timedelta(days=days))
        agency = agencies[which]
        current = await memberships.current_of(agency.id, time.today())
        if act in ("new", "renew") and which not in open_reviews:
            open_reviews[which] = await review(agency)
            if act == "new":
                await approve(open_reviews.pop(which), actor=staff)
        elif act == "approve" and which in open_reviews:
            await approve(open_reviews.pop(which), actor=staff)
        elif act == "decline" and which in open_reviews:
            await close(open_reviews.pop(which), ReviewState.DECLINED)
        elif act == "suspend" and current and current.state == "active":
            await memberships.suspend(staff, current.id, reason="Because")
        elif act == "reinstate" and current and current.state == "suspended":
            await memberships.reinstate(staff, current.id, reason="Because")
        elif act == "revoke" and current:
            await memberships.revoke(staff, current.id, reason="Because")
        elif act == "rename":
            name = f"Renamed {days}"
            await Agency.update({Agency.name: name}).where(Agency.id == agency.id)
        elif act == "run":
            await reminders.look_at_terms()
        exported[time.today()] = await members(time.today())
    clock.move(timedelta(days=3000))
    await reminders.look_at_terms()

    mine = {agency.id for agency in agencies}
    for day, found in exported.items():
        kept = [m for m in await members(day) if m.agency_id in mine]
        assert kept == [m for m in found if m.agency_id in mine], day
