"""Decisions: another person, exactly what was reviewed, and what the agency hears."""

import asyncio
from datetime import timedelta

import msgspec

from connect.accounts.tables import RoleGrant
from connect.clock import today
from connect.config import settings
from connect.policy import Role
from connect.readiness import deciding, reviewing
from connect.readiness.tables import (
    Membership,
    ReviewState,
)
from readiness.deciding import (
    approver,
    handed_in,
    on_roster,
    present,
    read,
    recommended,
    reviewer,
)

V1 = "/reviews"


async def test_another_person_approves_exactly_what_was_reviewed(
    database, api, clock, work, mailbox
):
    rita = await reviewer()
    await RoleGrant(account=rita.id, role=Role.APPROVER).save()
    handed = await recommended(rita)
    path = f"{V1}/{handed.review.id}"
    digest = await present(handed)
    body = {"verdict": "approved", "hash": digest, "reasons": ""}
    await work()
    mailbox.clear()

    same = await (await api(rita)).post(f"{path}/decision", json=body)
    program = await api(await approver())
    done = await program.post(f"{path}/decision", json=body)
    late = await program.post(f"{path}/decision", json=body)
    kept = (await program.get(f"{path}/history/{digest}")).content
    clock.move(timedelta(days=366))
    await work()
    later_on = await api(await approver())
    later = await later_on.get(f"{path}/history/{digest}")
    unknown = await later_on.get(f"{path}/history/{'0' * 64}")

    assert (same.status_code, same.json()["code"]) == (403, "same_person")
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert done.json()["ends_on"] == "2031-03-02"
    assert (late.status_code, late.json()["code"]) == (409, "decided_already")
    assert "approved on March 2, 2026" in late.json()["detail"]
    assert (later.status_code, later.content) == (200, kept)
    assert msgspec.json.decode(kept)["facts"]["population"] == "41200"
    assert b"Tess" not in kept
    assert "is a member" in mailbox[0].subject
    assert unknown.status_code == 404
    (term,) = await Membership.objects()
    assert (term.review, term.agency) == (handed.review.id, handed.agency.id)


async def test_a_roster_that_changed_stops_the_decision_and_says_how(database, api, clock):
    rita = await reviewer()
    handed = await recommended(rita)
    path = f"{V1}/{handed.review.id}"
    digest = await present(handed)
    clock.move(timedelta(hours=20))
    await on_roster(handed.agency, handed.coordinator, "Nia New", "call-taker", since=today())
    program = await api(await approver())

    answer = await program.post(f"{path}/decision", json={"verdict": "approved", "hash": digest})
    now = await present(handed)
    unseen = await program.post(f"{path}/decision", json={"verdict": "approved", "hash": now})
    await (await api(rita)).post(f"{path}/recommendation", json={"hash": now})
    done = await program.post(f"{path}/decision", json={"verdict": "approved", "hash": now})

    assert (answer.status_code, answer.json()["code"]) == (409, "state_changed")
    assert "Roster: Nia New, Call-Taker, is new." in answer.json()["detail"]
    assert unseen.json()["code"] == "state_changed"
    assert done.json()["state"] == "approved"


async def test_of_two_who_decide_at_once_one_wins(database, api, clock):
    handed = await recommended(await reviewer())
    path = f"{V1}/{handed.review.id}/decision"
    digest = await present(handed)
    first, second = await api(await approver()), await api(await approver())

    answers = await asyncio.gather(
        first.post(path, json={"verdict": "approved", "hash": digest}),
        second.post(path, json={"verdict": "declined", "hash": digest, "reasons": "No."}),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert refused.json()["code"] == "decided_already"
    assert len(await Membership.objects()) <= 1


async def test_the_program_hears_of_what_waits_for_it(database, api, clock, work, mailbox):
    rita, anna = await reviewer(email="rita@program.example"), await approver(email="a@p.example")

    handed = await recommended(rita)
    await work()

    told = {mail.to: mail.subject for mail in mailbox if "waits" in mail.subject}
    assert told == {
        "rita@program.example": "The readiness application of Cedar Valley 911 waits for a "
        "reviewer",
        "a@p.example": "The readiness application of Cedar Valley 911 waits for a decision",
    }
    assert all(f"/reviews/{handed.review.id}" in m.body for m in mailbox if m.to in told)
    assert anna.id != rita.id


async def test_a_decline_needs_reasons_which_the_agency_reads(database, api, clock, work, mailbox):
    rita, handed = await reviewer(), await handed_in()
    await reviewing.assign(rita, handed.review.id, rita.id)
    program = await api(await approver())
    path = f"{V1}/{handed.review.id}/decision"
    body = {"verdict": "declined", "hash": await present(handed)}
    approve = await program.post(path, json=body | {"verdict": "approved"})
    bare = await program.post(path, json=body)
    await work()
    mailbox.clear()

    done = await program.post(path, json=body | {"reasons": "The center is closed."})
    await work()

    assert (approve.status_code, approve.json()["code"]) == (409, "not_now")
    assert bare.json()["errors"] == [
        {"field": "reasons", "message": "Write why, so that the agency knows what to do."}
    ]
    assert done.json()["state"] == "declined"
    assert "The center is closed." in mailbox[0].body
    assert await Membership.objects() == []


async def test_one_person_may_do_both_only_when_the_rule_is_off_and_it_shows(
    database, api, clock, monkeypatch
):
    rita = await reviewer()
    await RoleGrant(account=rita.id, role=Role.APPROVER).save()
    handed = await recommended(rita)
    alone = msgspec.structs.replace(settings(), two_persons="off")
    monkeypatch.setattr(deciding, "settings", lambda: alone)

    done = await (await api(rita)).post(
        f"{V1}/{handed.review.id}/decision",
        json={"verdict": "approved", "hash": await present(handed)},
    )
    sheet = (await (await api(rita)).get(f"{V1}/{handed.review.id}/findings")).json()

    assert done.status_code == 200
    assert sheet["decided_alone"] is True


async def test_a_finding_takes_back_a_recommendation(database, api, clock):
    rita = await reviewer()
    handed = await recommended(rita)

    answer = await (await api(rita)).put(
        f"{V1}/{handed.review.id}/findings/risk",
        json={"finding": "not_met", "comment": "I misread it."},
    )

    review = await read(handed)
    assert answer.status_code == 200
    assert (review.state, review.recommended_hash) == (ReviewState.IN_REVIEW, None)
