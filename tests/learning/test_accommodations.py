"""More time, more attempts and no limit for one person; and a reason that only staff see."""

from datetime import timedelta

import pytest

import make
from connect.audit import AuditEvent
from connect.errors import Forbidden, Invalid, NotFound
from connect.learning.accommodations import accommodate
from connect.learning.actions import enroll
from connect.learning.attempts import start_attempt, submit_attempt
from connect.learning.rules import Granted, accommodated
from connect.learning.tables import Accommodation, Attempt, Enrollment
from connect.policy import Role

REASON = "a-private-diagnosis"


async def enrolled(**changes):
    """A learner in a course that is one test of 30 minutes and one attempt."""
    test = make.component_quiz("final", **{"time_limit_minutes": 30, "max_attempts": 1, **changes})
    content = make.content(components=[test])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    return actor, enrollment


async def grant(enrollment, **granted):
    staff = await make.staff(Role.REGISTRAR)
    await accommodate(staff, enrollment.id, Granted(**granted), private_reason=REASON)


@pytest.mark.parametrize(
    ("minutes", "attempts", "granted", "expected"),
    [
        (30, 3, Granted(), (30, 3)),
        (30, 3, Granted(extra_time_percent=50), (45, 3)),
        (5, 3, Granted(extra_time_percent=50), (8, 3)),  # rounded up
        (30, 3, Granted(more_attempts=2), (30, 5)),
        (30, 0, Granted(more_attempts=2), (30, 0)),  # no limit stays none
        (0, 0, Granted(extra_time_percent=100), (0, 0)),
        (30, 3, Granted(no_time_limit=True, extra_time_percent=50), (0, 3)),
        (30, 3, None, (30, 3)),
    ],
)
def test_limits_are_eased_by_what_is_granted(minutes, attempts, granted, expected):
    quiz = make.component_quiz("final", time_limit_minutes=minutes, max_attempts=attempts)
    content = make.content(components=[make.lesson("one"), quiz])

    eased = accommodated(content, granted)

    found = eased.components[1].quiz
    assert (found.time_limit_minutes, found.max_attempts) == expected
    assert eased.components[0] == content.components[0]


async def test_an_attempt_gets_the_time_that_is_granted(database):
    actor, enrollment = await enrolled()
    await grant(enrollment, extra_time_percent=50)

    attempt, _ = await start_attempt(actor, enrollment.id, "final")

    assert attempt.expires_at - attempt.started_at == timedelta(minutes=45)


async def test_another_enrollment_has_nothing_of_it(database):
    _, enrollment = await enrolled()
    other, others = await enrolled()
    await grant(enrollment, extra_time_percent=50, more_attempts=1)

    attempt, _ = await start_attempt(other, others.id, "final")

    assert attempt.expires_at - attempt.started_at == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("granted", "minutes"),
    [({"extra_time_percent": 100}, 60), ({"no_time_limit": True}, None), ({}, 30)],
)
async def test_an_attempt_under_way_gets_its_time_too(database, granted, minutes):
    actor, enrollment = await enrolled()
    attempt, _ = await start_attempt(actor, enrollment.id, "final")

    await grant(enrollment, **granted)

    row = await Attempt.objects().where(Attempt.id == attempt.id).first()
    limit = row.expires_at and row.expires_at - row.started_at
    assert limit == (timedelta(minutes=minutes) if minutes else None)


async def test_nobody_gets_less_time_than_was_told(database):
    actor, enrollment = await enrolled()
    await grant(enrollment, extra_time_percent=100)
    attempt, _ = await start_attempt(actor, enrollment.id, "final")

    await grant(enrollment)

    row = await Attempt.objects().where(Attempt.id == attempt.id).first()
    assert row.expires_at == attempt.expires_at


async def test_more_attempts_open_a_failed_course_again(database):
    actor, enrollment = await enrolled()
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    await submit_attempt(actor, attempt.id)
    failed = (await Enrollment.objects().first()).state

    await grant(enrollment, extra_time_percent=50)
    still = (await Enrollment.objects().first()).state
    await grant(enrollment, more_attempts=1)
    second, new = await start_attempt(actor, enrollment.id, "final")
    await submit_attempt(actor, second.id)

    assert (failed, still, new) == ("failed", "failed", True)
    assert (await Enrollment.objects().first()).state == "failed"


async def test_what_is_granted_last_replaces_what_was_before(database):
    _, enrollment = await enrolled()
    await grant(enrollment, extra_time_percent=50, more_attempts=1)

    await grant(enrollment, more_attempts=3)

    rows = await Accommodation.select()
    found = [(row["extra_time_percent"], row["more_attempts"]) for row in rows]
    assert found == [(0, 3)]


