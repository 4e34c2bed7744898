"""Names of 60 characters and titles of two lines stay whole, from 320 pixels up and in the PDF."""

import pypdf
import pytest
from playwright.async_api import expect

import make
from connect.policy import Role

NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh, Maria"
TITLE = (
    "Interviewing children and adolescents who were exploited online: trauma-informed "
    "questioning, documentation and interdisciplinary hand-over"
)
WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@pytest.fixture
async def learner(database, clock):
    assert len(NAME) == 60
    return await make.learner(legal_name=NAME)


async def test_long_names_and_titles_fit(person, learner, work, album):
    question = make.question(
        "q1", html=f"<p>{TITLE}? {WORD}</p>", text=TITLE, choices=[make.choice(WORD, right=True)]
    )
    content = make.content(
        title=TITLE,
        summary=f"{TITLE}. {WORD}.",
        components=[
            make.lesson("one", title=TITLE, html=f"<p>{WORD}</p><h2>{TITLE}</h2>"),
            make.component_quiz("final", title=f"Test: {TITLE}", questions=[question]),
        ],
    )
    await make.course(content)
    someone = await person(learner)
    page = someone.page
    await someone.open("/courses")
    await album.look(page, "courses-long")
    await someone.follow(TITLE)
    await album.look(page, "course-long")
    await someone.send("Start")
    await album.look(page, "lesson-long")
    await someone.open("/")
    await album.look(page, "home-long")
    await someone.send(f"Continue {TITLE}")
    await someone.send("Next")
    await someone.send("Start the quiz")
    await someone.tick("[data-question] input")
    await expect(page.locator("[data-receipt]")).to_contain_text("Saved")
    await album.look(page, "test-long")
    await someone.press("Review and submit")
    await someone.send("Submit answers")
    await album.look(page, "test-passed-long")
    await work()
    await someone.follow("See certificate")
    await album.look(page, "certificate-long")
    pdf = pypdf.PdfReader(await someone.download("Download PDF"))
    assert len(pdf.pages) == 1
    text = "".join(pdf.pages[0].extract_text().split())
    assert NAME.replace(" ", "") in text
    assert TITLE.replace(" ", "") in text
    await page.emulate_media(media="print")
    await expect(page.locator(".site-header")).to_be_hidden()
    await album.keep(page, "certificate-print")
    await page.emulate_media(media="screen")
    await someone.follow("My training", within="main")
    await album.look(page, "transcript-long")
    code = (await page.locator("tbody a").first.inner_text()).strip()
    board = await person()
    await board.open("/verify")
    await board.write("Certificate number", code)
    await board.write("Last name on the certificate", "Maria")
    await board.send("Check certificate")
    await album.look(board.page, "check-long")
    admin = await person(await make.staff(Role.ADMIN))
    await admin.open("/admin/reports/rows?from=2026-01-01&to=2026-12-31")
    await album.look(admin.page, "rows-long")
