"""The queue of reviews, who may take one, who writes and who sees."""

from datetime import date, timedelta

import pytest

import make
from connect.accounts import roles
from connect.accounts.tables import RoleGrant
from connect.policy import Role
from connect.readiness import applications, deciding, reviewing
from connect.readiness.tables import (
    RosterLine,
)
from readiness.deciding import (
    all_met,
    handed_in,
    present,
    read,
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
