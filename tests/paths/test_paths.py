"""Following a path: what counts, what completes it, and that it is no training of its own."""

import asyncio
from datetime import date, timedelta

import pytest

import make
from accounts.contents import count
from certificates.earned import read, rename
from connect.catalog.tables import Course
from connect.certificates.reissues import reissue
from connect.certificates.revocations import revoke
from connect.certificates.tables import Certificate
from connect.errors import NotFound
from connect.external.actions import decide
from connect.external.rules import Verdict
from connect.learning.actions import AddressNotProved
from connect.mail.tables import Mail
from connect.paths import actions, views
from connect.paths.actions import Outcome, PrerequisiteMissing, begin, enroll, publish_path
from connect.paths.queries import completed_paths, latest_enrollment
from connect.paths.tables import PathCompletion, PathEnrollment, PathVersion
from connect.policy import SYSTEM, Role
from connect.trainings.tables import Training
from paths.followed import MODULES, content, finish, modules, path
from rosters.staffed import elsewhere


async def stands(actor):
    """The actor's standing in the path as it is now."""
    any_row = await PathEnrollment.objects().where(PathEnrollment.learner == actor.id).first()
    return await views.enrollment(actor, await latest_enrollment(actor.id, any_row.path))


async def test_three_modules_are_three_trainings_and_one_certificate_after_the_last_part(
    database, work, clock
):
    await modules()
    await path()
    ada = await make.learner()
    await enroll(ada, "introduction")
    for slug in MODULES[:2]:
        await finish(ada, slug)
    await finish(ada, MODULES[2], all_of_it=False)
    await work()

    before = await stands(ada)
    assert [part.component for one in before["missing"] for part in one["components"]] == [
        "evaluation"
    ]
    assert [one["course"] for one in before["missing"]] == ["module-c"]
    assert await Certificate.count().where(Certificate.kind == "path") == 0

    await finish(ada, MODULES[2])
    await work()

    after = await stands(ada)
    assert (after["state"], after["missing"], after["progress_percent"]) == ("completed", [], 100)
    (certificate,) = await Certificate.objects().where(Certificate.kind == "path")
    assert (certificate.title, certificate.minutes) == ("Introduction", 90)
    assert after["certificate"] == certificate.number
    assert await Training.count() == 3
    assert await PathCompletion.count() == 1
    assert await Mail.count().where(Mail.kind == "paths/completed") == 1


async def test_courses_that_were_completed_before_count_at_once(database, clock):
    await modules()
    await path()
    ada = await make.learner()
    for slug in MODULES:
        await finish(ada, slug)
    clock.move(timedelta(days=3))

    row, new = await enroll(ada, "introduction")

    assert new
    shown = await stands(ada)
    assert shown["state"] == "completed"
    assert shown["completed_on"].isoformat() == "2026-03-05"
    assert (await enroll(ada, "introduction"))[0].id == row.id
    assert await PathCompletion.count() == 1


async def test_the_day_is_that_of_the_last_course_whenever_the_worker_comes(database, work, clock):
    await modules()
    await path(valid_months=12)
    ada = await make.learner()
    await enroll(ada, "introduction")
    for slug in MODULES:
        await finish(ada, slug)
    clock.move(timedelta(days=5))
    await work()

    shown = await stands(ada)
    assert shown["completed_on"].isoformat() == "2026-03-02"
    assert shown["expires_on"].isoformat() == "2027-03-02"


async def test_a_course_waits_for_the_one_before_it_inside_the_path_only(database):
    await modules()
    await path()
    ada = await make.learner()
    await enroll(ada, "introduction")

    with pytest.raises(PrerequisiteMissing) as refusal:
        await begin(ada, "introduction", "module-b")

    assert str(refusal.value) == (
        "In this path 'Module-b' comes after 'Module-a'. Finish that first."
    )
    assert await count("enrollment") == 0
    await finish(ada, "module-b")  # outside of the path nobody is kept from it
    await finish(ada, "module-a")
    assert (await begin(ada, "introduction", "module-c")).learner == ada.id


async def test_a_course_that_the_path_has_not_or_without_following_is_not_found(database):
    await modules()
    await path()
    ada = await make.learner()
    with pytest.raises(NotFound):
        await begin(ada, "introduction", "module-a")
    await enroll(ada, "introduction")
    for wrong in ("course-1", ""):
        with pytest.raises(NotFound):
            await begin(ada, "introduction", wrong)


async def test_many_clicks_are_one_enrollment(database):
    await modules()
    await path()
    ada = await make.learner()

    found = await asyncio.gather(*(enroll(ada, "introduction") for _ in range(8)))

    assert sum(new for _, new in found) == 1
    assert len({row.id for row, _ in found}) == 1


async def test_an_address_that_is_not_proved_follows_no_path(database):
    await modules()
    await path()
    with pytest.raises(AddressNotProved):
        await enroll(await make.learner(proved_at=None), "introduction")


async def test_a_renewal_asks_for_new_completions_and_keeps_the_earlier_ones(database, work, clock):
    await modules()
    await path(valid_months=12)
    ada = await make.learner()
    first, _ = await enroll(ada, "introduction")
    for slug in MODULES:
        await finish(ada, slug)
    await work()
    clock.move(timedelta(days=200))
    assert (await enroll(ada, "introduction"))[0].id == first.id

    clock.move(timedelta(days=100))
    second, new = await enroll(ada, "introduction")

    assert new
    assert (await stands(ada))["progress_percent"] == 0
    for slug in MODULES:
        await finish(ada, slug)
    await work()
    assert (await stands(ada))["state"] == "completed"
    assert await PathCompletion.count() == 2
    assert second.id != first.id