async def test_without_a_reason_nothing_is_granted_and_everything_may_be_taken_back(database):
    _, enrollment = await enrolled()
    staff = await make.staff(Role.ADMIN)

    with pytest.raises(Invalid) as refusal:
        await accommodate(staff, enrollment.id, Granted(more_attempts=1), private_reason=" ")
    await accommodate(staff, enrollment.id, Granted(), private_reason="")

    assert list(refusal.value.errors) == ["private_reason"]


async def test_only_staff_grant_and_only_what_exists(database):
    actor, enrollment = await enrolled()
    staff = await make.staff(Role.REGISTRAR)

    with pytest.raises(Forbidden):
        await accommodate(actor, enrollment.id, Granted(more_attempts=1), private_reason="x")
    with pytest.raises(NotFound):
        await accommodate(staff, actor.id, Granted(more_attempts=1), private_reason="x")

    assert await Accommodation.count() == 0


async def test_the_learner_sees_what_and_never_why_and_the_trail_neither(database, api, browser):
    actor, enrollment = await enrolled(max_attempts=2)
    staff = await api(await make.staff(Role.REGISTRAR))
    put = await staff.put(
        f"/enrollments/{enrollment.id}/accommodations",
        json={"extra_time_percent": 50, "more_attempts": 2, "private_reason": REASON},
    )
    program, person = await api(actor), await browser(actor)

    shown = [
        await program.get("/enrollments"),
        await program.get(f"/enrollments/{enrollment.id}"),
        await program.post(f"/enrollments/{enrollment.id}/quizzes/final/attempts"),
        await program.get("/me/export"),
        await person.get(f"/learn/{enrollment.id}/final"),
    ]

    assert put.json() == {"extra_time_percent": 50, "more_attempts": 2, "no_time_limit": False}
    assert [answer.status_code for answer in shown] == [200, 200, 201, 200, 200]
    assert [answer for answer in shown if REASON in answer.text] == []
    words = " ".join(shown[-1].text.split())
    assert "4 attempts left, with the 2 more that you were granted." in words
    assert "You have 45 minutes once you start, with the 50% more that you were granted." in words
    assert "Attempts left: 4." in shown[0].text
    row = await AuditEvent.objects().where(AuditEvent.act == "enrollment.accommodated").first()
    assert REASON not in row.details
    assert '"reason_given":true' in row.details


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"extra_time_percent": 401}, ["extra_time_percent"]),
        ({"extra_time_percent": -1, "more_attempts": 21}, ["extra_time_percent", "more_attempts"]),
        ({"no_time_limit": "yes"}, ["no_time_limit"]),
        ({"reason": "x"}, ["reason"]),
        ({"more_attempts": 1}, ["private_reason"]),
    ],
)
async def test_what_cannot_be_granted_is_told_by_field(database, api, body, fields):
    _, enrollment = await enrolled()
    staff = await api(await make.staff(Role.ADMIN))

    answer = await staff.put(f"/enrollments/{enrollment.id}/accommodations", json=body)

    assert answer.status_code == 422
    assert sorted(error["field"] for error in answer.json()["errors"]) == sorted(fields)
    assert await Accommodation.count() == 0


async def test_staff_find_the_form_by_the_person_and_it_keeps_what_was_written(database, browser):
    actor, enrollment = await enrolled()
    person = await browser(await make.staff(Role.REGISTRAR))
    enrolled_in = f"/admin/enrollments/{enrollment.id}"
    here = f"{enrolled_in}/accommodations"

    who = await person.get(f"/admin/people/{actor.id}")
    courses = await person.get(f"/admin/people/{actor.id}/enrollments")
    one = await person.get(enrolled_in)
    wrong = await person.post(
        here, data={"csrf": person.csrf, "extra_time_percent": "a lot", "private_reason": ""}
    )
    right = await person.post(
        here,
        data={
            "csrf": person.csrf,
            "extra_time_percent": "25",
            "no_time_limit": "yes",
            "private_reason": REASON,
        },
    )
    shown = await person.get(here)

    assert f"/admin/people/{actor.id}/enrollments" in who.text
    assert enrolled_in in courses.text
    assert here in one.text
    assert (wrong.status_code, right.status_code) == (422, 303)
    assert 'value="a lot"' in wrong.text
    assert "Error: 2 answers need another look" in wrong.text
    assert 'value="25"' in shown.text
    assert REASON in shown.text
    assert (await person.get("/admin/enrollments/" + str(actor.id))).status_code == 404
