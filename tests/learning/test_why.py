"""Why a certificate was issued."""

from datetime import timedelta

import make
from certificates.earned import rename
from connect.certificates.reissues import reissue
from connect.certificates.tables import Certificate
from connect.learning.actions import Event, enroll, note_event
from connect.learning.answers import Given
from connect.learning.attempts import save_answer, start_attempt, submit_attempt
from connect.learning.overrides import override, withdraw_override
from connect.policy import Role


async def _try(actor, enrollment, choice):
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    for question in ("q1", "q2"):
        await save_answer(actor, attempt.id, question, Given(choices=[choice]))
    await submit_attempt(actor, attempt.id)


async def _completed(clock):
    """Somebody who read for 90 seconds, failed the test and then passed it."""
    ada = await make.learner()
    content = make.content()
    await make.course(content, number=3)
    enrollment, _ = await enroll(ada, content.slug)
    await note_event(ada, enrollment.id, "one", Event.OPEN)
    clock.move(timedelta(seconds=90))
    await note_event(ada, enrollment.id, "one", Event.CLOSE)
    await _try(ada, enrollment, "b")
    await _try(ada, enrollment, "a")
    certificate = await Certificate.objects().where(Certificate.source == enrollment.id).first()
    return ada, content, certificate


async def test_it_tells_version_minutes_rule_and_every_attempt(api, clock):
    ada, content, certificate = await _completed(clock)

    answer = (await (await api(ada)).get(f"/certificates/{certificate.number}/why")).json()

    assert (answer["course"]["version"], answer["course"]["hash"]) == (3, content.hash)
    lesson, test = answer["requirements"]
    assert (lesson["asked"], lesson["recorded"], lesson["seconds"], lesson["met"]) == (
        "Finish this step, in 1 minute or more.",
        "1 minute 30 seconds, finished.",
        90,
        True,
    )
    assert (test["asked"], test["recorded"], test["met"]) == (
        "Pass with 80 %.",
        "2 attempts submitted, the best with 100 %.",
        True,
    )
    made = [(a["number"], a["state"], a["score_percent"]) for a in answer["attempts"]]
    assert made == [(1, "failed", 0), (2, "passed", 100)]
    assert answer["overrides"] == []


async def test_every_number_it_has_had_is_listed_with_staffs_reason(api, clock):
    ada, _, certificate = await _completed(clock)
    await rename(ada, "Ada Officer")
    second = await reissue(ada, certificate.number)
    third = await reissue(await make.staff(Role.ADMIN), second.number, reason="New mark.")

    auditor = await api(await make.staff(Role.AUDITOR))
    answer = (await auditor.get(f"/certificates/{certificate.number}/why")).json()

    assert [(i["number"], i["status"], i["reason"]) for i in answer["line"]] == [
        (certificate.number, "superseded", ""),
        (second.number, "superseded", ""),
        (third.number, "valid", "New mark."),
    ]
    assert answer["course"]["version"] == 3


async def test_a_stranger_does_not_find_it(api, clock):
    _, _, certificate = await _completed(clock)
    stranger = await api(await make.learner())

    assert (await stranger.get(f"/certificates/{certificate.number}/why")).status_code == 404


async def test_the_page_says_the_same_and_no_answer_of_the_key(browser, clock):
    ada, content, certificate = await _completed(clock)
    person = await browser(ada)

    page = (await person.get(f"/certificates/{certificate.number}/why")).text
    sheet = (await person.get(f"/certificates/{certificate.number}")).text

    assert content.hash in page
    assert "1 minute 30 seconds, finished." in page
    assert "2 attempts submitted, the best with 100 %." in page
    assert "Because of a rule." not in page
    assert f'href="/certificates/{certificate.number}/why"' in sheet


async def _met_by_hand(clock):
    """Somebody for whom staff recorded that the test is met; and who did."""
    ada, staff = await make.learner(), await make.staff(Role.ADMIN)
    content = make.content()
    await make.course(content)
    enrollment, _ = await enroll(ada, content.slug)
    await override(
        staff, enrollment.id, component="final", reason="Done on paper.", evidence="Sheet 12."
    )
    await note_event(ada, enrollment.id, "one", Event.OPEN)
    clock.move(timedelta(seconds=90))
    await note_event(ada, enrollment.id, "one", Event.CLOSE)
    certificate = await Certificate.objects().where(Certificate.source == enrollment.id).first()
    return ada, staff, enrollment, certificate


async def test_what_staff_recorded_by_hand_is_told_with_who_why_and_evidence(api, browser, clock):
    ada, staff, _, certificate = await _met_by_hand(clock)
    path = f"/certificates/{certificate.number}/why"

    answer = (await (await api(ada)).get(path)).json()
    page = (await (await browser(ada)).get(path)).text

    lesson, test = answer["requirements"]
    assert (lesson["by_hand"], test["by_hand"], test["met"]) == (False, True, True)
    assert test["recorded"] == "Met by hand: staff recorded it."
    (told,) = answer["overrides"]
    assert (told["component"], told["kind"], told["by"]) == ("final", "met", str(staff.id))
    assert (told["reason"], told["evidence"]) == ("Done on paper.", "Sheet 12.")
    assert told["at"] == test["done_at"]
    assert "Done on paper." in page
    assert "Sheet 12." in page
    assert "Every requirement was met" not in page


async def test_what_staff_take_back_after_the_completion_stays_told(api, clock):
    ada, staff, enrollment, certificate = await _met_by_hand(clock)
    clock.move(timedelta(days=1))
    await withdraw_override(
        staff, enrollment.id, component="final", reason="It was somebody else's sheet."
    )

    path = f"/certificates/{certificate.number}/why"
    (told,) = (await (await api(ada)).get(path)).json()["overrides"]

    assert told["withdrawn_at"] is not None
