"""Enrolling, taking lessons, completing: what is written, and what is refused."""

import asyncio
from datetime import date, timedelta

import pytest

import make
from connect import jobs
from connect.accounts.actions import update_profile
from connect.audit import AuditEvent
from connect.catalog.content import Audience, OpenTo
from connect.certificates.tables import Certificate
from connect.errors import NotFound
from connect.learning.actions import (
    AddressNotProved,
    ComponentLocked,
    Event,
    NotOpened,
    NotVerified,
    TooEarly,
    enroll,
    note_event,
)
from connect.learning.rules import ComponentState
from connect.learning.tables import Completion, Enrollment, EnrollmentState, Progress
from connect.mail.tables import Mail
from connect.policy import VISITOR
from connect.trainings.tables import Training


async def reading(**changes):
    """A learner enrolled in a course of one lesson of a minute and one statement."""
    steps = [make.lesson("one", min_seconds=60), make.acknowledgement("promise")]
    content = make.content(**{"components": steps, **changes})
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    return actor, enrollment, content


async def finish(actor, enrollment, clock):
    await note_event(actor, enrollment.id, "one", Event.OPEN)
    clock.move(timedelta(seconds=60))
    await note_event(actor, enrollment.id, "one", Event.CLOSE)
    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)


async def test_enrolling_twice_goes_on_with_the_open_enrollment(database):
    actor, enrollment, content = await reading()

    again, new = await enroll(actor, content.slug)

    assert (again.id, new) == (enrollment.id, False)
    assert await Enrollment.count() == 1


async def test_ten_clicks_at_once_make_one_enrollment(database):
    content = make.content()
    await make.course(content)
    actor = await make.learner()

    found = await asyncio.gather(*(enroll(actor, content.slug) for _ in range(10)))

    assert len({enrollment.id for enrollment, _ in found}) == 1
    assert sum(new for _, new in found) == 1


@pytest.mark.parametrize(
    ("access", "person", "refusal"),
    [
        (OpenTo.PUBLIC, {"proved_at": None}, AddressNotProved),
        (OpenTo.VERIFIED, {}, NotVerified),
        (Audience(disciplines=["law-enforcement"]), {}, NotVerified),
    ],
)
async def test_who_may_not_enroll_is_told_the_rule(database, access, person, refusal):
    content = make.content(access=access)
    await make.course(content)
    actor = await make.learner(**person)

    with pytest.raises(refusal):
        await enroll(actor, content.slug)

    assert await Enrollment.count() == 0


async def test_an_unknown_course_is_not_found(database):
    with pytest.raises(NotFound):
        await enroll(await make.learner(), "nothing")


async def test_an_enrollment_stays_with_its_version(database):
    actor, enrollment, content = await reading()
    newer = make.content(slug=content.slug, title="Newer")
    await make.course(newer, number=2)

    again, _ = await enroll(actor, content.slug)
    other, _ = await enroll(await make.learner(), content.slug)

    assert again.version == enrollment.version
    assert other.version != enrollment.version


async def test_a_lesson_needs_its_time(database, clock):
    actor, enrollment, _ = await reading()
    await note_event(actor, enrollment.id, "one", Event.OPEN)
    clock.move(timedelta(seconds=59))

    with pytest.raises(TooEarly) as refusal:
        await note_event(actor, enrollment.id, "one", Event.CLOSE)
    clock.move(timedelta(seconds=1))
    step = await note_event(actor, enrollment.id, "one", Event.CLOSE)

    assert (refusal.value.code, refusal.value.facts["left"]) == ("too_early", 1)
    assert (step.state, step.seconds, step.next_component) == (ComponentState.DONE, 60, "promise")


async def test_a_lesson_that_was_never_opened_cannot_be_closed(database):
    actor, enrollment, _ = await reading()

    with pytest.raises(NotOpened) as refusal:
        await note_event(actor, enrollment.id, "one", Event.CLOSE)

    assert refusal.value.code == "too_early"
    assert await Progress.count() == 0