async def test_a_path_without_a_certificate_completes_without_one(database, work):
    await modules()
    await path(certificate=False)
    ada = await make.learner()
    await enroll(ada, "introduction")
    for slug in MODULES:
        await finish(ada, slug)
    await work()

    assert (await stands(ada))["certificate"] is None
    assert await Certificate.count().where(Certificate.kind == "path") == 0


async def test_a_course_counts_by_the_certificate_that_stands(database):
    await modules()
    await path()
    ada = await make.learner()
    row, _ = await enroll(ada, "introduction")
    await finish(ada, "module-a")
    await rename(ada, "Ada King")
    old = await read(holder=ada.id)
    new = await reissue(ada, old.number)

    shown = await views.enrollment(ada, row)
    assert [one["certificate"] for one in shown["courses"]] == [new.number, None, None]

    await revoke(await make.staff(Role.REGISTRAR), new.number, reason="Somebody else took it.")
    shown = await views.enrollment(ada, row)
    assert [one["certificate"] for one in shown["courses"]] == [None, None, None]
    assert shown["progress_percent"] == 0


async def test_a_paths_certificate_says_its_term_and_what_stands_is_shown(database, work, clock):
    await modules()
    given = await path(valid_months=12, language="es")
    ada = await make.learner()
    row, _ = await enroll(ada, "introduction")
    for slug in MODULES:
        await finish(ada, slug)
    await work()
    old = await read(kind="path")
    assert (old.expires_on.isoformat(), '"language":"es"' in old.facts) == ("2027-03-02", True)
    await rename(ada, "Ada King")
    new = await reissue(ada, old.number)

    assert (await stands(ada))["certificate"] == new.number
    assert [one["certificate"] for one in await completed_paths(ada.id)] == [new.number]

    await revoke(await make.staff(Role.REGISTRAR), new.number, reason="Somebody else took it.")
    again, is_new = await enroll(ada, given.slug)
    assert is_new
    assert again.id != row.id


async def test_the_sweep_completes_what_no_job_told_of(database, clock):
    await modules()
    await path()
    ada = await make.learner()
    await enroll(ada, "introduction")
    for slug in MODULES:
        await finish(ada, slug)

    await actions.sweep()
    await actions.sweep()

    assert await PathCompletion.count() == 1


async def test_a_changed_path_is_a_new_version_and_learners_keep_theirs(database):
    await modules()
    await path()
    ada = await make.learner()
    row, _ = await enroll(ada, "introduction")

    assert await publish_path(SYSTEM, content()) == (Outcome.UNCHANGED, 1)
    assert await publish_path(SYSTEM, content(title="Changed")) == (Outcome.NEW, 2)
    assert (await enroll(ada, "introduction"))[0].id == row.id
    assert (await stands(ada))["title"] == "Introduction"
    assert await publish_path(SYSTEM, content()) == (Outcome.NEW, 1)
    assert await PathVersion.count() == 2


async def test_a_path_whose_course_is_not_published_is_refused(database, tmp_path):
    for slug in ("module-a", "absent"):
        (tmp_path / slug).mkdir()
    (tmp_path / "_paths").mkdir()
    (tmp_path / "_paths" / "short.toml").write_text(
        'title = "Short"\nsummary = "One and none."\nlanguage = "en"\n'
        '[[courses]]\ncourse = "module-a"\n[[courses]]\ncourse = "absent"\n'
    )
    await modules()

    found = await actions.publish_paths(SYSTEM, tmp_path)

    outcome, number, faults = found["short"]
    assert (outcome, number) == (Outcome.REFUSED, 0)
    assert [fault.message for fault in faults] == ["absent is not published"]


async def test_what_another_provider_taught_counts_once_it_is_accepted(database, work, clock):
    await modules(valid_months=24)
    await path()
    ada = await make.learner()
    for slug in ("module-a", "module-b"):
        await finish(ada, slug)
    row, _ = await enroll(ada, "introduction")
    third = await Course.objects().where(Course.slug == "module-c").first()
    brought = await elsewhere(ada.id, third.id, date(2025, 3, 2), state="submitted")
    before = (await stands(ada))["progress_percent"]

    await decide(await make.staff(Role.REGISTRAR), brought.id, Verdict.ACCEPTED)
    await work()

    shown = await stands(ada)
    assert (before, shown["state"]) == (66, "completed")
    assert shown["courses"][2]["elsewhere"]
    assert shown["courses"][2]["expires_on"] == date(2027, 3, 2)
    completion = await PathCompletion.objects().where(PathCompletion.enrollment == row.id).first()
    assert completion.minutes == 2 * 30  # ours alone


async def test_a_new_cycle_asks_for_what_was_completed_since(database, work, clock):
    await modules(valid_months=24)
    await path(valid_months=24)
    ada = await make.learner()
    third = await Course.objects().where(Course.slug == "module-c").first()
    await elsewhere(ada.id, third.id, date(2026, 3, 1))
    for slug in ("module-a", "module-b"):
        await finish(ada, slug)
    await enroll(ada, "introduction")
    clock.move(timedelta(days=700))

    await enroll(ada, "introduction")

    assert (await stands(ada))["progress_percent"] == 0
