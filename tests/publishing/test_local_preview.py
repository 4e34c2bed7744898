"""``connect preview-course``: a folder shown as it is at each look, faults by file and line."""

import os

import pytest
from httpx import ASGITransport, AsyncClient

from catalog.course_folder import COURSE, write_course
from connect.publishing.local_preview import preview_app


@pytest.fixture
def folder(tmp_path):
    return write_course(tmp_path)


@pytest.fixture
async def author(folder):
    transport = ASGITransport(preview_app(folder))
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as client:
        yield client


async def test_every_step_is_shown_with_the_key_of_its_quiz(author):
    start = await author.get("/")
    lesson = await author.get(start.headers["Location"])
    quiz = await author.get("/preview/final")

    assert start.headers["Location"] == "/preview/search"
    assert "Start the search now." in lesson.text
    assert "/preview/final" in lesson.text
    assert "Right" in quiz.text
    assert (await author.get("/preview/nothing")).status_code == 404


async def test_a_figure_is_there_and_the_page_carries_the_policy_of_the_site(author):
    lesson = await author.get("/preview/search")
    address = lesson.text.partition('src="/files/')[2].partition('"')[0]

    figure = await author.get(f"/files/{address}")

    assert figure.headers["Content-Type"].startswith("image/svg+xml")
    assert "script-src 'self'" in lesson.headers["Content-Security-Policy"]


async def test_what_is_saved_shows_at_the_next_look_and_the_page_can_tell(author, folder):
    before = (await author.get("/changed")).text
    (folder / "course.toml").write_text(COURSE.replace('title = "Lost at the fair"', "title = 3"))
    os.utime(folder / "course.toml", ns=(2**62, 2**62))

    faulty = await author.get("/")

    assert faulty.status_code == 422
    assert "course.toml:1:" in faulty.text
    assert (await author.get("/changed")).text != before