async def test_heartbeats_add_up_and_long_silence_is_cut(database, clock):
    actor, enrollment, _ = await reading()
    await note_event(actor, enrollment.id, "one", Event.OPEN)
    for wait in (30, 30, 3600):
        clock.move(timedelta(seconds=wait))
        step = await note_event(actor, enrollment.id, "one", Event.HEARTBEAT)

    assert step.seconds == 30 + 30 + 600


async def test_two_tabs_count_one_time(database, clock):
    content = make.content(sequence=False, components=[make.lesson("one"), make.lesson("two")])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    for component in ("one", "two"):
        await note_event(actor, enrollment.id, component, Event.OPEN)

    total = 0
    for _ in range(4):
        clock.move(timedelta(seconds=30))
        steps = [
            await note_event(actor, enrollment.id, component, Event.HEARTBEAT)
            for component in ("one", "two")
        ]
        total = sum(step.seconds for step in steps)

    assert total == 120


async def test_without_heartbeats_a_span_counts_up_to_the_lessons_length(database, clock):
    actor, enrollment, _ = await reading(
        components=[make.lesson("one", minutes=4, min_seconds=240)]
    )
    await note_event(actor, enrollment.id, "one", Event.OPEN)
    clock.move(timedelta(hours=2))

    step = await note_event(actor, enrollment.id, "one", Event.CLOSE)

    assert step.seconds == 240


async def test_a_step_out_of_order_is_locked(database):
    actor, enrollment, _ = await reading()

    for event in (Event.OPEN, Event.ACKNOWLEDGE):
        with pytest.raises(ComponentLocked) as refusal:
            await note_event(actor, enrollment.id, "promise", event)

    assert refusal.value.facts == {"title": "One"}
    assert await Completion.count() == 0


async def test_a_strangers_enrollment_is_not_found(database):
    _, enrollment, _ = await reading()

    with pytest.raises(NotFound):
        await note_event(await make.learner(), enrollment.id, "one", Event.OPEN)


async def test_completion_writes_everything_at_once(database, clock):
    actor, enrollment, content = await reading()

    await finish(actor, enrollment, clock)

    row = await Enrollment.objects().where(Enrollment.id == enrollment.id).first()
    assert row.state == EnrollmentState.COMPLETED
    completion = await Completion.objects().first()
    certificate = await Certificate.objects().first()
    training = await Training.objects().first()
    assert completion.certificate == certificate.id
    assert completion.training == training.id
    assert completion.day == certificate.issued_on == training.day == date(2026, 3, 2)
    assert (certificate.name, certificate.number) == (actor.name, "C-2026-000001")
    assert (training.discipline, training.state, training.course) == (
        "law-enforcement",
        "TX",
        content.slug,
    )
    assert await Mail.count() == 1
    kinds = {row["kind"] for row in await jobs.Job.select(jobs.Job.kind)}
    assert kinds == {"certificates.draw", "mail.deliver", "paths.look"}
    acts = {row["act"] for row in await AuditEvent.select(AuditEvent.act)}
    assert acts == {
        "enrollment.opened",
        "component.open",
        "component.close",
        "component.acknowledge",
        "certificate.issued",
        "training.recorded",
        "enrollment.completed",
    }


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("America/New_York", (2026, 3, 9, 3, 59), date(2026, 3, 8)),  # 11:59 p.m., daylight time
        ("America/New_York", (2026, 3, 9, 4, 0), date(2026, 3, 9)),
        ("America/Los_Angeles", (2027, 1, 1, 7, 59), date(2026, 12, 31)),
        ("Pacific/Guam", (2026, 12, 31, 14, 1), date(2027, 1, 1)),
        ("America/Phoenix", (2026, 11, 1, 6, 59), date(2026, 10, 31)),
    ],
)
async def test_the_day_is_the_learners(database, clock, zone, moment, day):
    content = make.content(components=[make.acknowledgement("promise")])
    await make.course(content)
    actor = await make.learner(time_zone=zone)
    enrollment, _ = await enroll(actor, content.slug)
    clock.set(clock.now.replace(*moment[:3], hour=moment[3], minute=moment[4]))

    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)

    certificate = await Certificate.objects().first()
    assert certificate.issued_on == day
    assert certificate.number == f"C-{day.year}-000001"
    assert (await Training.objects().first()).day == day


