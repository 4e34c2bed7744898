"""Launching a package, handing in for it, finishing it; and whose launch is whose."""

from datetime import timedelta

import msgspec
import pytest

import make
from connect.audit import AuditEvent
from connect.catalog.actions import publish_folder
from connect.catalog.queries import content_of
from connect.errors import NotFound
from connect.learning import views
from connect.learning.actions import Event, NotReported, TooEarly, enroll, note_event
from connect.learning.queries import facts_of
from connect.learning.requirements import explain
from connect.learning.tables import Progress
from connect.packages.actions import Commit, WrongLaunch, commit, launch
from connect.packages.queries import log_for_staff
from connect.packages.tables import PackageCommit, PackageState
from connect.policy import SYSTEM, Role
from packages.course import SLUG, STANDARDS, says, taken

FINISHES = {"lesson_status": "passed", "score.raw": "90"}


async def asked(enrollment):
    """What stands of the package in the explanation."""
    content = await content_of(enrollment.version)
    facts = (await facts_of([enrollment.id]))[enrollment.id]
    return next(r for r in explain(content, facts) if r.component == "gates")


async def test_a_package_that_reports_its_end_is_done(database, tmp_path):
    learner, enrollment = await taken(tmp_path)
    started = await launch(learner, enrollment.id, "gates")

    before = await says(learner, enrollment, started.token, 1, lesson_status="incomplete")
    after = await says(learner, enrollment, started.token, 2, **FINISHES)

    assert (before.told, before.done) == ("unfinished", False)
    assert (after.told, after.done, after.recorded) == ("finished", True, True)
    events = await AuditEvent.objects().where(AuditEvent.subject == str(enrollment.id))
    assert {"package.launched", "component.finished"} <= {event.act for event in events}


async def test_what_is_missing_is_told_in_words(database, tmp_path):
    learner, enrollment = await taken(tmp_path, min_seconds="60")
    first = (await asked(enrollment)).missing
    started = await launch(learner, enrollment.id, "gates")
    await note_event(learner, enrollment.id, "gates", Event.OPEN)

    await says(learner, enrollment, started.token, 1, lesson_status="failed")
    failed = await asked(enrollment)
    await says(learner, enrollment, started.token, 2, **FINISHES)
    finished = await asked(enrollment)

    assert first == "The package has not reported that you finished it. Go through it to its end."
    assert "its test is not passed" in failed.missing
    assert "not passed" in failed.recorded
    assert finished.missing == "1 minute of learning time is missing."
    assert finished.recorded.endswith("The package reports that it is finished.")


async def test_the_minimum_time_is_the_servers_whatever_the_package_says(database, clock, tmp_path):
    learner, enrollment = await taken(tmp_path, min_seconds="60")
    await note_event(learner, enrollment.id, "gates", Event.OPEN)
    started = await launch(learner, enrollment.id, "gates")
    told = await says(learner, enrollment, started.token, 1, **FINISHES, session_time="09:00:00")

    with pytest.raises(TooEarly):
        await note_event(learner, enrollment.id, "gates", Event.CLOSE)
    clock.move(timedelta(seconds=61))
    step = await note_event(learner, enrollment.id, "gates", Event.CLOSE)

    assert (told.told, told.done) == ("finished", False)
    assert step.state == "done"
    row = await Progress.objects().where(Progress.component == "gates").first()
    assert row.seconds == 61


async def test_a_package_is_not_closed_before_it_reports(database, tmp_path):
    learner, enrollment = await taken(tmp_path)
    await note_event(learner, enrollment.id, "gates", Event.OPEN)

    with pytest.raises(NotReported, match="has not reported"):
        await note_event(learner, enrollment.id, "gates", Event.CLOSE)


async def test_what_was_finished_stays_finished(database, tmp_path):
    learner, enrollment = await taken(tmp_path)
    started = await launch(learner, enrollment.id, "gates")
    await says(learner, enrollment, started.token, 1, **FINISHES)

    later = await says(learner, enrollment, started.token, 2, lesson_status="incomplete")

    assert (later.told, later.done) == ("finished", True)


async def test_a_commit_sent_twice_is_taken_once(database, tmp_path):
    learner, enrollment = await taken(tmp_path)
    started = await launch(learner, enrollment.id, "gates")
    await says(learner, enrollment, started.token, 1, lesson_location="page 1")
    await says(learner, enrollment, started.token, 2, lesson_location="page 2")

    await says(learner, enrollment, started.token, 1, lesson_location="page 1")

    state = await PackageState.objects().first()
    assert msgspec.json.decode(state.kept) == {"cmi.core.lesson_location": "page 2"}
    assert await PackageCommit.count() == 2


