"""Files to be imported, made up: tables as CSV and as XLSX."""

import csv
import io
import zipfile

from connect.imports.actions import open_import
from connect.imports.tables import Import

PEOPLE = ["email", "legal_name", "discipline", "state", "title", "agency", "category"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def table(rows, headings):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    writer.writerows(rows)
    return out.getvalue().encode()


def people(many, *, first=0, agency=""):
    """Rows for ``PEOPLE``, plainly invented."""
    category = "patrol" if agency else ""
    return [
        [
            f"person{n}@import.example",
            f"Invented Person {n}",
            "law-enforcement",
            "TX",
            "Officer",
            agency,
            category,
        ]
        for n in range(first, first + many)
    ]


async def taken_in(actor, work, kind, data, **options):
    asked = {"file_name": "x.csv", "dry_run": False, "columns": {}} | options
    row = await open_import(actor, kind, data, **asked)
    await work()
    return await Import.objects().where(Import.id == row.id).first()


def summary(row):
    return row.state, row.rows, row.taken, row.unchanged, row.refused


def cell(place, value):
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def workbook(rows=None, *, macros=False):
    """The smallest XLSX there is; *rows* is the XML behind the headings."""
    rows = rows or f'<row r="2">{cell("A2", "Example PD")}{cell("B2", "TX")}</row>'
    sheet = (
        f'<worksheet xmlns="{MAIN}"><sheetData>'
        f'<row r="1">{cell("A1", "name")}{cell("B1", "state")}</row>{rows}'
        "</sheetData></worksheet>"
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/><Override '
        'PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>'
        '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    if macros:
        files["xl/vbaProject.bin"] = "x"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()
