"""Many certificates as one ZIP."""

import csv
import hashlib
import io
from datetime import date, timedelta
from zipfile import ZipFile

import pytest

import make
from certificates.earned import earned, read, rename
from connect import files
from connect.certificates.actions import draw
from connect.certificates.batches import Chosen, batch_of, make_batch, open_batch, sweep
from connect.certificates.reissues import reissue
from connect.certificates.tables import Certificate, CertificateBatch
from connect.errors import Forbidden, Invalid, NotFound
from connect.policy import Role


async def _made(actor, **chosen):
    batch = await open_batch(actor, Chosen(**chosen))
    await make_batch(batch.id)
    row = await batch_of(actor, batch.id)
    return row, ZipFile(io.BytesIO(await files.get(row.file)))


def _manifest(archive):
    return list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))


async def _stored(content: bytes, certificate):
    """Give *certificate* a file without drawing one."""
    kept = await files.put(content)
    await Certificate.update({Certificate.pdf: kept}).where(Certificate.id == certificate.id)


async def test_manifest_files_and_count_agree(database):
    drawn = await earned(await make.learner())
    await draw(drawn.id)
    waiting = await earned(await make.learner())
    staff = await make.staff(Role.REGISTRAR)

    row, archive = await _made(staff, numbers=[drawn.number.lower(), waiting.number])

    lines = _manifest(archive)
    assert (row.total, row.done, len(lines)) == (2, 2, 2)
    assert [(line["number"], line["file"], line["status"]) for line in lines] == [
        (drawn.number, f"{drawn.number}.pdf", "valid"),
        (waiting.number, "", "being drawn"),
    ]
    data = archive.read(f"{drawn.number}.pdf")
    assert hashlib.sha256(data).hexdigest() == lines[0]["sha256"] == (await read(id=drawn.id)).pdf


async def test_a_course_and_days_choose_what_stands(database, clock):
    ada = await make.learner()
    first = await earned(ada, slug="one")
    await earned(await make.learner(), slug="two")
    clock.move(timedelta(days=3))
    late = await earned(await make.learner(), slug="three")
    await rename(ada, "Ada Officer")
    new = await reissue(ada, first.number)
    staff = await make.staff(Role.ADMIN)

    _, by_course = await _made(staff, course="one")
    _, by_days = await _made(staff, since=date(2026, 3, 3), until=date(2026, 3, 9))

    assert [line["number"] for line in _manifest(by_course)] == [new.number]
    assert [line["number"] for line in _manifest(by_days)] == [late.number]


async def test_an_agency_chooses_what_counted_for_it(database):
    from connect.trainings.tables import Training

    agency = await make.agency()
    ours, other = await earned(await make.learner()), await earned(await make.learner())
    await Training.update({Training.agency: agency.id}).where(Training.source == ours.source)

    _, archive = await _made(await make.staff(Role.ADMIN), agency=agency.id)

    assert [line["number"] for line in _manifest(archive)] == [ours.number]
    assert other.number != ours.number


async def test_nothing_unknown_numbers_and_the_wrong_people_are_refused(database):
    staff = await make.staff(Role.REGISTRAR)
    learner = await make.learner()
    batch = await open_batch(staff, Chosen(numbers=[(await earned(learner)).number]))

    for chosen in (Chosen(), Chosen(course="none"), Chosen(numbers=["C-1999-000001"])):
        with pytest.raises(Invalid):
            await open_batch(staff, chosen)
    with pytest.raises(Forbidden):
        await open_batch(learner, Chosen(course="x"))
    with pytest.raises(NotFound):
        await batch_of(await make.staff(Role.ADMIN), batch.id)


async def test_after_a_week_the_file_is_gone_and_the_row_says_so(database, clock):
    staff = await make.staff(Role.REGISTRAR)
    row, _ = await _made(staff, numbers=[(await earned(await make.learner())).number])

    clock.move(timedelta(days=6, hours=23))
    await sweep()
    assert (await batch_of(staff, row.id)).state == "done"
    clock.move(timedelta(hours=1))
    await sweep()

    assert (await batch_of(staff, row.id)).state == "removed"
    with pytest.raises(NotFound):
        await files.get(row.file)


async def test_by_api_and_page_it_is_the_same_file(api, browser, work):
    staff = await make.staff(Role.REGISTRAR)
    number = (await earned(await make.learner())).number
    program, person = await api(staff), await browser(staff)

    made = await program.post("/certificate-batches", json={"numbers": [number]})
    place = f"/certificate-batches/{made.json()['id']}"
    before = await program.get(f"{place}/file")
    page_made = await person.post(
        "/admin/certificates/batches",
        data={"csrf": person.csrf, "once": "1", "batch_numbers": number},
    )
    await work()
    done = (await program.get(place)).json()
    file = await program.get(f"{place}/file")
    page = await person.get("/admin/certificates")
    linked = page.text.split("/admin/certificates/batches/")[1].split('"')[0]
    shown = await person.get(f"/admin/certificates/batches/{linked}")

    assert (made.status_code, made.json()["total"], before.status_code) == (202, 1, 404)
    assert page_made.status_code in (302, 303)
    assert (done["state"], done["done"], done["total"]) == ("done", 1, 1)
    for answer in (file, shown):
        lines = _manifest(ZipFile(io.BytesIO(answer.content)))
        assert [line["number"] for line in lines] == [number]
    assert await CertificateBatch.count() == 2


async def test_the_page_names_what_is_wrong_with_a_batch(browser, database):
    person = await browser(await make.staff(Role.REGISTRAR))

    answer = await person.post(
        "/admin/certificates/batches",
        data={"csrf": person.csrf, "once": "1", "since": "soon"},
    )

    assert answer.status_code == 422
    assert 'href="#since"' in answer.text
