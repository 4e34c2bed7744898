"""What staff record by hand: who may, what comes of it, and what taking it back changes."""

from datetime import timedelta

import pytest

import make
from connect import jobs
from connect.accounts.affiliations import affiliate
from connect.audit import AuditEvent
from connect.certificates.tables import Certificate
from connect.errors import Forbidden, Invalid, NotFound, StepUpNeeded
from connect.learning.actions import AttemptsUsedUp, Event, enroll, note_event
from connect.learning.answers import Given
from connect.learning.attempts import start_attempt, submit_answers
from connect.learning.overrides import (
    HasEnded,
    IsDone,
    LearnerIsGone,
    NotFailed,
    NotOneself,
    override,
    withdraw_override,
)
from connect.learning.queries import enrollment_of, overrides_of, standing
from connect.learning.requirements import missing
from connect.learning.tables import Completion, Enrollment, Override
from connect.mail.tables import Mail
from connect.policy import Role
from connect.rosters.tables import RequiredCourse
from connect.trainings.tables import Training

WHY = {"reason": "The page froze.", "evidence": "Screenshot in ticket 12."}
RIGHT = {"q1": Given(choices=["a"]), "q2": Given(choices=["a"])}
WRONG = {"q1": Given(choices=["b"]), "q2": Given(choices=["b"])}


@pytest.fixture
async def course(database):
    content = make.content(
        components=[make.lesson("one"), make.component_quiz("final", max_attempts=2)]
    )
    await make.course(content)
    return content


async def begun(course):
    actor = await make.learner()
    enrollment, _ = await enroll(actor, course.slug)
    return actor, enrollment


async def read(actor, enrollment):
    await note_event(actor, enrollment.id, "one", Event.OPEN)
    await note_event(actor, enrollment.id, "one", Event.CLOSE)


async def tried(actor, enrollment, answers):
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    return await submit_answers(actor, attempt.id, answers)


async def failed(course):
    actor, enrollment = await begun(course)
    await read(actor, enrollment)
    for _ in range(2):
        await tried(actor, enrollment, WRONG)
    return actor, enrollment


async def state(actor, enrollment):
    return (await enrollment_of(actor, enrollment.id)).state


async def left(actor, enrollment):
    row = await enrollment_of(actor, enrollment.id)
    return [m.component for m in missing(*await standing(row))]


async def test_a_step_met_by_hand_counts_and_the_next_one_opens(course):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await begun(course)

    await override(manager, enrollment.id, component="one", **WHY)

    assert await left(actor, enrollment) == ["final"]
    assert (await tried(actor, enrollment, RIGHT)).passed
    assert await state(actor, enrollment) == "completed"
    (row,) = await overrides_of(enrollment.id)
    assert (row["component"], row["kind"], row["reason"], row["evidence"]) == (
        "one",
        "met",
        *WHY.values(),
    )
    assert (row["made_by"], row["made_by_name"]) == (manager.id, manager.name)
    event = await AuditEvent.objects().where(AuditEvent.act == "override.met").first()
    assert event.actor == manager.id


async def test_the_last_step_met_by_hand_completes_the_course_for_the_learner(course):
    manager = await make.staff(Role.ADMIN)
    actor, enrollment = await begun(course)
    await read(actor, enrollment)

    await override(manager, enrollment.id, component="final", **WHY)

    certificate = await Certificate.objects().first()
    completion = await Completion.objects().first()
    assert (certificate.holder, certificate.name) == (actor.id, actor.name)
    assert (completion.learner, (await Training.objects().first()).person) == (actor.id, actor.id)
    mails = await Mail.select(Mail.kind, Mail.account, Mail.body).order_by(Mail.id)
    assert [(m["kind"], m["account"]) for m in mails] == [
        ("learning/met_by_hand", actor.id),
        ("learning/completed", actor.id),
    ]
    assert WHY["reason"] in mails[0]["body"]
    assert await jobs.Job.exists().where(jobs.Job.kind == "certificates.draw")


async def test_a_failed_course_is_opened_again_with_all_attempts_anew(course):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await failed(course)
    assert await state(actor, enrollment) == "failed"
    with pytest.raises(AttemptsUsedUp):
        await enroll(actor, course.slug)

    await override(manager, enrollment.id, component=None, **WHY)
    await tried(actor, enrollment, WRONG)

    assert await state(actor, enrollment) == "in_progress"
    assert not (await tried(actor, enrollment, WRONG)).passed
    assert await state(actor, enrollment) == "failed"
    acts = [row["act"] for row in await AuditEvent.select(AuditEvent.act)]
    assert acts.count("override.reopened") == acts.count("enrollment.reopened") == 1
    await override(manager, enrollment.id, component=None, **WHY)
    assert (await tried(actor, enrollment, RIGHT)).passed
    assert await state(actor, enrollment) == "completed"


