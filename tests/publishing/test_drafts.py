"""A published course taken into a draft, mended, looked at, and published again."""

import asyncio
import io
import re
import zipfile

import pytest

import make
from catalog.course_folder import FILES, LESSON, QUIZ, changed, write_course
from catalog.hostile_zips import GOOD, SLUG, zipped
from catalog.test_translations import KINDS
from connect.audit import AuditEvent
from connect.catalog.actions import MovedOn, publish_folder
from connect.catalog.queries import published_content
from connect.catalog.tables import CourseFile, CourseVersion
from connect.errors import Forbidden, Invalid, NotFound
from connect.policy import SYSTEM, Role
from connect.publishing.actions import Faulty, publish_zip
from connect.publishing.drafts import (
    FilesNotKept,
    NothingChanged,
    SavedMeanwhile,
    bring_forward,
    changed_in_both,
    discard_draft,
    draft_zip,
    edits_of,
    open_draft,
    publish_draft,
    save_file,
    save_wording,
)
from connect.publishing.tables import CourseDraft

MENDED = LESSON.replace("Close the gates.", "Close all the gates.")
LESSON_PATH, QUIZ_PATH = "lessons/01-search.md", "quizzes/final.toml"


async def author():
    return await make.staff(Role.AUTHOR)


async def begun():
    """An author with a draft of the small course."""
    actor = await author()
    await publish_zip(actor, zipped(GOOD), dry_run=False)
    return actor, await open_draft(actor, SLUG)


async def again(draft):
    found = await CourseDraft.objects().where(CourseDraft.id == draft.id).first()
    assert found is not None
    return found


async def test_a_mended_lesson_becomes_a_version_like_any_other(database):
    actor, draft = await begun()

    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)
    done = await publish_draft(actor, draft.id, revision=2)

    content = await published_content(SLUG)
    assert done.version == 2
    assert [(line.component, line.what) for line in done.difference] == [("search", ["text"])]
    assert content is not None
    assert "Close all the gates." in content.components[0].html
    assert await CourseDraft.count() == 0
    acts = {e["act"] for e in await AuditEvent.select(AuditEvent.act)}
    assert {"course_draft.opened", "course_draft.changed", "course.published"} <= acts


