"""From the first start of a site to a certificate in the year's counts, as people live it."""

import asyncio
import csv
import re
import tomllib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
from playwright.async_api import expect

import make
from browser.hands import Person
from connect.accounts.actions import setup_token
from connect.catalog.actions import publish_all
from connect.config import ROOT
from connect.policy import SYSTEM

ADMINISTRATOR = "root@agency.example"
LEARNER = "ada.officer@agency.example"
NAME = "Ada Lovelace-Officer"
COURSE = "First response to a missing child report"
READING = timedelta(seconds=60)  # what each lesson of that course asks for
Look = Callable[..., Awaitable[None]]


def answer_key(slug: str) -> dict[str, tuple[list[str], str]]:
    """Question id → the ids of its right choices, and of one that is not."""
    key = {}
    for path in (ROOT / "courses" / slug / "quizzes").glob("*.toml"):
        for question in tomllib.loads(path.read_text())["questions"]:
            if question["kind"] == "true_false":
                right = str(question["right"]).lower()
                key[question["id"]] = [right], "false" if right == "true" else "true"
            else:
                right = [c["id"] for c in question["choices"] if c.get("right")]
                wrong = next(c["id"] for c in question["choices"] if not c.get("right"))
                key[question["id"]] = right, wrong
    return key


def _shipped(search: str = "", *, discipline: str = "") -> str:
    """How many of the shipped courses have all words of *search*, as the page says it."""
    courses = [tomllib.loads(p.read_text()) for p in ROOT.glob("courses/[!_]*/course.toml")]
    fitting = [
        course
        for course in courses
        if all(word in _searched_words(course) for word in search.split())
        and (not discipline or discipline in course["disciplines"])
    ]
    return f"{len(fitting)} course{'' if len(fitting) == 1 else 's'}"


def _searched_words(course: dict[str, Any]) -> str:
    words = [course["title"], course["summary"], course.get("code", ""), *course["topics"]]
    return " ".join(words).lower().replace("-", " ")