async def test_every_part_has_to_be_finished_and_an_asset_is_by_being_opened(database, tmp_path):
    learner, enrollment = await taken(tmp_path, STANDARDS["scorm-2004"])
    first = await launch(learner, enrollment.id, "gates")
    values = {"cmi.completion_status": "completed", "cmi.score.scaled": "0.8"}
    told = await commit(learner, enrollment.id, "gates", Commit(first.token, 1, values, ends=True))

    second = await launch(learner, enrollment.id, "gates")

    assert (told.told, told.done) == ("unfinished", False)
    assert (second.unit, second.title) == (2, "The map")
    row = await Progress.objects().where(Progress.component == "gates").first()
    assert row.done_at is not None


async def test_a_launch_is_good_for_its_own_attempt_only(database, clock, tmp_path):
    learner, enrollment = await taken(tmp_path)
    started = await launch(learner, enrollment.id, "gates")
    other = await make.learner()
    theirs, _ = await enroll(other, SLUG)

    with pytest.raises(WrongLaunch):  # the token of attempt A on attempt B, of another person
        await says(other, theirs, started.token, **FINISHES)
    with pytest.raises(NotFound):  # another person on attempt A
        await says(other, enrollment, started.token, **FINISHES)
    with pytest.raises(WrongLaunch):
        await says(learner, enrollment, "a" * 43, **FINISHES)
    clock.move(timedelta(hours=4, seconds=1))
    with pytest.raises(WrongLaunch):
        await says(learner, enrollment, started.token, **FINISHES)
    assert await PackageCommit.count() == 0


async def test_by_http_a_strange_launch_is_refused(api, tmp_path):
    learner, enrollment = await taken(tmp_path)
    _, elsewhere = await taken(tmp_path)
    program = await api(learner)
    here = f"/enrollments/{enrollment.id}/components/gates"
    made = (await program.post(f"{here}/launches", json={})).json()
    body = {"token": made["token"], "number": 1, "values": {}}

    stranger = await program.put(f"/enrollments/{elsewhere.id}/components/gates/package", json=body)
    wrong_step = await program.put(
        f"/enrollments/{enrollment.id}/components/search/package", json=body
    )
    wrong_token = await program.put(f"{here}/package", json=body | {"token": "b" * 43})
    fine = await program.put(f"{here}/package", json=body)
    unknown = await program.put(f"{here}/package", json=body | {"done": True})

    assert [a.status_code for a in (stranger, wrong_step)] == [404, 404]
    assert (wrong_token.status_code, wrong_token.json()["code"]) == (403, "wrong_launch")
    assert (fine.status_code, fine.json()["told"]) == (200, "unfinished")
    assert unknown.status_code == 422


async def test_the_same_persons_second_course_takes_no_token_of_the_first(api, tmp_path):
    learner, enrollment = await taken(tmp_path)
    second = tmp_path / "courses" / "second-course"
    (tmp_path / "courses" / SLUG).rename(second)
    await publish_folder(SYSTEM, second)
    other, _ = await enroll(learner, "second-course")
    started = await launch(learner, enrollment.id, "gates")
    program = await api(learner)

    refused = await program.put(
        f"/enrollments/{other.id}/components/gates/package",
        json={"token": started.token, "number": 1, "values": {"cmi.core.lesson_status": "passed"}},
    )

    assert refused.status_code == 403


async def test_staff_read_what_was_handed_in_and_what_was_refused(api, browser, tmp_path):
    learner, enrollment = await taken(tmp_path)
    started = await launch(learner, enrollment.id, "gates")
    payload = "<img src=x onerror=alert(1)>"
    await says(learner, enrollment, started.token, 1, lesson_location=payload, student_name="Eve")
    registrar = await make.staff(Role.REGISTRAR)

    launches, commits = await log_for_staff(registrar, enrollment.id, "gates", limit=10)
    page = await (await browser(registrar)).get(
        f"/admin/enrollments/{enrollment.id}/packages/gates"
    )
    told = await (await api(registrar)).get(
        f"/enrollments/{enrollment.id}/components/gates/commits"
    )
    refused = await (await api(learner)).get(
        f"/enrollments/{enrollment.id}/components/gates/commits"
    )

    assert len(launches) == len(commits) == 1
    assert commits[0]["refused"] == "cmi.core.student_name: is for reading only"
    assert page.status_code == 200
    assert payload not in page.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text
    assert told.json()["items"][0]["given"]["cmi.core.lesson_location"] == payload
    assert refused.status_code == 403


async def test_in_a_course_that_ended_nothing_is_recorded(database, tmp_path):
    learner, enrollment = await taken(tmp_path)
    await enrollment.update_self({"state": "withdrawn"})
    started = await launch(learner, enrollment.id, "gates")

    told = await says(learner, enrollment, started.token, **FINISHES)

    assert told.recorded is False
    assert await PackageCommit.count() == 0


async def test_the_learners_own_view_says_what_is_recorded(database, tmp_path):
    learner, enrollment = await taken(tmp_path)
    started = await launch(learner, enrollment.id, "gates")
    await says(learner, enrollment, started.token, **FINISHES)

    shown = await views.enrollment(enrollment)

    states = {c["id"]: c["state"] for c in shown["components"]}
    assert states["gates"] == "done"
