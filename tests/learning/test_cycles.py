"""Repeats, withdrawals, expiry, and the short way through what changed since."""

from datetime import date, timedelta

import pytest

import make
from connect.catalog.content import Change, Credit, Media, Purpose, Translation
from connect.certificates.tables import Certificate
from connect.credits.tables import CreditOffer
from connect.errors import NotFound
from connect.learning import changes
from connect.learning.actions import EnrollmentEnded, Event, enroll, note_event
from connect.learning.answers import Given
from connect.learning.attempts import save_answer, start_attempt, submit_answers, submit_attempt
from connect.learning.changes import Fate, differences, is_short_enough, taken_minutes
from connect.learning.cycles import NoShortCycle
from connect.learning.queries import enrollment_of
from connect.learning.tables import CarriedComponent, Completion, Enrollment, Progress
from connect.learning.withdrawals import AttemptsBegun, withdraw_enrollment
from connect.trainings.tables import Training

RIGHT = {"q1": Given(choices=["a"]), "q2": Given(choices=["a"])}
STEPS = [
    make.lesson("one", minutes=10),
    make.lesson("two", minutes=5),
    make.acknowledgement("promise"),
    make.component_quiz("final"),
]


CREDIT = Credit(state="TX", board="TCOLE", minutes=30)


def version(*steps, **changes):
    return make.content(components=list(steps or STEPS), **changes)


def newer(old, **changes):
    """A later version in which lesson two says something else, and which concerns everyone."""
    steps = [
        make.lesson("two", minutes=5, html="<p>New law.</p>") if c.id == "two" else c
        for c in old.components
    ]
    given = {"slug": old.slug, "title": old.title, "change": Change.EVERYONE, **changes}
    return make.content(**{"components": steps, **given})


async def finish(actor, slug, *, lessons=("one", "two"), promise=True, **how):
    enrollment, _ = await enroll(actor, slug, **how)
    for lesson in lessons:
        await note_event(actor, enrollment.id, lesson, Event.OPEN)
        await note_event(actor, enrollment.id, lesson, Event.CLOSE)
    if promise:
        await note_event(actor, enrollment.id, "promise", Event.ACKNOWLEDGE)
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    await submit_answers(actor, attempt.id, RIGHT)
    return await enrollment_of(actor, enrollment.id)


@pytest.mark.parametrize(
    ("change", "fate"),
    [
        ({}, Fate.UNCHANGED),
        ({"translations": {"es": Translation("Uno", "<p>uno</p>")}}, Fate.UNCHANGED),
        ({"html": "<p>other</p>"}, Fate.CHANGED),
        ({"minutes": 11}, Fate.CHANGED),
        ({"title": "Another"}, Fate.CHANGED),
    ],
)
def test_a_component_changes_by_its_content(change, fate):
    old = version(make.lesson("one", minutes=10))

    found = differences(old, version(make.lesson("one", **{"minutes": 10, **change})))

    assert [d.fate for d in found] == [fate]


def test_a_picture_with_other_bytes_changes_its_lesson():
    lesson = make.lesson("one", html='<img src="media/map%20of%20towns.svg">')
    old, new = (
        version(lesson, media={"media/map of towns.svg": Media(digit * 64, 9, "image/svg+xml")})
        for digit in "ab"
    )

    assert [d.fate for d in differences(old, new)] == [Fate.CHANGED]
    assert [d.fate for d in differences(old, old)] == [Fate.UNCHANGED]


def test_what_is_new_and_what_is_gone_is_told_in_order():
    old = version(make.lesson("one"), make.lesson("two"))
    new = version(make.lesson("zero"), make.lesson("two"))

    assert [(d.component, d.fate) for d in differences(old, new)] == [
        ("zero", Fate.NEW),
        ("two", Fate.UNCHANGED),
        ("one", Fate.GONE),
    ]


def test_the_short_cycle_holds_what_changed_and_the_final_test():
    old = version(*STEPS, make.component_quiz("check", purpose=Purpose.PRACTICE, required=False))

    assert changes.carried(old, newer(old)) == ["one", "promise", "check"]


