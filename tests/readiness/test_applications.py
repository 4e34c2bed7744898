"""An application over JSON: opened, answered, submitted, taken back; nothing of a draft is lost."""

import asyncio
from datetime import date, timedelta

import pytest

import make
from agencies import made
from connect.agencies.tables import AgencyProfile
from connect.audit import AuditEvent
from connect.readiness import applications
from connect.readiness.tables import (
    Affirmation,
    Evidence,
    Membership,
    PolicyDocument,
    Review,
    ReviewState,
    RosterLine,
)
from readiness.applying import FACTS, affirmed, opened, police, policy, ready, submitted

V1 = "/reviews"


def told(answer):
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


def step(body, element):
    return next(one for one in body["criteria"] if one["element"] == element)


async def member(agency, ends_on):
    row = Membership(
        agency=agency.id,
        starts_on=date(2020, 1, 1),
        ends_on=ends_on,
        decided_on=date(2020, 1, 1),
        edition="x",
        requirements="law-enforcement/2026.1",
        agency_name=agency.name,
    )
    await row.save()
    return row


async def test_one_opens_prefilled_from_what_the_agency_says_of_itself(database, api, clock):
    agency, coordinator = await police(ori="IA0070100")
    await AgencyProfile(
        agency=agency.id, as_of=date(2026, 1, 1), population=41200, employees=88
    ).save()
    program = await api(coordinator)

    answer = await program.post(f"/agencies/{agency.id}/reviews", json={"kind": "new"})
    body = answer.json()

    assert answer.status_code == 201
    assert body["answers"] == {"ori": "IA0070100", "population": "41200", "employees": "88"}
    assert (body["state"], body["whose_turn"], body["kind"]) == ("draft", "agency", "new")
    assert body["requirements"] == "law-enforcement/2026.1"
    assert step(body, "facts")["words"] == "5 answers are missing."
    assert step(body, "no-waiting")["state"] == "missing"
    assert (await program.get(f"{V1}/{body['id']}")).json() == body


async def test_an_agency_has_one_open_application(database, api, clock):
    agency, coordinator = await police()
    program = await api(coordinator)
    path = f"/agencies/{agency.id}/reviews"
    first = (await program.post(path, json={"kind": "new"})).json()

    second = await program.post(path, json={"kind": "new"})
    await program.post(f"{V1}/{first['id']}/withdrawal")
    third = await program.post(path, json={"kind": "new"})

    assert (second.status_code, second.json()["code"]) == (409, "open_already")
    assert third.status_code == 201
    assert (await program.get(f"{V1}/{first['id']}")).json()["state"] == "withdrawn"


async def test_only_agencies_that_the_program_is_for_may_apply(database, api, clock):
    school, coordinator = await police(kind="school")
    draft, other = await police(status="draft")

    refused = await (await api(coordinator)).post(
        f"/agencies/{school.id}/reviews", json={"kind": "new"}
    )
    unlisted = await (await api(other)).post(f"/agencies/{draft.id}/reviews", json={"kind": "new"})

    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_asked")
    assert (unlisted.status_code, unlisted.json()["code"]) == (409, "not_active")


async def test_a_renewal_needs_a_membership_in_its_last_year(database, api, clock):
    agency, coordinator = await police()
    program = await api(coordinator)
    path = f"/agencies/{agency.id}/reviews"

    none = await program.post(path, json={"kind": "renewal"})
    await member(agency, date(2027, 3, 3))
    early = await program.post(path, json={"kind": "renewal"})
    clock.move(timedelta(hours=20))
    new = await program.post(path, json={"kind": "new"})
    good = await program.post(path, json={"kind": "renewal"})

    assert "no membership to renew" in told(none)["kind"]
    assert "can be opened from March 3, 2026 on" in told(early)["kind"]
    assert "Open a renewal." in told(new)["kind"]
    assert good.status_code == 201


