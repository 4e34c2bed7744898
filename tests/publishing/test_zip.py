"""Publishing from a ZIP, by the API and the page: whole or not at all."""

import asyncio
import tempfile
from pathlib import Path

import pytest

import make
from catalog.course_folder import changed, write_course
from catalog.hostile_zips import GOOD, SLUG, faulty, good, hostile, zipped
from connect.audit import AuditEvent
from connect.catalog.actions import publish_folder
from connect.catalog.tables import Course, CourseVersion
from connect.config import settings
from connect.errors import Forbidden, Invalid
from connect.learning.actions import enroll
from connect.policy import SYSTEM, Role
from connect.publishing.actions import look_at_all, publish_zip

HOSTILE = [*hostile(), *faulty()]
GOOD_ZIPS = list(good())


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    """So that what others leave for a moment is not taken for ours."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def zip_with(path, old, new):
    (changes,) = changed(path, old, new).items()
    return zipped({**GOOD, f"{SLUG}/{changes[0]}": changes[1]})


def everything_on_disk():
    places = [Path(settings().files_url.removeprefix("file://")), Path(tempfile.gettempdir())]
    return {p for place in places for p in place.glob("**/connect-course-*")} | {
        p for p in places[0].rglob("*") if p.is_file()
    }


def sent(data, **fields):
    return {"files": {"file": ("course.zip", data, "application/zip")}, "data": fields}


async def test_a_zip_is_looked_at_and_then_published(api):
    author = await make.staff(Role.AUTHOR)
    program = await api(author)

    look = await program.post("/course-publications", **sent(zipped(GOOD), dry_run="true"))
    nothing = await CourseVersion.count()
    made = await program.post("/course-publications", **sent(zipped(GOOD)))
    again = await program.post("/course-publications", **sent(zipped(GOOD)))

    assert (look.status_code, look.json()["outcome"], look.json()["version"]) == (
        200,
        "new version",
        None,
    )
    assert look.json()["dry_run"] is True
    assert nothing == 0
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")
    assert made.json()["hash"] == look.json()["hash"] == again.json()["hash"]
    event = await AuditEvent.objects().where(AuditEvent.act == "course.published").first()
    assert event.actor == author.id
    assert '"source":"zip"' in event.details
    assert await CourseVersion.count() == 1


async def test_a_zip_is_the_same_version_as_its_folder(database, tmp_path):
    author = await make.staff(Role.AUTHOR)
    made = await publish_zip(author, zipped(GOOD), dry_run=False)

    outcome, number, _ = await publish_folder(SYSTEM, write_course(tmp_path))

    assert (made.version, outcome, number) == (1, "unchanged", 1)


async def test_the_answer_says_what_changes_and_whom_it_concerns(api):
    author = await make.staff(Role.AUTHOR)
    await publish_zip(author, zipped(GOOD), dry_run=False)
    # The course asks for an educator who is verified; anybody may be under way for this.
    await _open_to_all(author)
    await enroll(await make.learner(), SLUG)

    answer = await (await api(author)).post(
        "/course-publications",
        **sent(zip_with("course.toml", 'change = "minor"', 'change = "new-learners"')),
    )

    assert [(line["state"], line["what"]) for line in answer.json()["difference"]] == [
        ("changed", ["who may take it", "whom it concerns"])
    ]
    assert answer.json()["concerns"] == {
        "change": "new-learners",
        "under_way": 1,
        "completed": 0,
        "words": "For new learners. Whoever is under way finishes the version they began. "
        "Completions stand as they are. Under way: 1. Completed: 0.",
    }


async def _open_to_all(author):
    access = 'access = {disciplines = ["educator"], agency_kinds = ["school"], titles = ["Guard"]}'
    await publish_zip(author, zip_with("course.toml", access, 'access = "public"'), dry_run=False)


async def test_s4_every_hostile_zip_is_refused_by_name_and_leaves_nothing(database):
    author = await make.staff(Role.AUTHOR)
    before = everything_on_disk()

    said = {}
    for name, data, _ in HOSTILE:
        with pytest.raises(Invalid) as refusal:
            await publish_zip(author, data, dry_run=False)
        said[name] = str(refusal.value.errors)

    assert {name: said[name] for name, _, words in HOSTILE if words not in said[name]} == {}
    assert everything_on_disk() == before
    assert await Course.count() == 0


async def test_s4_every_good_zip_is_taken(database):
    author = await make.staff(Role.AUTHOR)
    before = everything_on_disk()

    titles = {
        name: (await publish_zip(author, data, dry_run=True)).title for name, data in GOOD_ZIPS
    }

    assert all(titles.values())
    assert len(titles) >= 10
    assert everything_on_disk() == before


async def test_every_fault_is_told_with_file_and_line_and_nothing_is_kept(api):
    program = await api(await make.staff(Role.ADMIN))
    before = everything_on_disk()
    wrong = zip_with("quizzes/final.toml", "right = false", 'right = "no"')

    answer = await program.post("/course-publications", **sent(wrong))

    assert answer.status_code == 422
    assert answer.json()["code"] == "faulty"
    assert answer.json()["errors"] == [
        {
            "field": f"courses/{SLUG}/quizzes/final.toml:14",
            "message": '"right": expected true or false, found text',
        }
    ]
    assert everything_on_disk() == before
    assert await Course.count() == 0


@pytest.mark.parametrize("fields", [{}, {"file": "text"}])
async def test_without_a_file_nothing_happens(api, fields):
    program = await api(await make.staff(Role.AUTHOR))

    answer = await program.post("/course-publications", data=fields, files={"x": b""})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "file"


async def test_a_slip_in_dry_run_does_not_publish(api):
    program = await api(await make.staff(Role.AUTHOR))

    answer = await program.post("/course-publications", **sent(zipped(GOOD), dry_run="treu"))

    assert answer.status_code == 422
    assert await Course.count() == 0


async def test_a_zip_over_the_limit_is_cut_off_at_the_edge(api):
    program = await api(await make.staff(Role.AUTHOR))

    answer = await program.post("/course-publications", **sent(b"PK" + bytes(33_000_000)))

    assert answer.status_code == 413


@pytest.mark.parametrize("role", [Role.INSTRUCTOR, Role.REGISTRAR, Role.AUDITOR])
async def test_only_authors_and_administrators_publish(database, role):
    with pytest.raises(Forbidden):
        await publish_zip(await make.staff(role), zipped(GOOD), dry_run=True)


async def test_the_same_zip_twice_at_once_is_one_version(database):
    author = await make.staff(Role.AUTHOR)

    await asyncio.gather(*(publish_zip(author, zipped(GOOD), dry_run=False) for _ in range(4)))

    assert await CourseVersion.count() == 1


async def test_the_page_looks_publishes_and_names_faults(browser):
    someone = await browser(await make.staff(Role.AUTHOR))

    async def press(data, act):
        return await someone.post("/admin/courses", **sent(data, csrf=someone.csrf, act=act))

    look = await press(zipped(GOOD), "look")
    made = await press(zipped(GOOD), "publish")
    wrong = await press(zip_with("course.toml", 'language = "en"', ""), "publish")
    refused = await press(b"no zip", "publish")

    assert "Nothing is published yet" in look.text
    assert "is published as version 1" in made.text
    assert wrong.status_code == refused.status_code == 422
    assert "&#34;language&#34; is missing" in wrong.text
    assert "The file is no ZIP." in refused.text
    assert await CourseVersion.count() == 1


async def test_folders_are_looked_at_without_publishing(database, tmp_path):
    write_course(tmp_path)
    write_course(tmp_path / "wrong", **changed("course.toml", 'language = "en"', ""))
    (tmp_path / "wrong/courses/lost-at-the-fair").rename(tmp_path / "courses/wrong")

    found = await look_at_all(tmp_path / "courses")

    good, wrong = found[SLUG], found["wrong"]
    assert str(good[0].difference[0]) == 'new course "Lost at the fair"'
    assert wrong[0] is None
    assert [fault.line for fault in wrong[1]] == [1]
    assert await Course.count() == 0
