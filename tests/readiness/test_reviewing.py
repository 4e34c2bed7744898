"""Reviews over JSON: the queue, findings, return, recommendation, decision, and what was seen."""

import asyncio
from datetime import date, timedelta

import msgspec
import pytest

import make
from connect.accounts import roles
from connect.accounts.tables import RoleGrant
from connect.clock import today
from connect.config import settings
from connect.policy import Role
from connect.readiness import applications, deciding, reviewing
from connect.readiness.tables import (
    Affirmation,
    Finding,
    Membership,
    ReviewState,
    RosterLine,
)
from readiness.applying import affirmed, policy
from readiness.deciding import (
    all_met,
    approver,
    handed_in,
    on_roster,
    present,
    read,
    recommended,
    reviewer,
)
from rosters.staffed import works

V1 = "/reviews"


async def test_the_queue_tells_age_without_the_agencys_time_and_what_is_late(database, api, clock):
    handed = await handed_in()
    rita = await reviewer()

    async def listed(search=""):
        return (await (await api(rita)).get(f"{V1}{search}")).json()["items"]

    clock.move(timedelta(days=1))
    first = await listed()
    await reviewing.assign(rita, handed.review.id, rita.id)
    clock.move(timedelta(days=3))
    late = await listed("?reviewer=me")
    await reviewing.give_back(rita, handed.review.id, "Please name the director.")
    clock.move(timedelta(days=30))
    waits = await listed("?state=changes_requested")
    await applications.submit(handed.coordinator, handed.review.id)
    clock.move(timedelta(days=2))
    again = await listed()

    assert [(row["state"], row["reviewer"]) for row in first] == [("submitted", "")]
    assert first[0]["age_seconds"] == 86400
    assert (late[0]["age_seconds"], late[0]["is_overdue"]) == (4 * 86400, True)
    assert (waits[0]["age_seconds"], waits[0]["is_overdue"]) == (4 * 86400, False)
    assert (again[0]["age_seconds"], again[0]["state"]) == (6 * 86400, "in_review")
    assert await listed("?reviewer=none") == []
    assert (await (await api(rita)).get(f"{V1}?reviewer=x")).status_code == 422


async def test_the_queue_comes_in_pieces(database, api, clock):
    for _ in range(3):
        await handed_in()
        clock.move(timedelta(minutes=1))
    program = await api(await reviewer())

    first = (await program.get(f"{V1}?limit=2")).json()
    second = (await program.get(f"{V1}?limit=2&after={first['next']}")).json()

    assert [len(first["items"]), len(second["items"]), second["next"]] == [2, 1, None]
    assert {row["id"] for row in first["items"]}.isdisjoint(r["id"] for r in second["items"])


@pytest.mark.parametrize("tie", ["works", "worked", "role", "former role", "roster"])
async def test_nobody_with_a_tie_to_the_agency_reviews_or_decides(database, api, clock, tie):
    rita, handed = await reviewer(), await handed_in()
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.REVIEWER).save()
    tied = make.actor_of(account, Role.REVIEWER, Role.APPROVER)
    if tie == "works":
        await works(handed.agency, account=account)
    elif tie == "worked":
        await works(handed.agency, account=account, until=date(2024, 6, 1))
    elif tie == "roster":
        await RosterLine(
            agency=handed.agency.id,
            account=account.id,
            category="support",
            since=date(2020, 1, 1),
            until=date(2024, 6, 1),
            made_by=handed.coordinator.id,
        ).save()
    else:
        admin = await make.staff(Role.ADMIN)
        role = Role.COORDINATOR
        await roles.grant_role(admin, account.id, role, agency=handed.agency.id)
        if tie == "former role":
            await roles.revoke_role(admin, account.id, role, agency=handed.agency.id)

    taken = await (await api(tied)).put(
        f"{V1}/{handed.review.id}/reviewer", json={"account_id": str(tied.id)}
    )
    await all_met(rita, handed)
    await reviewing.recommend(rita, handed.review.id, await present(handed))
    with pytest.raises(reviewing.Tied):
        await deciding.decide(
            tied, handed.review.id, deciding.Decision.APPROVED, "", await present(handed)
        )

    assert (taken.status_code, taken.json()["code"]) == (403, "tied")
    assert "within the last three years" in taken.json()["detail"]


