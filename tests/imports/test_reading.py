"""What is a table that can be taken, and what is refused in words before anything is kept."""

import time
import zipfile
from io import BytesIO

import pytest

import make
from connect.errors import Invalid
from connect.imports import reading
from connect.imports.actions import open_import
from connect.imports.spreadsheet import csv_of
from connect.imports.tables import Import, ImportKind
from connect.jobs import Job
from connect.policy import Role
from imports.files import cell, workbook


async def read(data):
    headings, rows = reading.read_table(await csv_of(data))
    return headings, list(rows)


async def test_a_spreadsheet_is_read():
    assert await read(workbook()) == (["name", "state"], [["Example PD", "TX"]])


async def test_rows_of_a_spreadsheet_keep_their_numbers():
    row = f'<row r="5">{cell("A5", "Example, PD")}{cell("B5", "TX")}</row>'

    _, rows = await read(workbook(row))

    assert rows == [["", ""]] * 3 + [["Example, PD", "TX"]]


def test_rows_from_the_middle_on():
    data = b"name\n" + b"".join(b'"two\nlines %d"\n' % n for n in range(10))

    _, rows = reading.read_table(data, start=8)

    assert list(rows) == [["two\nlines 8"], ["two\nlines 9"]]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found(separator):
    data = f"\ufeffname{separator}state\nA{separator}B\n".encode()

    headings, rows = reading.read_table(data)

    assert (headings, list(rows)) == (["name", "state"], [["A", "B"]])


def bomb():
    """A kilobyte that says it is a gigabyte."""
    sheet = BytesIO()
    with zipfile.ZipFile(sheet, "w", zipfile.ZIP_DEFLATED) as archive:
        old = zipfile.ZipFile(BytesIO(workbook()))
        for name in old.namelist():
            archive.writestr(name, old.read(name))
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as strings:
            strings.write(
                b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            )
            piece = b"<si><t>" + b"x" * 1_000_000 + b"</t></si>"
            for _ in range(1500):
                strings.write(piece)
            strings.write(b"</sst>")
    return sheet.getvalue()


FAR = f'<row r="2">{cell("A2", "x")}</row><row r="1048576">{cell("XFD1048576", "x")}</row>'
FORMULA = '<row r="2"><c r="A2"><f>HYPERLINK("http://x")</f><v>1</v></c></row>'
REFUSED = {
    "nothing": (b"", "no headings"),
    "empty lines": (b"\n\n", "no headings"),
    "the same heading": (b"name,name\nx,y\n", "same heading"),
    "the same heading in other letters": (b"name,Name \nx,y\n", "same heading"),
    "Latin-1": ("name,state\nCa\u00f1on,TX\n".encode("latin-1"), "Byte 14 is not UTF-8"),
    "Windows": ("name,state\nO\u2019Brien,TX\n".encode("cp1252"), "UTF-8"),
    "UTF-16": ("name,state\nA,TX\n".encode("utf-16"), "UTF-16"),
    "UTF-16 without its mark": ("name,state\n".encode("utf-16-le"), "neither CSV nor XLSX"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "neither CSV nor XLSX"),
    "an old spreadsheet": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "neither CSV nor XLSX"),
    "no spreadsheet": (b"PK\x03\x04nothing", "cannot be read"),
    "macros": (workbook(macros=True), "macros"),
    "formulas": (workbook(FORMULA), "formulas"),
    "formulas in another namespace": (workbook(FORMULA.replace("f>", "x:f>")), "formulas"),
    "a cell far away": (workbook(FAR), "cannot be read, or is too large"),
    "a long cell": (b"name\n" + b"x" * 3000 + b"\n", "over 2,000 characters"),
    "an endless cell": (b'name\n"' + b"x" * 200_000 + b"\n", "cannot be read as CSV"),
    "a large file": (b"x" * 20_000_001, "larger than 20 MB"),
    "many rows": (b"name\n" + b"x\n" * 200_001, "more than 200,000 rows"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_table_is_refused_in_words(what):
    data, words = REFUSED[what]

    with pytest.raises(reading.Unreadable, match=words):
        reading.check_table(await csv_of(data))


async def test_a_bomb_is_refused_soon():
    data = bomb()
    began = time.perf_counter()

    with pytest.raises(reading.Unreadable, match="too large"):
        await csv_of(data)

    assert len(data) < 3_000_000
    assert time.perf_counter() - began < 60


async def test_a_fault_in_the_last_row_refuses_the_whole_file(database):
    rows = b"".join(b"Example %d PD,TX\n" % n for n in range(5000))

    with pytest.raises(Invalid) as refusal:
        await open_import(
            await make.staff(Role.REGISTRAR),
            ImportKind.AGENCIES,
            b"name,state\n" + rows + b"x" * 2001,
            file_name="x.csv",
            dry_run=False,
            columns={},
        )

    assert refusal.value.errors == {"file": "Row 5,002 has a cell of over 2,000 characters."}
    assert (await Import.count(), await Job.count()) == (0, 0)


async def test_200_megabytes_are_refused_before_they_are_read(database, api):
    program = await api(await make.staff(Role.REGISTRAR))
    file = ("x.csv", BytesIO(b"x" * 200_000_000), "text/csv")

    answer = await program.post("/imports", data={"kind": "people"}, files={"file": file})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert await Import.count() == 0