async def test_a_completion_that_stands_is_not_changed_by_anything_later(database, clock):
    actor, enrollment, content = await reading()
    await finish(actor, enrollment, clock)
    before = await Completion.select(), await Certificate.select(), await Training.select()
    seconds = await Progress.select(Progress.seconds)

    await update_profile(actor, {"legal_name": "Somebody Else", "state": "AK"})
    await make.course(make.content(slug=content.slug), number=2)
    await note_event(actor, enrollment.id, "one", Event.OPEN)
    clock.move(timedelta(minutes=5))
    await note_event(actor, enrollment.id, "one", Event.CLOSE)

    assert (
        await Completion.select(),
        await Certificate.select(),
        await Training.select(),
    ) == before
    assert await Progress.select(Progress.seconds) == seconds


async def test_a_repetition_is_a_new_cycle_with_its_own_certificate(database, clock):
    actor, first, content = await reading()
    await finish(actor, first, clock)

    second, new = await enroll(actor, content.slug)
    await finish(actor, second, clock)

    assert new
    numbers = await Certificate.select(Certificate.number).order_by(Certificate.number)
    assert [row["number"] for row in numbers] == ["C-2026-000001", "C-2026-000002"]
    assert await Completion.count() == 2
    assert await Training.count() == 2


@pytest.mark.parametrize(
    ("person", "course", "counted"),
    [
        ({"discipline": "parent"}, {}, 0),
        ({"discipline": "general-public"}, {}, 0),
        ({"discipline": None, "state": None}, {}, 1),  # not reported is counted as such
        ({}, {"counts": False}, 0),
    ],
)
async def test_what_counts_as_a_training(database, person, course, counted):
    content = make.content(components=[make.acknowledgement("promise")], **course)
    await make.course(content)
    actor = await make.learner(**person)
    enrollment, _ = await enroll(actor, content.slug)

    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)

    assert await Training.count() == counted
    assert await Certificate.count() == 1


async def test_the_certificate_bears_the_name_for_certificates(database):
    content = make.content(components=[make.acknowledgement("promise")])
    await make.course(content)
    actor = await make.learner(legal_name="Adaeze Officer", certificate_name="Ada Officer")
    enrollment, _ = await enroll(actor, content.slug)

    await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)

    assert (await Certificate.objects().first()).name == "Ada Officer"


async def test_acknowledging_twenty_times_at_once_completes_once(database):
    content = make.content(components=[make.acknowledgement("promise")])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)

    await asyncio.gather(
        *(note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE) for _ in range(20))
    )

    assert await Completion.count() == 1
    assert await Certificate.count() == 1
    assert await Training.count() == 1


async def test_d13_many_who_complete_at_once_get_distinct_numbers(database):
    content = make.content(components=[make.acknowledgement("promise")])
    await make.course(content)
    learners = [await make.learner() for _ in range(40)]
    enrollments = [(await enroll(actor, content.slug))[0] for actor in learners]

    await asyncio.gather(
        *(
            note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
            for actor, enrollment in zip(learners, enrollments, strict=True)
        )
    )

    rows = await Certificate.select(Certificate.number).order_by(Certificate.number)
    assert [row["number"] for row in rows] == [f"C-2026-{n:06}" for n in range(1, 41)]


async def test_a_visitor_cannot_learn(database):
    content = make.content()
    await make.course(content)

    with pytest.raises(Exception, match="not signed in"):
        await enroll(VISITOR, content.slug)