async def test_a_failed_test_met_by_hand_completes(course):
    actor, enrollment = await failed(course)

    await override(await make.staff(Role.AUTHOR), enrollment.id, component="final", **WHY)

    assert await state(actor, enrollment) == "completed"


async def test_taken_back_before_a_completion_the_step_is_open_again(course):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await begun(course)
    await override(manager, enrollment.id, component="one", **WHY)

    await withdraw_override(manager, enrollment.id, component="one", reason="Wrong person.")

    assert await left(actor, enrollment) == ["one", "final"]
    (row,) = await overrides_of(enrollment.id)
    assert (row["withdrawn_by"], row["withdrawal_reason"]) == (manager.id, "Wrong person.")
    with pytest.raises(NotFound):
        await withdraw_override(manager, enrollment.id, component="one", reason="Again.")
    await override(manager, enrollment.id, component="one", **WHY)
    assert await left(actor, enrollment) == ["final"]
    assert await Override.count() == 2


async def test_taken_back_after_it_was_really_done_nothing_opens(course):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await begun(course)
    await override(manager, enrollment.id, component="one", **WHY)
    await read(actor, enrollment)

    await withdraw_override(manager, enrollment.id, component="one", reason="Not needed.")

    assert await left(actor, enrollment) == ["final"]


async def test_taken_back_after_a_completion_what_stands_stands(course, clock):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await begun(course)
    await override(manager, enrollment.id, component="one", **WHY)
    await override(manager, enrollment.id, component="final", **WHY)
    tables = (Completion, Certificate, Training, Enrollment)
    before = [await table.select() for table in tables]
    clock.move(timedelta(days=1))

    await withdraw_override(manager, enrollment.id, component="one", reason="Wrong person.")

    assert [await table.select() for table in tables] == before
    assert await left(actor, enrollment) == []
    told = await Mail.objects().where(Mail.kind == "learning/override_withdrawn").first()
    assert "its certificate stand" in told.body


async def test_attempts_that_were_given_are_taken_back(course):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await failed(course)
    await override(manager, enrollment.id, component=None, **WHY)

    await withdraw_override(manager, enrollment.id, component=None, reason="Wrong person.")

    assert await state(actor, enrollment) == "failed"


async def test_it_shows_as_by_hand_on_transcript_and_roster(course, api, browser):
    manager, registrar = await make.staff(Role.AUTHOR), await make.staff(Role.REGISTRAR)
    agency = await make.agency()
    people = []
    for by_hand in (True, False):
        actor, enrollment = await begun(course)
        account = await make.Account.objects().get(make.Account.id == actor.id)
        await affiliate(actor, account, agency, consent=True)
        await read(actor, enrollment)
        if by_hand:
            await override(manager, enrollment.id, component="final", **WHY)
        else:
            await tried(actor, enrollment, RIGHT)
        people.append(actor)
    await RequiredCourse(agency=agency.id, course=enrollment.course, made_by=registrar.id).save()

    transcripts = [(await (await api(a)).get("/transcript")).json()["items"] for a in people]
    pages = [(await (await browser(a)).get("/transcript")).text for a in people]
    roster = (await (await api(registrar)).get(f"/agencies/{agency.id}/people")).json()["items"]
    roster_page = await (await browser(registrar)).get(f"/agencies/{agency.id}/people")

    assert [[row["by_hand"] for row in rows] for rows in transcripts] == [[True], [False]]
    assert ["In part by hand" in page for page in pages] == [True, False]
    analyst = await browser(await make.staff(Role.ANALYST))
    rows = await analyst.get("/admin/reports/rows")
    assert rows.text.count("In part by hand") == 1
    found = {row["name"]: row["courses"][0]["by_hand"] for row in roster}
    assert found == {people[0].name: True, people[1].name: False}
    assert roster_page.text.count("recorded in part by staff") == 1