async def test_answers_are_saved_one_by_one_and_bad_ones_told_in_words(database, api, clock):
    agency, coordinator = await police()
    review = await opened(agency, coordinator)
    program = await api(coordinator)
    path = f"{V1}/{review.id}"

    good = await program.put(f"{path}/answers/population", json={"value": 41200})
    bad = await program.put(f"{path}/answers/population", json={"value": "about 40k"})
    none = await program.put(f"{path}/answers/color", json={"value": "blue"})
    some = await program.patch(path, json={"answers": {"sworn": "60", "population_year": "x"}})
    clock.move(timedelta(days=7))
    kept = (await (await api(coordinator)).get(path)).json()["answers"]

    assert good.json()["answers"] == {"population": "41200"}
    assert bad.status_code == 422
    assert told(bad) == {"population": "Write a whole number, such as 41200."}
    assert told(none) == {"color": "There is no such field here."}
    assert told(some) == {"population_year": "Write a year from 1990 to 2026."}
    assert kept == {"population": "41200"}


async def test_of_several_answers_those_that_fit_are_saved(database, clock):
    agency, coordinator = await police()
    review = await opened(agency, coordinator)

    faults = await applications.answer(
        coordinator, review.id, {"population": "about 40k", "sworn": "60", "employees": "88"}
    )
    await applications.answer(coordinator, review.id, {"sworn": ""})

    assert list(faults) == ["population"]
    assert await applications.facts_of(review) == {"employees": "88"}


async def test_everything_that_is_missing_is_told_at_once(database, api, clock):
    agency, coordinator = await police()
    review = await opened(agency, coordinator)
    await applications.answer(coordinator, review.id, {"employees": "50", "sworn": "60"})
    program = await api(coordinator)

    answer = await program.post(f"{V1}/{review.id}/submission")

    assert answer.status_code == 422
    assert list(told(answer)) == [
        *(f for f in FACTS if f not in ("employees", "sworn")),
        *("sworn", "roster", "policy", "affirmation"),
    ]
    assert told(answer)["ori"] == "ORI number: this is needed."
    assert told(answer)["sworn"] == "There cannot be more sworn officers than employees."
    items = (await program.get(f"{V1}/{review.id}")).json()["open_items"]
    assert {item["key"]: item["message"] for item in items} == told(answer)


async def test_a_submission_promises_an_answer_and_writes_it(database, api, clock, work, mailbox):
    agency, coordinator = await police()
    review = await ready(agency, coordinator)
    program = await api(coordinator)

    answer = await program.post(f"{V1}/{review.id}/submission")
    again = await program.post(f"{V1}/{review.id}/submission")
    late = await program.put(f"{V1}/{review.id}/answers/sworn", json={"value": "61"})
    await work()

    body = answer.json()
    assert (body["state"], body["whose_turn"]) == ("submitted", "reviewer")
    assert (body["answer_due"], body["judged_on"]) == ("2026-03-04", "2026-03-02")
    assert step(body, "no-waiting")["state"] == "given"
    assert step(body, "facts")["state"] == step(body, "affirmation")["state"] == "met"
    assert {a.json()["code"] for a in (again, late)} == {"not_your_turn"}
    (mail,) = mailbox
    assert "first answer by March 4, 2026" in mail.body
    acts = await AuditEvent.select(AuditEvent.act).where(AuditEvent.subject == str(review.id))
    assert [row["act"] for row in acts] == ["review.opened", "review.answered", "review.submitted"]


async def test_a_changed_fact_voids_the_executives_word_and_nothing_else_does(database, clock):
    agency, coordinator = await police()
    review = await ready(agency, coordinator)

    await applications.answer(coordinator, review.id, {"population": "41,200"})  # the same
    await policy(review, coordinator)
    stands = await applications.affirmed(review)
    await applications.answer(coordinator, review.id, {"population": "41201"})
    voided = await applications.affirmed(review)
    await applications.answer(coordinator, review.id, {"population": "41200"})

    assert stands is not None
    assert voided is None
    assert await applications.affirmed(review) is None  # its word was on other facts in between
    (row,) = await Affirmation.objects()
    assert (row.affirmed_at is not None, row.voided_at is not None) == (True, True)


async def test_after_changes_it_goes_back_to_its_reviewer(database, clock, work, mailbox):
    agency, coordinator = await police()
    review = await submitted(agency, coordinator)
    reviewer = (await made.coordinator()).id
    clock.move(timedelta(hours=3))
    await Review.update(
        {
            Review.state: ReviewState.CHANGES_REQUESTED,
            Review.state_since: clock(),
            Review.reviewer: reviewer,
        }
    ).where(Review.id == review.id)
    clock.move(timedelta(days=2))

    again = await applications.submit(coordinator, review.id)
    await work()

    assert again.state == ReviewState.IN_REVIEW
    assert again.waited_seconds == 2 * 24 * 3600
    assert again.answer_due == review.answer_due
    assert again.judged_on == date(2026, 3, 4)
    assert {mail.subject.partition(" ")[0] for mail in mailbox} == {"Readiness", "Town"}