@pytest.mark.parametrize(
    ("kinds", "short"),
    [
        ([], False),
        ([Change.MINOR], False),
        ([Change.NEW_LEARNERS, Change.MINOR], False),
        ([Change.EVERYONE], True),
        ([Change.EVERYONE, Change.MINOR], True),
    ],
)
def test_the_author_allows_it_by_a_version_that_concerns_everyone(kinds, short):
    old = version()

    assert is_short_enough(old, [newer(old, change=kind) for kind in kinds]) is short


def test_where_all_or_nothing_changed_there_is_no_short_cycle():
    old = version(make.lesson("one"))

    assert not is_short_enough(old, [newer(old)])
    assert not is_short_enough(old, [version(make.lesson("other"), change=Change.EVERYONE)])


@pytest.mark.parametrize(
    ("over", "minutes"),
    [
        ([], 30),
        (["one", "promise"], 13),  # 30 x (5 + 2 x 1.85) / (10 + 5 + 1 + 2 x 1.85) = 13.2
        (["one", "two", "promise"], 5),
        (["one", "two", "promise", "final"], 1),
    ],
)
def test_minutes_are_those_of_what_was_taken(over, minutes):
    assert taken_minutes(version(), over) == minutes


async def test_a_short_cycle_is_taken_and_certified_for_its_own_minutes(database, clock):
    old = version(credits=[CREDIT])
    published = await make.course(old)
    offer = {"course": published.course, "state": "FL", "board": "FDLE", "minutes": 30}
    offer |= {"made_by": published.id}
    await CreditOffer(**offer, kind="contact hours", since=date(2026, 1, 1)).save()
    actor = await make.learner()
    first = await finish(actor, old.slug)
    await make.course(newer(old, credits=[CREDIT]), number=2)
    clock.move(timedelta(days=40))

    second = await finish(actor, old.slug, lessons=["two"], promise=False, only_changes=True)

    assert (first.state, second.state) == ("completed", "completed")
    rows = await CarriedComponent.select(CarriedComponent.component).order_by(
        CarriedComponent.component
    )
    assert [r["component"] for r in rows] == ["one", "promise"]
    certificates = await Certificate.select().order_by(Certificate.number)
    assert [c["minutes"] for c in certificates] == [30, 13]
    for board in ("TCOLE", "FDLE"):
        assert [board in c["facts"] for c in certificates] == [True, False]
    assert [c["title"] for c in certificates] == [old.title, f"{old.title} (what changed)"]
    assert [t["minutes"] for t in await Training.select().order_by(Training.day)] == [30, 13]
    assert [c["minutes"] for c in await Completion.select().order_by(Completion.day)] == [30, 13]


async def test_the_learner_sees_what_changed_and_what_is_carried_over(
    database, clock, api, browser
):
    old = version()
    await make.course(old)
    actor = await make.learner()
    await finish(actor, old.slug)
    program, person = await api(actor), await browser(actor)
    await make.course(newer(old), number=2)

    told = (await program.get(f"/courses/{old.slug}/changes")).json()
    page = await person.get(f"/courses/{old.slug}")
    begun = await person.post(
        f"/courses/{old.slug}/enrollments",
        data={"csrf": person.csrf, "only": "changes"},
    )
    again = await program.post(f"/courses/{old.slug}/enrollments?only=changes")
    shown = again.json()
    after = await person.get(f"/courses/{old.slug}")

    assert [(i["component"], i["fate"]) for i in told["items"]] == [
        ("one", "unchanged"),
        ("two", "changed"),
        ("promise", "unchanged"),
        ("final", "unchanged"),
    ]
    assert (told["carried"], told["minutes"]) == (["one", "promise"], 13)
    assert "What changed since you last took it" in page.text
    assert "13 contact minutes" in page.text
    assert (begun.status_code, again.status_code) == (303, 200)
    assert [c["carried_over"] for c in shown["components"]] == [True, False, True, False]
    assert shown["carried_from"] == told["completed_on"]
    assert "Carried over from your completion of March 2, 2026" in after.text
    assert "only what changed: 13 contact minutes" in after.text


