"""The ZIP of certificates: what is in it, what is not, and how little memory it takes."""

import csv
import hashlib
import io
import tracemalloc
import zipfile
from datetime import date, timedelta

import pytest

import make
from agencies import made
from connect import files
from connect.accounts.tables import Account, Affiliation
from connect.certificates.tables import Certificate
from connect.clock import now
from connect.db import uuid7
from connect.learning.tables import Completion, Enrollment, EnrollmentState
from connect.rosters.archive import COLUMNS, Window, archive
from rosters.staffed import completed, course, requires, works

PAST = date(2020, 5, 1)
ENDED = ("closed", "erased", "merged")


async def opened(agency):
    data = b"".join([part async for part in archive(agency.id)])
    return zipfile.ZipFile(io.BytesIO(data))


def manifest_of(found):
    return list(csv.DictReader(io.StringIO(found.read("manifest.csv").decode())))


async def test_it_holds_what_is_shared_and_required_and_valid_and_nothing_else(database):
    agency = await made.agency()
    first, patrols, other = await course("first"), await course("patrols"), await course("other")
    await requires(agency, first)
    await requires(agency, patrols, category="patrol")
    pdf = await files.put(b"%PDF-1.7 one")
    ada = await works(agency, name="Ada A", category="support")
    shown = await completed(ada, first, PAST, pdf=pdf, number="C-2020-1", name="Ada A")
    drawing = await completed(await works(agency), first, PAST, number="C-2020-2", name="=B")
    hidden = [
        await completed(ada, other, PAST, pdf=pdf),
        await completed(ada, patrols, PAST, pdf=pdf),  # asked of others only
        await completed(ada, first, PAST, pdf=pdf, status="revoked"),
        await completed(await works(agency, consented=False), first, PAST, pdf=pdf),
        await completed(await works(agency, until=PAST), first, PAST, pdf=pdf),
        await completed(await works(await made.agency()), first, PAST, pdf=pdf),
        *[
            await completed(await works(agency, account=account), first, PAST, pdf=pdf)
            for account in [await make.account(status=status) for status in ENDED]
        ],
    ]

    found = await opened(agency)

    assert found.testzip() is None
    assert found.namelist() == ["C-2020-1-Ada-A.pdf", "manifest.csv"]
    assert found.read("C-2020-1-Ada-A.pdf") == b"%PDF-1.7 one"
    rows = manifest_of(found)
    assert list(rows[0]) == list(COLUMNS)
    assert [tuple(row.values()) for row in rows] == [
        ("C-2020-1-Ada-A.pdf", shown.number, "Ada A", "first", "2020-05-01", "valid", pdf),
        ("", drawing.number, "'=B", "first", "2020-05-01", "being drawn", ""),
    ]
    assert hashlib.sha256(found.read(rows[0]["file"])).hexdigest() == rows[0]["sha256"]
    text = found.read("manifest.csv").decode()
    assert [row.number for row in hidden if row.number in text] == []


async def test_names_are_unique_and_the_same_people_give_the_same_bytes(database):
    agency = await made.agency()
    first = await course("first")
    await requires(agency, first)
    pdf = await files.put(b"%PDF-1.7 two")
    ada = await works(agency)
    for number in ("C/2020/1", "c-2020-1", "C 2020 1"):  # brought in from elsewhere
        await completed(ada, first, PAST, pdf=pdf, number=number, name="Ada")
    await completed(ada, first, PAST, pdf="0" * 64, number="C-2020-9", name="Ada")

    found, again = await opened(agency), await opened(agency)

    names = found.namelist()[:-1]
    assert len({name.lower() for name in names}) == len(names) == 3
    assert names[0] == "C-2020-1-Ada.pdf"
    assert [row["status"] for row in manifest_of(found)] == ["valid"] * 3 + ["not found"]
    assert found.fp.getvalue() == again.fp.getvalue()  # type: ignore[union-attr]


async def test_an_agency_without_people_gives_a_manifest(database, api):
    agency = await made.agency()
    program = await api(await made.coordinator(agency))

    answer = await program.get(f"/agencies/{agency.id}/certificates.zip")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    found = zipfile.ZipFile(io.BytesIO(answer.content))
    assert found.namelist() == ["manifest.csv"]
    assert manifest_of(found) == []


async def many(agency, version, number, pdf):
    """As many people with a certificate each, in few statements."""
    accounts, rows, enrollments, certificates, completions = [], [], [], [], []
    for n in range(number):
        person, enrollment, certificate = uuid7(), uuid7(), uuid7()
        facts = {"email": f"p{n}@many.example", "password_hash": "", "time_zone": "America/Chicago"}
        accounts.append(Account(id=person, legal_name=f"Person {n}", **facts))
        rows.append(Affiliation(account=person, agency=agency.id, since=PAST, consented_at=now()))
        enrollments.append(
            Enrollment(
                id=enrollment,
                learner=person,
                course=version.course,
                version=version.id,
                state=EnrollmentState.COMPLETED,
            )
        )
        certificates.append(
            Certificate(
                id=certificate,
                number=f"C-2020-{n:06}",
                code=f"{n:026}",
                holder=person,
                name=f"Person {n}",
                title=version.title,
                minutes=30,
                issued_on=PAST + timedelta(days=n % 300),
                facts="{}",
                digest="0" * 64,
                pdf=pdf,
                source_kind="enrollment",
                source=enrollment,
            )
        )
        completions.append(
            Completion(
                enrollment=enrollment,
                learner=person,
                day=PAST,
                zone="America/Chicago",
                minutes=30,
                certificate=certificate,
            )
        )
    for table, made_rows in (
        (Account, accounts),
        (Affiliation, rows),
        (Enrollment, enrollments),
        (Certificate, certificates),
        (Completion, completions),
    ):
        for start in range(0, number, 500):
            await table.insert(*made_rows[start : start + 500])


@pytest.mark.parametrize("number", [1000])
async def test_its_memory_is_that_of_a_few_files_however_many_there_are(database, number):
    agency, version = await made.agency(), await course("first")
    await requires(agency, version)
    size = 200_000
    await many(agency, version, number, await files.put(b"%PDF" + b"x" * (size - 4)))

    sent, largest = 0, 0
    tracemalloc.start()
    async for part in archive(agency.id):
        sent, largest = sent + len(part), max(largest, len(part))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert sent > number * size  # 200 MB left
    assert largest < 2 * size  # a file at a time, and the directory of all at the end
    assert peak < 10_000_000


def test_a_window_knows_its_place_after_parts_have_left():
    window = Window()
    window.write(b"0123456789")

    assert (window.take(), window.tell()) == (b"0123456789", 10)
    window.write(b"abc")
    window.seek(11)
    window.write(b"X")
    assert (window.tell(), window.take()) == (12, b"aXc")
    with pytest.raises(OSError, match="left"):
        window.seek(3)