async def test_folder_to_zip_to_draft_to_zip_to_folder_is_the_same_version(database, tmp_path):
    await publish_folder(SYSTEM, write_course(tmp_path))
    actor = await author()
    draft = await open_draft(actor, SLUG)

    out = await draft_zip(actor, draft.id)
    back = await publish_zip(actor, out, dry_run=False)

    with zipfile.ZipFile(io.BytesIO(out)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    assert held == {
        name: data if isinstance(data, bytes) else data.encode() for name, data in GOOD.items()
    }
    assert back.outcome == "unchanged"
    assert await CourseVersion.count() == 1


async def test_a_draft_as_zip_is_the_version_that_it_would_be(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)

    out = await draft_zip(actor, draft.id)
    look = await publish_zip(actor, out, dry_run=True)
    done = await publish_draft(actor, draft.id, revision=2)

    assert look.hash == done.hash


async def test_windows_line_ends_and_marks_stay_where_nothing_is_changed(database):
    actor = await author()
    windows = ("\ufeff" + LESSON.replace("\n", "\r\n")).encode()
    await publish_zip(actor, zipped({**GOOD, f"{SLUG}/{LESSON_PATH}": windows}), dry_run=False)
    draft = await open_draft(actor, SLUG)

    # A browser sends the text of the form with other line ends.
    await save_file(actor, draft.id, LESSON_PATH, LESSON.replace("\n", "\r\n"), revision=1)

    assert edits_of(await again(draft)) == {}
    with pytest.raises(NothingChanged):
        await publish_draft(actor, draft.id, revision=2)


async def test_the_words_of_a_question_are_changed_and_nothing_else(database):
    actor, draft = await begun()

    await save_wording(
        actor, draft.id, QUIZ_PATH, {"questions.0.text": "You wait\r\nan hour."}, revision=1
    )

    assert edits_of(await again(draft)) == {
        QUIZ_PATH: QUIZ.replace(
            '"You wait an hour before you search."', '"""\nYou wait\nan hour."""'
        )
    }


async def test_words_may_not_be_emptied(database):
    actor, draft = await begun()

    with pytest.raises(Invalid):
        await save_wording(actor, draft.id, QUIZ_PATH, {"title": " "}, revision=1)

    assert edits_of(await again(draft)) == {}


async def test_a_draft_with_faults_is_saved_and_not_published(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, QUIZ_PATH, QUIZ.replace("draw = 2", "draw = 9"), revision=1)

    with pytest.raises(Faulty) as refusal:
        await publish_draft(actor, draft.id, revision=2)

    assert list(refusal.value.errors) == [f"courses/{SLUG}/quizzes/final.toml:6"]
    assert QUIZ_PATH in edits_of(await again(draft))
    assert await CourseVersion.count() == 1


async def test_what_two_people_save_does_not_undo_each_other(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)

    with pytest.raises(SavedMeanwhile):
        await save_file(await author(), draft.id, LESSON_PATH, "# Mine", revision=1)

    assert edits_of(await again(draft)) == {LESSON_PATH: MENDED}


async def test_nobody_publishes_what_somebody_saved_unseen(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)

    with pytest.raises(SavedMeanwhile):
        await publish_draft(actor, draft.id, revision=1)

    assert await CourseVersion.count() == 1


async def elsewhere(actor, path, old, new):
    """Another version is published while the draft is open."""
    (change,) = changed(path, old, new).items()
    await publish_zip(actor, zipped({**GOOD, f"{SLUG}/{change[0]}": change[1]}), dry_run=False)


async def test_a_draft_never_replaces_a_version_that_it_has_not_seen(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)
    await elsewhere(actor, "course.toml", 'code = "FAIR-1"', 'code = "FAIR-2"')

    with pytest.raises(MovedOn):
        await publish_draft(actor, draft.id, revision=2)
    assert edits_of(await again(draft)) == {LESSON_PATH: MENDED}
    await bring_forward(actor, draft.id)
    done = await publish_draft(actor, draft.id, revision=3)

    content = await published_content(SLUG)
    assert done.version == 3
    assert content is not None
    assert content.code == "FAIR-2"
    assert "Close all the gates." in content.components[0].html


async def test_a_file_that_both_changed_is_named(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)
    await save_file(actor, draft.id, QUIZ_PATH, QUIZ.replace("Nobody", "None"), revision=2)
    await elsewhere(actor, LESSON_PATH, "Close the gates.", "Shut the gates.")
    current = await CourseVersion.objects().where(CourseVersion.is_current.eq(True)).first()

    assert await changed_in_both(await again(draft), current.id) == [LESSON_PATH]


async def test_what_was_published_elsewhere_in_the_same_words_is_no_change(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)
    await elsewhere(actor, LESSON_PATH, "Close the gates.", "Close all the gates.")

    await bring_forward(actor, draft.id)

    assert edits_of(await again(draft)) == {}


async def test_a_version_without_files_is_not_drafted_until_its_folder_comes_again(
    database, tmp_path
):
    folder = write_course(tmp_path)
    await publish_folder(SYSTEM, folder)
    await CourseFile.delete(force=True)  # as before files were kept
    actor = await author()

    with pytest.raises(FilesNotKept):
        await open_draft(actor, SLUG)
    await publish_folder(SYSTEM, folder)
    draft = await open_draft(actor, SLUG)

    assert await CourseVersion.count() == 1
    assert await CourseFile.count() == len(FILES)
    assert edits_of(draft) == {}


async def test_a_course_has_one_draft_even_when_two_begin_it_at_once(database):
    actor = await author()
    await publish_zip(actor, zipped(GOOD), dry_run=False)

    drafts_begun = await asyncio.gather(*(open_draft(actor, SLUG) for _ in range(3)))

    assert len({draft.id for draft in drafts_begun}) == 1


async def test_published_twice_at_once_it_is_one_version(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)

    outcomes = await asyncio.gather(
        *(publish_draft(actor, draft.id, revision=2) for _ in range(2)), return_exceptions=True
    )

    assert sorted(type(o).__name__ for o in outcomes) == ["NotFound", "Outlook"]
    assert await CourseVersion.count() == 2


@pytest.mark.parametrize(
    "path", ["media/clock.svg", "lessons/other.md", "../../etc/passwd.md", "", "course.toml\x00"]
)
async def test_only_text_files_of_the_course_are_saved(database, path):
    actor, draft = await begun()

    with pytest.raises(NotFound):
        await save_file(actor, draft.id, path, "text", revision=1)


@pytest.mark.parametrize("text", ["a" * 64_001, "a\x00b", "a\ud800b"])
async def test_what_is_no_text_of_a_course_is_refused(database, text):
    actor, draft = await begun()

    with pytest.raises(Invalid):
        await save_file(actor, draft.id, LESSON_PATH, text, revision=1)


async def test_a_discarded_draft_is_gone_and_the_course_stays(database):
    actor, draft = await begun()
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)

    await discard_draft(actor, draft.id)

    assert await CourseDraft.count() == 0
    assert await CourseVersion.count() == 1
    event = await AuditEvent.objects().where(AuditEvent.act == "course_draft.discarded").first()
    assert LESSON_PATH in event.details


