"""The policy of an application over JSON: uploaded, replaced, pointed at, given out; kept."""

from uuid import uuid4

import pytest

from connect.readiness.tables import PolicyDocument, Review, ReviewState
from readiness import policies
from readiness.applying import opened, police
from readiness.test_applications import told


@pytest.fixture
async def case(database, api, clock):
    """A draft's address and a program of its coordinator."""
    agency, coordinator = await police()
    review = await opened(agency, coordinator)
    return f"/reviews/{review.id}", await api(coordinator)


async def upload(program, path, data, name="policy.pdf", **fields):
    files = {"file": (name, data, "application/octet-stream")}
    return await program.post(f"{path}/documents", files=files, data=fields)


async def test_a_policy_is_taken_by_its_content_and_given_out_as_a_download(case):
    path, program = case
    data = policies.pdf()

    made = await upload(program, path, data, "Order 41.exe", title="General Order 41")
    body = made.json()
    file = await program.get(f"{path}/documents/{body['id']}")

    assert made.status_code == 201
    assert (body["content_type"], body["file_name"]) == ("application/pdf", "Order 41.pdf")
    assert (body["pages"], body["size"], body["title"]) == (3, len(data), "General Order 41")
    assert file.content == data
    assert file.headers["content-disposition"] == 'attachment; filename="Order 41.pdf"'
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    assert (await program.get(path)).json()["documents"] == [body]


async def test_what_is_refused_leaves_nothing(case):
    path, program = case

    large = await upload(program, path, b"%PDF-1.7" + b"x" * 6_000_000 + b"%%EOF")
    renamed = await upload(program, path, policies.EXE, "policy.pdf")
    locked = await upload(program, path, policies.encrypted_pdf())
    nothing = await program.post(f"{path}/documents", files={"title": (None, "x")})
    many = await upload(program, path, policies.DOC, replaces="x", color="blue")

    assert "larger than 5 MB" in told(large)["file"]
    assert "not a PDF, DOC or DOCX" in told(renamed)["file"]
    assert "encrypted" in told(locked)["file"]
    assert "Choose the file" in told(nothing)["file"]
    assert list(told(many)) == ["replaces", "color"]
    assert await PolicyDocument.count() == 0


async def test_a_new_version_keeps_the_old_one_and_finds_its_words_again(case):
    path, program = case
    first = (await upload(program, path, policies.docx())).json()
    same = {"document": first["id"], "page": 1, "passage": policies.PAGES[0][2]}
    gone = {"document": first["id"], "passage": "within four hours of receipt"}

    assert (await program.put(f"{path}/evidence/under-21", json=same)).json()["page"] == 1
    assert (await program.put(f"{path}/evidence/entry-2h", json=gone)).json()["page"] == 3
    pages = [["A new first page."], *policies.CHANGED]
    second = (await upload(program, path, policies.pdf(pages), replaces=first["id"])).json()
    again = await upload(program, path, policies.pdf(), replaces=first["id"])
    body = (await program.get(path)).json()

    assert [d["id"] for d in body["documents"]] == [second["id"], first["id"]]
    assert [d["replaced_at"] is None for d in body["documents"]] == [True, False]
    assert second["replaces"] == first["id"]
    assert again.status_code == 404
    places = {e: (at["document"], at["page"]) for e, at in body["evidence"].items()}
    assert places == {"under-21": (second["id"], 2), "entry-2h": (first["id"], 3)}
    assert (await program.get(f"{path}/documents/{first['id']}")).status_code == 200


async def test_a_place_that_is_not_there_is_refused(case):
    path, program = case
    its = (await upload(program, path, policies.docx())).json()["id"]
    point = f"{path}/evidence/entry-2h"

    wrong = await program.put(point, json={"document": its, "passage": "within nine hours"})
    empty = await program.put(point, json={"document": its})
    other = await program.put(point, json={"document": str(uuid4()), "page": 1})
    unknown = await program.put(f"{path}/evidence/color", json={"document": its, "page": 1})

    assert "do not stand in this document" in told(wrong)["passage"]
    assert "Write the page, or copy the words." in told(empty)["page"]
    assert "current documents" in told(other)["document"]
    assert unknown.status_code == 404


async def test_what_was_submitted_takes_no_file_and_a_stranger_sees_none(database, api, clock):
    agency, coordinator = await police()
    review = await opened(agency, coordinator)
    path, program = f"/reviews/{review.id}", await api(coordinator)
    its = (await upload(program, path, policies.DOC)).json()["id"]
    stranger = await api((await police())[1])
    await Review.update({Review.state: ReviewState.SUBMITTED}).where(Review.id == review.id)

    late = await upload(program, path, policies.DOC)
    foreign = await upload(stranger, path, policies.DOC)
    seen = await stranger.get(f"{path}/documents/{its}")

    assert (late.status_code, late.json()["code"]) == (409, "not_your_turn")
    assert (foreign.status_code, seen.status_code) == (404, 404)
