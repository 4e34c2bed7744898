"""An author publishes a course from a ZIP and mends its wording in the site."""

import re

import make
from catalog.course_folder import COURSE, LESSON, QUIZ, changed, write_course
from catalog.hostile_zips import GOOD, SLUG, named, zipped
from catalog.test_translations import SPANISH
from connect.catalog.actions import publish_folder
from connect.catalog.queries import published_content
from connect.catalog.translations import note_translated
from connect.clock import now
from connect.learning.actions import enroll
from connect.learning.tables import Progress
from connect.policy import SYSTEM, Role
from connect.publishing.actions import publish_zip
from connect.publishing.drafts import open_draft, save_file

ZIP = {"name": "lost-at-the-fair.zip", "mimeType": "application/zip"}
ACCESS = re.compile(r"access = .*")
LESSON_PATH = "lessons/01-search.md"


async def give(someone, data):
    await someone.page.locator("#file").set_input_files({**ZIP, "buffer": data})


async def test_a_course_is_published_and_its_words_are_mended(person, clock, watch, album):
    watch.refusals = {422}
    someone = await person(await make.staff(Role.AUTHOR))
    page = someone.page
    await someone.open("/admin")
    await someone.follow("Publish courses", within="main")
    await album.look(page, "publishing-empty")
    await give(someone, named("../evil.md"))
    await someone.send("See what it changes")
    await album.look(page, "publishing-refused")
    (wrong,) = changed("quizzes/final.toml", "right = false", 'right = "no"').items()
    await give(someone, zipped({**GOOD, f"{SLUG}/{wrong[0]}": wrong[1]}))
    await someone.send("Publish")
    await album.look(page, "publishing-faults")
    await give(someone, zipped(GOOD))
    await someone.send("See what it changes")
    await album.look(page, "publishing-look")
    await give(someone, zipped(GOOD))
    await someone.send("Publish")
    await album.look(page, "publishing")

    await someone.send("Mend Lost at the fair")
    await album.look(page, "draft-new")
    await someone.follow("Words of quizzes/final.toml")
    await album.look(page, "draft-words")
    await someone.write("Choice 2 of question 2", "Have a break")
    await someone.send("Save and check")
    await someone.follow("Text of lessons/01-search.md")
    await someone.write("Text of the file", LESSON + "\n##### Too deep\n")
    await someone.send("Save and check")
    await album.look(page, "draft-file-faults")
    await someone.follow("Back to the draft")
    await album.look(page, "draft-faults")
    await someone.follow("Text of lessons/01-search.md")
    await someone.write("Text of the file", LESSON.replace("Close the", "Close all the"))
    await someone.send("Save and check")
    await someone.follow("Back to the draft")
    await page.locator("summary").first.click()
    await album.look(page, "draft")
    await someone.follow("Preview")
    await page.locator(".prose img").scroll_into_view_if_needed()  # it loads when it is seen
    await page.wait_for_function("[...document.images].every((i) => i.complete)")
    await album.look(page, "draft-preview")
    await someone.follow("Draft of Lost at the fair")
    await someone.send("Publish this draft")

    content = await published_content(SLUG)
    assert content is not None
    assert "Close all the gates." in content.components[0].html
    assert content.components[2].quiz.questions[1].choices[1].text == "Have a break"


async def test_a_draft_that_was_overtaken_is_brought_forward_without_script(
    person, clock, watch, album
):
    actor = await make.staff(Role.ADMIN)
    await publish_zip(actor, zipped(GOOD), dry_run=False)
    draft = await open_draft(actor, SLUG)
    mended = LESSON.replace("Close the", "Close all the")
    await save_file(actor, draft.id, LESSON_PATH, mended, revision=1)
    (change,) = changed(LESSON_PATH, "Close the", "Shut the").items()
    await publish_zip(actor, zipped({**GOOD, f"{SLUG}/{change[0]}": change[1]}), dry_run=False)

    someone = await person(actor, script=False)
    await someone.open(f"/admin/courses/drafts/{draft.id}")
    await album.look_without_script(someone.page, "draft-moved-on")
    await someone.send("Bring it forward to version 2")
    await album.look_without_script(someone.page, "draft-no-script")
    await someone.send("Publish this draft")

    content = await published_content(SLUG)
    assert content is not None
    assert "Close all the gates." in content.components[0].html


async def test_a_course_is_read_in_spanish_without_script(person, clock, watch, album, tmp_path):
    open_to_all = {"course.toml": ACCESS.sub("", COURSE), "quizzes/final.toml": QUIZ}
    course = write_course(tmp_path, **{**open_to_all, **SPANISH})
    note_translated(course)
    lesson = course / LESSON_PATH
    lesson.write_text(lesson.read_text().replace("Close the", "Close all the"))
    await publish_folder(SYSTEM, course)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, SLUG)
    someone = await person(actor, script=False)
    page = someone.page
    await someone.open(f"/learn/{enrollment.id}/search")
    await someone.choose("Language", "Español")
    await someone.send("Change")
    await album.look_without_script(page, "lesson-in-spanish")

    for step in ("search", "promise"):
        done = Progress(enrollment=enrollment.id, component=step, done_at=now(), seconds=60)
        await Progress.insert(done)
    await someone.open(f"/learn/{enrollment.id}/final")
    await someone.send("Start the quiz")
    await album.look_without_script(page, "test-in-spanish")

    assert await page.get_by_role("heading", level=1).inner_text() == "Examen final"