@pytest.mark.parametrize("role", [Role.REGISTRAR, Role.INSTRUCTOR])
async def test_others_see_and_touch_no_draft(database, role):
    _, draft = await begun()
    other = await make.staff(role)

    for act in (
        open_draft(other, SLUG),
        save_file(other, draft.id, LESSON_PATH, MENDED, revision=1),
        publish_draft(other, draft.id, revision=1),
        bring_forward(other, draft.id),
        discard_draft(other, draft.id),
        draft_zip(other, draft.id),
    ):
        with pytest.raises(Forbidden):
            await act


async def test_a_draft_is_mended_previewed_and_published_by_page(browser):
    actor = await author()
    await publish_zip(actor, zipped(GOOD), dry_run=False)
    someone = await browser(actor)

    async def press(path, **fields):
        return await someone.post(path, data={"csrf": someone.csrf, **fields})

    began = await press("/admin/courses/drafts", slug=SLUG)
    url = began.headers["location"]
    file = f"{url}/file?path={LESSON_PATH}"
    opened = await someone.get(file)
    saved = await press(file, text=MENDED + "\n## Two\n\n#### Four\n", revision="1")
    faulty = await someone.get(file)
    late = await press(file, text="# Mine\n", revision="1")
    await press(file, text=MENDED, revision="2")
    look = await someone.get(url)
    preview = await someone.get(f"{url}/preview/search")
    picture = await someone.get(re.search(rf"{url}/media/[0-9a-f]+", preview.text)[0])
    other = await someone.get(f"{url}/media/{'0' * 64}")
    quiz = await someone.get(f"{url}/preview/final")
    words = await someone.get(f"{url}/wording?path={QUIZ_PATH}")
    done = await press(f"{url}/publication", revision="3")
    after = await someone.get(done.headers["location"])
    gone = await someone.get(url)

    assert "Close the gates." in opened.text
    assert saved.status_code == 303
    assert "skips" in faulty.text or "level" in faulty.text
    assert late.status_code == 409
    assert "# Mine" in late.text
    assert "Nothing is published yet" in look.text
    assert "Close all the gates." in preview.text
    assert picture.status_code == 200
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert other.status_code == 404
    assert "Right" in quiz.text
    assert "You wait an hour before you search." in words.text
    assert "is published as version 2" in after.text
    assert gone.status_code == 404


async def test_a_preview_tells_the_key_of_questions_without_choices(browser):
    actor = await author()
    await publish_zip(actor, zipped({**GOOD, f"{SLUG}/{QUIZ_PATH}": KINDS}), dry_run=False)
    draft = await open_draft(actor, SLUG)
    someone = await browser(actor)

    quiz = await someone.get(f"/admin/courses/drafts/{draft.id}/preview/final")

    assert "1. Ask; 2. Look" in quiz.text
    assert "Guard: Gates; Parent: Photo" in quiz.text
    assert "Call (gap 1) within (gap 2) hours." in quiz.text
    assert "Gap 1: 911; Gap 2: 2" in quiz.text


async def test_a_course_with_an_evaluation_is_published_from_a_zip_and_mended(database):
    asks = str(FILES["course.toml"]).replace("evaluation = false", 'evaluation = "standard"')
    actor = await author()
    files = {**GOOD, f"{SLUG}/course.toml": asks}

    done = await publish_zip(actor, zipped(files), dry_run=False)
    draft = await open_draft(actor, SLUG)
    await save_file(actor, draft.id, LESSON_PATH, MENDED, revision=1)
    mended = await publish_draft(actor, draft.id, revision=2)

    assert (done.version, mended.version) == (1, 2)
    published = await published_content(SLUG)
    assert published is not None
    assert published.components[-1].evaluation is not None