async def test_a_renewal_that_comes_after_the_term_is_a_new_application(database, clock):
    agency, coordinator = await police()
    term = await member(agency, date(2026, 3, 10))
    review = await ready_renewal(agency, coordinator)
    await Membership.update({Membership.state: "lapsed"}).where(Membership.id == term.id)
    clock.move(timedelta(days=8))

    late = await applications.submit(coordinator, review.id)

    assert late.kind == "new"


async def ready_renewal(agency, coordinator):
    await RosterLine(
        agency=agency.id,
        name="P",
        category="patrol",
        since=date(2026, 1, 1),
        made_by=coordinator.id,
    ).save()
    review = await opened(agency, coordinator, "renewal")
    await applications.answer(coordinator, review.id, FACTS)
    await policy(review, coordinator)
    await affirmed(review, coordinator)
    return review


async def test_the_roster_of_the_submission_is_judged(database, api, clock):
    agency, coordinator = await police()
    review = await submitted(agency, coordinator)
    clock.move(timedelta(days=1))
    await RosterLine(
        agency=agency.id,
        name="Later L",
        category="patrol",
        since=date(2026, 3, 3),
        made_by=coordinator.id,
    ).save()
    program = await api(coordinator)

    body = (await program.get(f"{V1}/{review.id}")).json()
    roster = (await program.get(f"/agencies/{agency.id}/roster")).json()

    assert body["coverage"][0]["missing"] == ["Pat Patrol"]
    assert roster["rules"][0]["missing"] == ["Later L", "Pat Patrol"]
    assert step(body, "sworn")["whose_turn"] == "agency"


@pytest.mark.parametrize("act", ["submission", "withdrawal"])
async def test_another_agencys_application_is_not_found(database, api, clock, act):
    agency, coordinator = await police()
    review = await opened(agency, coordinator)
    stranger = await api((await police())[1])

    seen = await stranger.get(f"{V1}/{review.id}")
    acted = await stranger.post(f"{V1}/{review.id}/{act}")
    opened_there = await stranger.post(f"/agencies/{agency.id}/reviews", json={"kind": "new"})

    assert {seen.status_code, acted.status_code, opened_there.status_code} == {404}


async def test_a_renewal_begins_with_what_was_approved(database, api, clock):
    agency, coordinator = await police(ori="IA0070100")
    former = await submitted(agency, coordinator)
    await Review.update({Review.state: "approved", Review.decided_at: clock()}).where(
        Review.id == former.id
    )
    (old,) = await PolicyDocument.objects()
    await Evidence(
        review=former.id, element="under-21", document=old.id, page=4, pointed_by=coordinator.id
    ).save()
    await member(agency, date(2027, 3, 2))
    clock.move(timedelta(hours=6))
    newer = {"as_of": date(2026, 3, 3), "employees": 91}
    await AgencyProfile(agency=agency.id, **newer).save()
    program = await api(coordinator)

    answer = await program.post(f"/agencies/{agency.id}/reviews", json={"kind": "renewal"})

    body = answer.json()
    assert body["answers"] == FACTS | {"employees": "91"}
    assert [document["sha256"] for document in body["documents"]] == [old.sha256]
    assert body["documents"][0]["id"] != str(old.id)
    assert body["evidence"]["under-21"]["document"] == body["documents"][0]["id"]
    assert body["affirmation"] is None  # the word is given anew
    assert [item["key"] for item in body["open_items"]] == ["affirmation"]


async def test_of_two_who_open_or_submit_at_once_one_wins(database, clock):
    agency, coordinator = await police()
    other = made.coordinating(await make.learner(), agency)
    both = (coordinator, other)

    async def at_once(act):
        done = await asyncio.gather(*(act(who) for who in both), return_exceptions=True)
        return sorted(type(one).__name__ for one in done)

    opening = await at_once(lambda who: opened(agency, who))
    (review,) = await Review.objects()
    await applications.withdraw(coordinator, review.id)
    review = await ready(agency, coordinator)
    submitting = await at_once(lambda who: applications.submit(who, review.id))

    assert opening == ["OpenAlready", "Review"]
    assert submitting == ["NotYourTurn", "Review"]
