"""Going on with a newer version that everybody is asked to take."""

import pytest

import make
from connect.catalog.content import Change
from connect.certificates.tables import Certificate
from connect.errors import NotFound
from connect.learning.actions import EnrollmentEnded, Event, enroll, note_event
from connect.learning.answers import Given
from connect.learning.attempts import start_attempt, submit_answers
from connect.learning.moving import NoNewerVersion, QuizBegun, move
from connect.learning.overrides import override
from connect.learning.queries import enrollment_of, standing
from connect.learning.requirements import missing
from connect.learning.tables import Attempt, Enrollment, Progress
from connect.policy import Role
from learning.test_cycles import RIGHT, newer, version

WRONG = {"q1": Given(choices=["b"]), "q2": Given(choices=["b"])}


async def begun(*, tried=False):
    """Somebody who has read both lessons, and with *tried* failed the test once."""
    old = version()
    await make.course(old)
    ada = await make.learner()
    row, _ = await enroll(ada, old.slug)
    for lesson in ("one", "two"):
        await note_event(ada, row.id, lesson, Event.OPEN)
        await note_event(ada, row.id, lesson, Event.CLOSE)
    if tried:
        await note_event(ada, row.id, "promise", Event.ACKNOWLEDGE)
        attempt, _ = await start_attempt(ada, row.id, "final")
        await submit_answers(ada, attempt.id, WRONG)
    return old, ada, row


async def lacking(row):
    return [m.component for m in missing(*await standing(row))]


async def test_what_has_not_changed_stays_done_and_what_changed_is_taken_anew(database):
    old, ada, row = await begun()
    await make.course(newer(old), number=2)

    moved = await move(ada, row.id)

    assert await lacking(moved) == ["two", "promise", "final"]
    before = await enrollment_of(ada, row.id)
    assert (before.state, moved.state) == ("withdrawn", "in_progress")
    kept = await Progress.select(Progress.component).where(Progress.enrollment == row.id)
    assert [p["component"] for p in kept] == ["two"]  # nothing is lost


async def test_used_attempts_at_a_test_that_stayed_the_same_go_along(database):
    old, ada, row = await begun(tried=True)
    await make.course(newer(old), number=2)

    moved = await move(ada, row.id)

    (attempt,) = await Attempt.objects().where(Attempt.component == "final")
    assert (attempt.enrollment, attempt.number) == (moved.id, 1)
    await note_event(ada, moved.id, "two", Event.OPEN)
    await note_event(ada, moved.id, "two", Event.CLOSE)
    again, _ = await start_attempt(ada, moved.id, "final")
    assert again.number == 2
    await submit_answers(ada, again.id, RIGHT)
    certificate = await Certificate.objects().first()
    assert (certificate.source, certificate.minutes) == (moved.id, old.contact_minutes)


async def test_a_version_that_leaves_out_all_that_was_missing_completes_at_once(database):
    old, ada, row = await begun()
    steps = [c for c in old.components if c.id in ("one", "two")]
    await make.course(newer(old, components=steps, change=Change.EVERYONE), number=2)

    moved = await move(ada, row.id)

    assert (await enrollment_of(ada, moved.id)).state == "completed"
    assert await Certificate.count() == 1


async def test_what_staff_set_aside_goes_along(database):
    old, ada, row = await begun()
    staff = await make.staff(Role.ADMIN)
    await override(staff, row.id, component="promise", reason="On paper.", evidence="Sheet 3.")
    await make.course(newer(old), number=2)

    moved = await move(ada, row.id)

    assert await lacking(moved) == ["two", "final"]


@pytest.mark.parametrize("change", [Change.MINOR, Change.NEW_LEARNERS])
async def test_a_version_that_is_not_for_everyone_is_not_offered(database, change):
    old, ada, row = await begun()
    await make.course(newer(old, change=change), number=2)

    with pytest.raises(NoNewerVersion):
        await move(ada, row.id)


async def test_one_for_everyone_is_offered_after_a_minor_one_followed(database):
    old, ada, row = await begun()
    await make.course(newer(old), number=2)
    await make.course(newer(old, change=Change.MINOR), number=3)

    moved = await move(ada, row.id)

    assert await lacking(moved) == ["two", "promise", "final"]


async def test_a_changed_test_that_is_begun_is_handed_in_first(database):
    old, ada, row = await begun()
    await note_event(ada, row.id, "promise", Event.ACKNOWLEDGE)
    attempt, _ = await start_attempt(ada, row.id, "final")
    steps = [
        make.component_quiz("final", max_attempts=5) if c.id == "final" else c
        for c in old.components
    ]
    await make.course(newer(old, components=steps), number=2)

    with pytest.raises(QuizBegun, match="Hand it in first"):
        await move(ada, row.id)

    await submit_answers(ada, attempt.id, WRONG)
    assert await lacking(await move(ada, row.id)) == ["final"]


async def test_nobody_moves_anothers_and_an_ended_one_stays(database):
    old, ada, row = await begun()
    await make.course(newer(old), number=2)
    with pytest.raises(NotFound):
        await move(await make.learner(), row.id)
    await move(ada, row.id)
    with pytest.raises(EnrollmentEnded):
        await move(ada, row.id)
    assert await Enrollment.count() == 2


async def test_over_json_it_is_told_and_done_once(database, api):
    old, ada, row = await begun()
    client = await api(ada)
    path = f"/enrollments/{row.id}/newer-version"
    assert (await client.get(path)).status_code == 404
    await make.course(newer(old), number=2)

    told = (await client.get(path)).json()
    key = {"Idempotency-Key": "move-once-0001"}
    sent = [await client.post(path, headers=key) for _ in range(2)]

    assert (told["version"], told["kept"]) == (2, ["one", "promise", "final"])
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert sent[0].json()["version"] == 2