@pytest.mark.parametrize("why", ["minor", "expired", "revoked", "never"])
async def test_without_a_completion_that_counts_there_is_no_short_cycle(database, clock, why):
    old = version(valid_months=12)
    await make.course(old)
    actor = await make.learner()
    if why != "never":
        await finish(actor, old.slug)
    kind = Change.MINOR if why == "minor" else Change.EVERYONE
    await make.course(newer(old, change=kind), number=2)
    if why == "revoked":
        await Certificate.update({Certificate.status: "revoked"}, force=True)
    if why == "expired":
        clock.move(timedelta(days=365))

    with pytest.raises(NoShortCycle):
        await enroll(actor, old.slug, only_changes=True)

    assert await CarriedComponent.count() == 0
    assert not await Enrollment.exists().where(Enrollment.state == "enrolled")


async def test_a_learner_leaves_a_course_and_begins_it_anew(database, api):
    content = version()
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    await note_event(actor, enrollment.id, "one", Event.OPEN)
    program, stranger = await api(actor), await api(await make.learner())
    path = f"/enrollments/{enrollment.id}"

    refused = await stranger.delete(path)
    answers = [await program.delete(path) for _ in range(2)]
    await note_event(actor, enrollment.id, "one", Event.CLOSE)
    second, new = await enroll(actor, content.slug)

    assert refused.status_code == 404
    assert [a.status_code for a in answers] == [204, 204]
    assert new
    assert second.id != enrollment.id
    assert (await enrollment_of(actor, enrollment.id)).state == "withdrawn"
    assert await Progress.count() == 1  # what was recorded stays, and nothing is added
    assert await Progress.exists().where(Progress.done_at.is_null())


async def test_leaving_gives_no_used_attempt_back(database):
    content = version(make.component_quiz("final", max_attempts=2))
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    await start_attempt(actor, enrollment.id, "final")

    with pytest.raises(AttemptsBegun):
        await withdraw_enrollment(actor, enrollment.id)

    assert (await enrollment_of(actor, enrollment.id)).state == "in_progress"


async def test_what_ended_is_not_left_and_what_was_left_is_not_completed(database):
    content = version(make.component_quiz("final"))
    await make.course(content)
    actor = await make.learner()
    left, _ = await enroll(actor, content.slug)
    attempt, _ = await start_attempt(actor, left.id, "final")
    for question in RIGHT:
        await save_answer(actor, attempt.id, question, RIGHT[question])
    await withdraw_enrollment(actor, left.id)
    with pytest.raises(EnrollmentEnded):
        await submit_attempt(actor, attempt.id)
    second, _ = await enroll(actor, content.slug)
    again, _ = await start_attempt(actor, second.id, "final")
    await submit_answers(actor, again.id, RIGHT)

    with pytest.raises(EnrollmentEnded):
        await withdraw_enrollment(actor, second.id)
    with pytest.raises(NotFound):
        await withdraw_enrollment(await make.learner(), second.id)
    assert await Completion.count() == 1


async def test_a_completion_says_until_when_it_counts(database, clock, api, browser):
    content = version(valid_months=12)
    await make.course(content)
    actor = await make.learner()
    enrollment = await finish(actor, content.slug)
    program, person = await api(actor), await browser(actor)

    shown = (await program.get(f"/enrollments/{enrollment.id}")).json()
    transcript = (await program.get("/transcript")).json()["items"][0]
    pages = [await person.get(path) for path in (f"/courses/{content.slug}", "/transcript")]

    assert shown["expires_on"] == transcript["expires_on"] == str(date(2027, 3, 2))
    assert all("March 2, 2027" in page.text for page in pages)


async def test_a_page_without_script_repeats_a_course_once_and_leaves_it(database, clock, browser):
    content = version()
    await make.course(content)
    actor = await make.learner()
    await finish(actor, content.slug)
    person = await browser(actor)
    path = f"/courses/{content.slug}"
    page = await person.get(path)
    form = {"csrf": person.csrf, "once": "k"}

    again = [await person.post(f"{path}/enrollments", data=form) for _ in range(2)]
    row = await Enrollment.objects().where(Enrollment.state == "in_progress").first()
    left = await person.post(f"/learn/{row.id}/withdrawal", data={"csrf": person.csrf})
    after = await person.get(path)

    assert "You completed this on March 2, 2026" in page.text
    assert "Take it again" in page.text
    assert [a.status_code for a in again] == [303, 303]
    assert left.headers["location"].startswith(path)
    assert await Enrollment.count() == 2
    assert "You completed this on March 2, 2026" in after.text
