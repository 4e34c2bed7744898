"""Recordings and downloads: served by ranges to whom the course is open, and timed as lessons."""

from datetime import timedelta

import pytest

import make
from catalog.course_folder import COURSE, RECORDED, tone, write_course
from connect.catalog.actions import publish_folder
from connect.catalog.content import ComponentKind, Media, Recording
from connect.learning import rules, views
from connect.learning.actions import Event, TooEarly, enroll, note_event
from connect.learning.attempts import start_attempt, submit_attempt
from connect.learning.queries import standing
from connect.learning.tables import Enrollment, EnrollmentState
from connect.policy import SYSTEM

WAV = tone()
RESTRICTED = 'access = {disciplines = ["educator"], agency_kinds = ["school"], titles = ["Guard"]}'


async def published(folder, access):
    """A course with a recording and a download, enrolled in by somebody."""
    assert RESTRICTED in COURSE
    files = RECORDED | {"course.toml": RECORDED["course.toml"].replace(RESTRICTED, access)}
    await publish_folder(SYSTEM, write_course(folder, **files))
    learner = await make.learner(verified_at=make.now(), discipline="law-enforcement")
    enrollment, _ = await enroll(learner, "lost-at-the-fair")
    return learner, enrollment


async def address_of(enrollment):
    """Where the player finds the recording."""
    content, _ = await standing(enrollment)
    row = await Enrollment.objects().get(Enrollment.id == enrollment.id)
    return views.recording(row, content, content.components[1])["url"]


@pytest.mark.parametrize("access", ['access = "public"', 'access = "verified"'])
async def test_a_recording_is_served_whole_and_by_ranges(
    database, clock, browser, tmp_path, access
):
    learner, enrollment = await published(tmp_path, access)
    person = await browser(learner)
    address = await address_of(enrollment)

    whole = await person.get(address)
    part = await person.get(address, headers={"Range": "bytes=4-7"})
    tail = await person.get(address, headers={"Range": "bytes=-2"})
    beyond = await person.get(address, headers={"Range": f"bytes={len(WAV)}-"})
    other = await person.get(address, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    known = await person.get(address, headers={"If-None-Match": whole.headers["ETag"]})
    head = await person.head(address)

    assert (whole.status_code, whole.content) == (200, WAV)
    assert (part.status_code, part.content) == (206, WAV[4:8])
    assert part.headers["Content-Range"] == f"bytes 4-7/{len(WAV)}"
    assert (tail.status_code, tail.content) == (206, WAV[-2:])
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(WAV)}")
    assert (other.status_code, other.content) == (200, WAV)
    assert known.status_code == 304
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(WAV))
    assert whole.headers["Content-Type"] == "audio/wav"
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


async def test_files_of_a_restricted_course_are_for_its_learners(
    database, browser, client, tmp_path
):
    learner, enrollment = await published(tmp_path, 'access = "verified"')
    address = await address_of(enrollment)
    digest = address.rpartition("/")[2]
    stranger = await browser(await make.learner())
    own = await browser(learner)

    answers = [
        await stranger.get(address),
        await stranger.get(f"/media/{digest}"),
        await client.get(f"/media/{digest}"),
        await own.get(f"/enrollments/{enrollment.id}/media/{'0' * 64}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert (await client.get(address)).status_code in (302, 303, 401)
    assert (await own.get(address)).status_code == 200


async def test_a_file_that_a_public_course_shows_too_is_for_everybody(database, client, tmp_path):
    _, enrollment = await published(tmp_path, 'access = "verified"')
    content, _ = await standing(enrollment)
    digest = content.media["media/clock.svg"].sha256
    other = tmp_path / "more"
    other.mkdir()
    public = RECORDED["course.toml"].replace(RESTRICTED, 'access = "public"')
    folder = write_course(other, **(RECORDED | {"course.toml": public}))
    before = await client.get(f"/media/{digest}")

    await publish_folder(SYSTEM, folder.rename(folder.with_name("found-at-the-fair")))

    after = await client.get(f"/media/{digest}")
    assert (before.status_code, after.status_code) == (404, 200)


def video(**changes):
    return make.lesson(
        "video",
        kind=ComponentKind.VIDEO,
        html="",
        minutes=20,
        recording=Recording("media/v.mp4", {"en": "media/v.vtt"}, "<p>Words.</p>"),
        **changes,
    )


async def test_scenario_6_what_is_missing_of_video_and_quiz_is_named(database, clock):
    film = {p: Media("0" * 64, 9, "video/mp4") for p in ("media/v.mp4", "media/v.vtt")}
    quiz = make.component_quiz("final", max_attempts=3)
    content = make.content(components=[video(min_seconds=1080), quiz], media=film, sequence=False)
    await make.course(content)
    learner = await make.learner()
    enrollment, _ = await enroll(learner, content.slug)
    await note_event(learner, enrollment.id, "video", Event.OPEN)
    clock.move(timedelta(seconds=95))
    await note_event(learner, enrollment.id, "video", Event.HEARTBEAT)
    with pytest.raises(TooEarly):
        await note_event(learner, enrollment.id, "video", Event.CLOSE)

    for _ in range(3):
        attempt, _ = await start_attempt(learner, enrollment.id, "final")
        await submit_attempt(learner, attempt.id)

    row = await Enrollment.objects().get(Enrollment.id == enrollment.id)
    found = {m.component: m.what for m in rules.missing(*await standing(row))}
    assert row.state == EnrollmentState.FAILED
    assert found["video"] == "16 minutes 25 seconds of viewing time are missing."
    assert found["final"].endswith("Attempts left: 0.")


async def test_a_recording_is_done_when_it_is_closed_in_time(database, clock):
    film = {p: Media("0" * 64, 9, "video/mp4") for p in ("media/v.mp4", "media/v.vtt")}
    content = make.content(components=[video(min_seconds=60)], media=film)
    await make.course(content)
    learner = await make.learner()
    enrollment, _ = await enroll(learner, content.slug)
    await note_event(learner, enrollment.id, "video", Event.OPEN)
    clock.move(timedelta(seconds=60))

    await note_event(learner, enrollment.id, "video", Event.CLOSE)

    row = await Enrollment.objects().get(Enrollment.id == enrollment.id)
    assert row.state == EnrollmentState.COMPLETED