class Story:
    """One site, its administrator and its first learner."""

    def __init__(
        self, *, admin: Person, learner: Person, script: bool, look: Look, work: Any, clock: Any
    ) -> None:
        self.admin = admin
        self.learner = learner
        self.script = script
        self.look = look
        self.work = work
        self.clock = clock
        self.key = answer_key("first-response")
        self.certificate = ""

    async def set_up(self) -> None:
        """The operator publishes the courses and opens the link that the first start printed."""
        await publish_all(SYSTEM, ROOT / "courses")
        page = self.admin.page
        await self.admin.open(f"/setup/{await setup_token()}")
        await self.look(page, "setup")
        await self.admin.write("Your full name", "Grace Administrator")
        await self.admin.write("Email address", ADMINISTRATOR)
        await self.admin.write("Password", make.PASSWORD)
        await self.admin.send("Create administrator account")
        assert await self.admin.heading() == "Administration"
        await self.look(page, "admin-empty")

    async def find_course(self) -> None:
        """A visitor lands, searches, filters and reads what the course gives."""
        learner, page = self.learner, self.learner.page
        await learner.open("/")
        await self.look(page, "landing")
        await learner.follow("Take a course")
        await expect(page.get_by_role("status")).to_have_text(_shipped())
        await self.look(page, "courses")
        await learner.write("Search for", "zebra")
        await self._searched("No courses")
        await self.look(page, "courses-nothing")
        await learner.write("Search for", "missing child")
        await self._searched(_shipped("missing child"))
        await learner.write("Search for", "runaway")
        await learner.choose("Field of work", "Law Enforcement")
        await self._searched(_shipped("runaway", discipline="law-enforcement"))
        assert "q=runaway&discipline=law-enforcement" in page.url
        await self.look(page, "courses-found")
        await learner.follow(COURSE)
        await self.look(page, "course-visitor")

    async def _searched(self, count: str) -> None:
        """With script the results follow the typing; without, one asks for them."""
        if not self.script:
            await self.learner.send("Search")
        await expect(self.learner.page.get_by_role("status")).to_have_text(count)

    async def register(self) -> None:
        """First badly: every field that is wrong is told at once, and what was typed is kept."""
        learner, page = self.learner, self.learner.page
        await learner.follow("Create an account", within="main")
        await self.look(page, "register")
        await learner.write("Email address", "ada.officer")
        await learner.write("Password", "too short")
        await learner.send("Create an account")
        wrong = page.locator(".error-summary li")
        told = [" ".join(t.split()) for t in await wrong.all_inner_texts()]
        assert len(told) == 6, told
        at_fields = await page.locator(".usa-error-message").all_inner_texts()
        assert [" ".join(t.split()).removeprefix("Error: ") for t in at_fields] == told, (
            at_fields,
            told,
        )
        await expect(page.locator(".error-summary")).to_be_focused()
        await expect(page.get_by_label("Email address", exact=True)).to_have_value("ada.officer")
        await self.look(page, "register-errors")
        await learner.write("Email address", LEARNER)
        await learner.write("Password", make.PASSWORD)
        await learner.write("Your full name", NAME)
        await learner.choose("Your field of work", "Law Enforcement")
        await learner.choose("State where you work", "Texas")
        await learner.choose("Your time zone", "Central")
        await learner.tick("#adult")
        await learner.send("Create an account")
        assert await learner.heading() == "Check your email"
        await self.look(page, "register-sent")

    async def confirm_address(self) -> None:
        """No mail server is set: the administrator reads the link on the outbox page."""
        await self.work()
        await self.admin.follow("Outbox")
        page = self.admin.page
        await self.admin.hands.activate(page.locator("summary").first)
        body = await page.locator(".mail__body").first.inner_text()
        await self.look(page, "outbox")
        found = re.search(r"/verify-email/\S+", body)
        assert found
        await self.learner.open(found[0])
        await self.look(self.learner.page, "verify-email")
        await self.learner.send("Confirm address")

    async def sign_in(self) -> None:
        learner, page = self.learner, self.learner.page
        await expect(page.get_by_role("status").first).to_contain_text("address is confirmed")
        await self.look(page, "login")
        await learner.write("Email address", LEARNER)
        await learner.write("Password", "not the password at all")
        await learner.send("Sign in")
        await self.look(page, "login-wrong")
        await learner.write("Password", make.PASSWORD)
        await learner.send("Sign in")
        await self.look(page, "home-new")
        await learner.follow("Find a course")
        await learner.follow(COURSE)
        await self.look(page, "course")

    async def take_lessons(self) -> None:
        """Every step up to the final test; reading takes its time, and Next says so."""
        learner, page = self.learner, self.learner.page
        if self.script:
            await page.clock.install()  # the page's own, which runs and can be put forward
        await learner.send("Start")
        await self.look(page, "lesson")
        if self.script:
            await learner.press("Next")
            await expect(page.locator("[data-time-status]")).to_contain_text("Not yet.")
        else:
            await learner.send("Next")
            await expect(page.get_by_role("alert")).to_contain_text("at least 60 seconds")
        await self.look(page, "lesson-not-yet")
        await self._read("Take the report now")
        await self._read("The first two hours")
        await self._read("At the scene: search the home first")
        assert await learner.heading() == "Check yourself: the first half hour"
        await self.look(page, "practice-start")
        await learner.send("Start the quiz")
        await self.look(page, "practice-question")
        await self.answer(right=3, wrong=1)
        await learner.send("Submit answers")
        assert await learner.heading() == "75% right"
        await self.look(page, "practice-result")
        # Called away, and back again: the start page leads to the exact place.
        await learner.follow("Back to the course")
        await self.look(page, "course-under-way")
        await learner.open("/")
        await self.look(page, "home-under-way")
        await learner.send("Continue " + COURSE)
        await self._read("When to ask for an alert")
        for _ in range(3):
            await self._read("")
        await self.look(page, "acknowledgement")
        await learner.tick("#acknowledged")
        await learner.send("Next")

    async def _read(self, title: str) -> None:
        learner, page = self.learner, self.learner.page
        if title:
            assert (shown := await learner.heading()) == title, shown
        self.clock.move(READING)
        if self.script:
            async with asyncio.timeout(5):
                while await page.locator("[data-time]").is_visible():
                    await page.clock.fast_forward(31_000)  # to the next heartbeat
        await learner.send("Next")

    async def answer(self, *, right: int, wrong: int) -> None:
        """Answer the first questions rightly, the next wrongly, and leave out the others."""
        learner, page = self.learner, self.learner.page
        asked = page.locator("[data-question]")
        ids = await asked.evaluate_all("list => list.map((q) => q.id.replace('question-', ''))")
        for position, question in enumerate(ids):
            key, other = self.key[question]
            chosen = key if position < right else [other] if position < right + wrong else []
            for choice in chosen:
                await learner.tick(f'[id="{question}-{choice}"]')
            if self.script:
                if chosen:
                    receipt = page.locator(f'[id="receipt-{question}"]')
                    await expect(receipt).to_have_text(
                        re.compile(r"^Saved \d+:\d\d:\d\d [ap]\.m\.")
                    )
                last = position == len(ids) - 1
                await learner.press("Review and submit" if last else "Next")

    async def take_test(self) -> None:
        """Fail once, read why, pass."""
        learner, page = self.learner, self.learner.page
        assert await learner.heading() == "Final test"
        await self.look(page, "test-start")
        await learner.send("Start the quiz")
        await self.look(page, "test-question")
        await self.answer(right=2, wrong=1)
        if self.script:
            await expect(page.locator("[data-quiz-summary]")).to_contain_text("7 questions")
            await self.look(page, "test-end")
        await learner.send("Submit answers")
        assert await learner.heading() == "Not passed yet: 20%"
        assert await page.locator(".feedback > li").count() == 10
        await self.look(page, "test-failed")
        await learner.send("Try again")
        await self.answer(right=9, wrong=1)
        await learner.send("Submit answers")
        assert await learner.heading() == "You passed with 90%"
        await expect(page.locator(".feedback")).to_contain_text("Not right")
        await self.look(page, "test-passed")

    async def receive_certificate(self) -> None:
        learner, page = self.learner, self.learner.page
        await learner.follow("See certificate")
        await expect(page.get_by_text("Your PDF is being prepared")).to_be_visible()
        await self.look(page, "certificate-drawing")
        await self.work()
        await learner.follow("Check again")
        await self.look(page, "certificate")
        self.certificate = (await learner.heading()).removeprefix("Certificate ")
        pdf = pypdf.PdfReader(await learner.download("Download PDF"))
        text = " ".join(pdf.pages[0].extract_text().split())
        assert len(pdf.pages) == 1
        assert all(words in text for words in (NAME, COURSE, self.certificate))

    async def look_back(self) -> None:
        """What the learner finds later: the transcript, the course, the start page, the account."""
        learner, page = self.learner, self.learner.page
        await learner.follow("My training", within="main")
        listed = page.get_by_role("table", name="Completed courses")
        await expect(listed.get_by_role("row")).to_have_count(2)
        await self.look(page, "transcript")
        await learner.follow("Courses", within="nav")
        await learner.follow(COURSE)
        await expect(page.get_by_text("Completed", exact=True)).to_be_visible()
        await self.look(page, "course-completed")
        await learner.open("/")
        await self.look(page, "home-completed")
        await learner.follow("Account")
        await self.look(page, "account")

    async def be_checked(self, board: Person) -> None:
        """A licensing board, which has no account, by the code and by number and name."""
        await self.learner.open(f"/certificates/{self.certificate}")
        code = await self.learner.page.locator("dd.code").inner_text()
        await board.open("/")
        await board.follow("Check a certificate", within="main")
        await self.look(board.page, "check")
        await board.write("Code", code.lower())
        await board.send("Check code")
        await self._is_valid(board)
        await self.look(board.page, "check-valid")
        await board.follow("Check another certificate")
        await board.write("Certificate number", self.certificate.lower())
        await board.write("Last name on the certificate", "lovelace-officer")
        await board.send("Check certificate")
        await self._is_valid(board)
        await board.follow("Check another certificate")
        await board.write("Certificate number", self.certificate)
        await board.write("Last name on the certificate", "Somebody")
        await board.send("Check certificate")
        assert await board.heading() == "Not found"
        await self.look(board.page, "check-unknown")

    async def _is_valid(self, board: Person) -> None:
        assert await board.heading() == "Valid"
        facts = " ".join((await board.page.locator("dl").inner_text()).split())
        assert all(words in facts for words in (NAME, COURSE, self.certificate))

    async def be_counted(self) -> None:
        """The administrator finds the training in the year's number, and the row behind it."""
        admin, page = self.admin, self.admin.page
        await admin.open("/admin")
        await self.look(page, "admin")
        await admin.follow("Training counts")
        assert await page.locator(".total dd").all_inner_texts() == ["1", "1"]
        await self.look(page, "reports")
        counts = _table(await admin.download("Counts as CSV"))
        assert ("discipline", "law-enforcement", "1") in {
            (row["by"], row["value"], row["instances"]) for row in counts
        }
        await admin.follow("Texas")
        rows = page.locator("tbody tr")
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text(COURSE)
        await self.look(page, "rows")
        kept = _table(await admin.download("These rows as CSV"))
        assert [(row["course"], row["state"]) for row in kept] == [("first-response", "TX")]

    async def sign_out(self) -> None:
        await self.learner.send("Sign out")
        await self.learner.open(f"/certificates/{self.certificate}")
        assert await self.learner.heading() == "Sign in"

    async def live(self, board: Person) -> None:
        await self.set_up()
        await self.find_course()
        await self.register()
        await self.confirm_address()
        await self.sign_in()
        await self.take_lessons()
        await self.take_test()
        await self.receive_certificate()
        await self.look_back()
        await self.be_checked(board)
        await self.be_counted()
        await self.sign_out()


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
