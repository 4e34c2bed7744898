"""The file itself, handed in to be checked (S17)."""

import make
from certificates.earned import earned, read, rename
from connect import files
from connect.certificates.actions import draw
from connect.certificates.reissues import reissue

ANONYMOUS = {"Sec-Fetch-Site": "same-origin"}


async def _drawn():
    ada = await make.learner(certificate_name="Ada Officer")
    certificate = await earned(ada)
    await draw(certificate.id)
    row = await read(id=certificate.id)
    return ada, row, await files.get(row.pdf)


async def _hand_in(client, data):
    given = {"file": ("c.pdf", data, "application/pdf")}
    return await client.post("/verify/file", files=given, headers=ANONYMOUS)


async def test_our_file_is_known_and_a_changed_one_is_not(client):
    _, row, data = await _drawn()

    ours = await _hand_in(client, data)
    changed = await _hand_in(client, data[:-1] + b" ")

    assert "This is the file we issued." in ours.text
    assert row.number in ours.text
    assert "This is not the file we issued" in changed.text
    assert row.number not in changed.text
    assert (ours.status_code, changed.status_code) == (200, 200)


async def test_the_file_of_a_replaced_certificate_is_ours_and_superseded(client):
    ada, row, data = await _drawn()
    await rename(ada, "Ada O. Officer")
    new = await reissue(ada, row.number)

    page = await _hand_in(client, data)
    answer = await client.post("/api/v1/verifications", files={"file": ("c.pdf", data)})

    assert "This is the file we issued." in page.text
    assert new.number in page.text
    assert (answer.json()["status"], answer.json()["superseded_by"]) == ("superseded", new.number)


async def test_nothing_and_too_much_are_refused_in_words(client):
    nothing = await _hand_in(client, b"")
    large = await _hand_in(client, b"%PDF" + b"x" * 2_000_000)
    huge = await _hand_in(client, b"x" * 2_200_000)

    assert [nothing.status_code, large.status_code, huge.status_code] == [422, 422, 413]
    assert "at most 2 MB" in large.text


async def test_checks_of_files_count_against_the_same_limit(client):
    answers = [await _hand_in(client, b"x") for _ in range(31)]

    assert [a.status_code for a in answers[-2:]] == [200, 429]