async def test_who_left_more_than_three_years_ago_may_review(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    account = await make.account()
    await RoleGrant(account=account.id, role=Role.REVIEWER).save()
    await works(handed.agency, account=account, since=date(2015, 1, 1), until=date(2022, 1, 1))

    answer = await (await api(rita)).put(
        f"{V1}/{handed.review.id}/reviewer", json={"account_id": str(account.id)}
    )
    other = await (await api(rita)).put(
        f"{V1}/{handed.review.id}/reviewer", json={"account_id": str(handed.coordinator.id)}
    )

    assert (answer.status_code, answer.json()["state"]) == (200, "in_review")
    assert answer.json()["reviewer"] == str(account.id)
    assert other.status_code == 422


async def test_findings_are_checked_kept_and_never_changed(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    program = await api(rita)
    path = f"{V1}/{handed.review.id}/findings"
    early = await program.put(f"{path}/no-waiting", json={"finding": "met"})
    await reviewing.assign(rita, handed.review.id, rita.id)

    bad = [
        (await program.put(f"{path}/{element}", json=given)).json()["errors"][0]["field"]
        for element, given in (
            ("no-waiting", {"finding": "met_equivalent"}),
            ("no-waiting", {"finding": "not_met", "comment": "  "}),
            ("no-waiting", {"finding": "not_applicable", "comment": "x"}),
            ("no-waiting", {"finding": "met", "document": str(handed.document.id), "page": 3}),
            ("no-waiting", {"finding": "met", "document": str(handed.review.id)}),
            ("no-waiting", {"finding": "perhaps"}),
        )
    ]
    met = await program.put(f"{path}/no-waiting", json={"finding": "met"})
    clock.move(timedelta(minutes=1))
    await program.put(f"{path}/no-waiting", json={"finding": "met"})
    worse = await program.put(
        f"{path}/no-waiting", json={"finding": "not_met", "comment": "Say so.", "page": 2}
    )
    none = await program.put(f"{path}/nothing", json={"finding": "met"})
    stranger = await (await api(await reviewer())).put(
        f"{path}/no-waiting", json={"finding": "met"}
    )

    assert (early.status_code, early.json()["code"]) == (409, "not_now")
    assert bad == ["comment", "comment", "finding", "page", "document", "finding"]
    assert (met.json()["document"], met.json()["page"]) == (str(handed.document.id), 2)
    assert worse.json()["state"] == "not_met"
    assert none.status_code == 404
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not_the_reviewer")
    assert [row["finding"] for row in await Finding.select().order_by(Finding.id)] == [
        "met",
        "not_met",
    ]


async def test_a_return_lists_what_is_not_met_and_mails_it_once(
    database, api, clock, work, mailbox
):
    handed, rita = await handed_in(), await reviewer()
    await work()
    mailbox.clear()
    await all_met(rita, handed, but=("quality", "alerts"))
    program = await api(rita)
    await program.put(
        f"{V1}/{handed.review.id}/findings/quality",
        json={
            "finding": "not_met",
            "comment": "Say who reviews calls, and how often.",
            "page": 2,
            "document": str(handed.document.id),
        },
    )

    answer = await program.post(f"{V1}/{handed.review.id}/return", json={"note": "Almost there."})
    again = await program.post(f"{V1}/{handed.review.id}/return", json={"note": "Almost there."})
    await work()

    assert (answer.status_code, answer.json()["state"]) == (200, "changes_requested")
    assert (again.status_code, again.json()["code"]) == (409, "not_now")
    (mail,) = mailbox
    assert mail.to.startswith("person")
    assert "needs changes" in mail.subject
    assert "Quality assurance (Missing children, page 2)" in mail.body
    assert "Say who reviews calls, and how often." in mail.body
    assert "Almost there." in mail.body
    assert "Alerts" not in mail.body
    told = (await (await api(handed.coordinator)).get(f"{V1}/{handed.review.id}/messages")).json()
    assert [(m["text"], m["by_program"]) for m in told] == [("Almost there.", True)]


async def test_after_changes_only_what_changed_is_open_again(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    await all_met(rita, handed, but=("quality",))
    await reviewing.find(rita, handed.review.id, "quality", "not_met", comment="Add it.")
    clock.move(timedelta(days=1))
    await reviewing.give_back(rita, handed.review.id, "")
    clock.move(timedelta(days=1))
    pages = [
        "Purpose. This policy is about missing children. Reports. A report is taken at",
        "once. Nobody waits. It covers everybody under 21.",
        "Quality assurance. Supervisors review each call within a week.",
    ]
    new = await policy(
        handed.review,
        handed.coordinator,
        title="Missing children, version 2",
        sha256="b" * 64,
        pages=msgspec.json.encode(pages).decode(),
        replaces=handed.document.id,
    )
    handed.document.replaced_at = new.uploaded_at
    await handed.document.save()
    changed = FACTS_CHANGED
    await applications.answer(handed.coordinator, handed.review.id, changed)
    await affirmed(handed.review, handed.coordinator)
    clock.move(timedelta(days=1))
    await applications.submit(handed.coordinator, handed.review.id)

    sheet = (await (await api(rita)).get(f"{V1}/{handed.review.id}/findings")).json()

    again = [row["element"] for row in sheet["findings"] if row["state"] == "again"]
    assert again == ["quality"]
    assert sheet["changed"] == [
        "Calls in a year: 90000 became 95000.",
        "The document “Missing children, version 2” is new.",
        "The document “Missing children” is replaced.",
        "An executive affirmed the answers anew.",
    ]
    assert sheet["missing"] == [
        "Quality assurance: what this rests on has changed. Look at it again."
    ]
    done = await reviewing.find(rita, handed.review.id, "quality", "met", document=new.id, page=3)
    assert done.missing == []


FACTS_CHANGED = {"yearly_calls": "95000"}


async def test_a_changed_passage_opens_its_element_again(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    await all_met(rita, handed)
    clock.move(timedelta(days=1))
    await reviewing.give_back(rita, handed.review.id, "Renumber the sections.")
    pages = ["Purpose. This policy is about missing children.", "A report is taken after a day."]
    clock.move(timedelta(days=1))
    new = await policy(
        handed.review,
        handed.coordinator,
        sha256="b" * 64,
        pages=msgspec.json.encode(pages).decode(),
        replaces=handed.document.id,
    )
    handed.document.replaced_at = new.uploaded_at
    await handed.document.save()
    await applications.submit(handed.coordinator, handed.review.id)

    sheet = (await (await api(rita)).get(f"{V1}/{handed.review.id}/findings")).json()

    assert {row["state"] for row in sheet["findings"]} == {"again"}


async def test_a_recommendation_says_everything_that_is_missing(database, api, clock):
    handed, rita = await handed_in(trained=False), await reviewer()
    await all_met(rita, handed, but=("quality", "after-action", "risk"))
    await reviewing.find(rita, handed.review.id, "risk", "not_met", comment="Add it.")
    await Affirmation.update({Affirmation.voided_at: clock.now}).where(
        Affirmation.review == handed.review.id
    )
    program = await api(rita)

    answer = await program.post(
        f"{V1}/{handed.review.id}/recommendation", json={"hash": await present(handed)}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert answer.json()["detail"] == (
        "This cannot be recommended yet. Risk and category: this is not met. "
        "Quality assurance: there is no finding yet. "
        "All who handle calls: taking the call: 0 of 1 have it. Missing: Tess Taker. "
        "An executive of the agency has to affirm the answers as they are now."
    )


async def test_a_recommendation_is_of_the_state_that_was_seen(database, api, clock):
    handed, rita = await handed_in(), await reviewer()
    await all_met(rita, handed)
    program = await api(rita)
    path = f"{V1}/{handed.review.id}"
    seen = (await program.get(f"{path}/findings")).json()["hash"]
    clock.move(timedelta(hours=20))
    await on_roster(handed.agency, handed.coordinator, "Nia New", "call-taker", since=today())

    old = await program.post(f"{path}/recommendation", json={"hash": seen})
    now = (await program.get(f"{path}/findings")).json()["hash"]
    other = await (await api(await reviewer())).post(f"{path}/recommendation", json={"hash": now})

    assert (old.status_code, old.json()["code"]) == (409, "state_changed")
    assert "Roster: Nia New, Call-Taker, is new." in old.json()["detail"]
    assert other.json()["code"] == "not_the_reviewer"


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


async def test_messages_reach_the_other_side_once(database, api, clock, work, mailbox):
    rita, handed = await reviewer(), await handed_in()
    await reviewing.assign(rita, handed.review.id, rita.id)
    await work()
    mailbox.clear()
    path = f"{V1}/{handed.review.id}/messages"
    program, agency = await api(rita), await api(handed.coordinator)
    keyed = {"Idempotency-Key": "one"}

    sent = await program.post(path, json={"text": "Which page?"}, headers=keyed)
    await program.post(path, json={"text": "Which page?"}, headers=keyed)
    answered = await agency.post(path, json={"text": "Page 2."})
    empty = await agency.post(path, json={"text": " "})
    auditor = await (await api(await make.staff(Role.AUDITOR))).post(path, json={"text": "Hm."})
    stranger = await (await api(await make.learner())).get(path)
    await work()

    assert (sent.status_code, answered.status_code, empty.status_code) == (201, 201, 422)
    assert (auditor.status_code, stranger.status_code) == (403, 404)
    both = (await agency.get(path)).json()
    assert [(m["text"], m["by_program"]) for m in both] == [
        ("Which page?", True),
        ("Page 2.", False),
    ]
    assert both == (await program.get(path)).json()
    assert len(mailbox) == 2
    assert {f"/reviews/{handed.review.id}/messages" in m.body for m in mailbox} == {True}
    assert (await read(handed)).answered_at is not None


async def test_nobody_else_sees_reviews(database, api, clock):
    handed = await handed_in()
    path = f"{V1}/{handed.review.id}"
    for actor in (await make.learner(), handed.coordinator):
        program = await api(actor)

        answers = [
            await program.get(V1),
            await program.get(f"{path}/findings"),
            await program.get(f"{path}/history/{'0' * 64}"),
            await program.put(f"{path}/findings/risk", json={"finding": "met"}),
            await program.post(f"{path}/return", json={"note": "x"}),
            await program.post(f"{path}/decision", json={}),
        ]

        assert {answer.status_code for answer in answers} == {403}


async def test_no_route_deletes_anything_of_a_review(app):
    from test_policy import routes

    deleting = [path for method, path, _ in routes(app) if method == "DELETE" and "review" in path]

    assert deleting == []