async def test_by_page_without_script_staff_record_and_take_back(course, browser):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await failed(course)
    person = await browser(manager)
    path = f"/admin/enrollments/{enrollment.id}"

    listed = await person.get("/admin/enrollments")
    refused = await person.post(
        f"{path}/overrides", data={"csrf": person.csrf, "act": "meet", "component": ""}
    )
    form = {"csrf": person.csrf, "once": "k", "act": "reopen", "component": "", **WHY}
    sent = [await person.post(f"{path}/overrides", data=form) for _ in range(2)]
    shown = await person.get(path)
    empty = {"csrf": person.csrf, "act": "withdraw", "component": "", "reason": ""}
    unsaid = await person.post(f"{path}/overrides", data=empty)
    taken = await person.post(f"{path}/overrides", data=empty | {"reason": "Wrong person."})

    assert f'href="{path}"' in listed.text
    assert refused.status_code == 422
    for name in ("component", "reason", "evidence"):
        assert f'href="#{name}"' in refused.text
    assert [a.status_code for a in sent] == [303, 303]
    assert await Override.count() == 1
    assert WHY["evidence"] in shown.text
    assert (unsaid.status_code, taken.status_code) == (422, 303)
    assert "Say why" in unsaid.text
    assert await state(actor, enrollment) == "failed"


async def test_all_that_is_wrong_is_told_at_once(course):
    _, enrollment = await begun(course)
    manager = await make.staff(Role.AUTHOR)

    with pytest.raises(Invalid) as refusal:
        await override(manager, enrollment.id, component="x", reason=" ", evidence="")
    with pytest.raises(Invalid) as other:
        await withdraw_override(manager, enrollment.id, component="one", reason=" ")

    assert set(refusal.value.errors) == {"component", "reason", "evidence"}
    assert set(other.value.errors) == {"reason"}


async def test_what_the_state_forbids_is_refused_and_writes_nothing(course):
    manager = await make.staff(Role.AUTHOR)
    actor, enrollment = await begun(course)
    with pytest.raises(NotFailed):
        await override(manager, enrollment.id, component=None, **WHY)
    await read(actor, enrollment)
    with pytest.raises(IsDone):
        await override(manager, enrollment.id, component="one", **WHY)
    await tried(actor, enrollment, RIGHT)
    for component in ("one", None):
        with pytest.raises(HasEnded):
            await override(manager, enrollment.id, component=component, **WHY)

    assert await Override.count() == 0


async def test_nobody_does_it_for_oneself_nor_without_a_fresh_proof_nor_as_a_registrar(course):
    account = await make.account()
    own = make.actor_of(account, Role.AUTHOR)
    mine, _ = await enroll(own, course.slug)
    _, enrollment = await begun(course)
    stale = make.actor_of(await make.account(), Role.ADMIN)
    stale = type(stale)(account_id=stale.id, roles=stale.roles)
    registrar = await make.staff(Role.REGISTRAR)

    for actor, at, refusal in (
        (own, mine, NotOneself),
        (stale, enrollment, StepUpNeeded),
        (registrar, enrollment, Forbidden),
    ):
        with pytest.raises(refusal):
            await override(actor, at.id, component="one", **WHY)
        with pytest.raises(refusal):
            await withdraw_override(actor, at.id, component="one", reason="No.")

    assert await Override.count() == 0


async def test_for_a_closed_account_nothing_is_recorded(course):
    actor, enrollment = await begun(course)
    await make.Account.update({make.Account.status: "closed"}).where(make.Account.id == actor.id)

    with pytest.raises(LearnerIsGone):
        await override(await make.staff(Role.AUTHOR), enrollment.id, component="one", **WHY)


async def test_by_api_it_is_recorded_once_shown_and_taken_back(course, api):
    actor, enrollment = await begun(course)
    program, learner = await api(await make.staff(Role.AUTHOR)), await api(actor)
    await program.post("/step-ups", json={"password": make.PASSWORD})
    path = f"/enrollments/{enrollment.id}/overrides"
    body = {"component": "one", **WHY}

    answers = [
        await program.post(path, json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    ]
    shown = (await learner.get(f"/enrollments/{enrollment.id}")).json()
    taken = await program.request(
        "DELETE", path, json={"component": "one", "reason": "Wrong person."}
    )

    assert [a.status_code for a in answers] == [201, 201], answers[0].text
    assert [c["by_hand"] for c in shown["components"]] == [True, False]
    assert [m["component"] for m in shown["missing"]] == ["final"]
    assert taken.status_code == 200
    assert taken.json()["items"][0]["withdrawal_reason"] == "Wrong person."
    assert (await program.get(path)).json() == taken.json()
    assert (await learner.post(path, json=body)).status_code == 403
    assert await Override.count() == 1
