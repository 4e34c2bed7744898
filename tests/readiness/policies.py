"""A policy as an agency might write one, in own words; as PDF and DOCX, in two versions."""

import io
import zipfile

from docx import Document
from docx.enum.text import WD_BREAK
from pypdf import PdfReader, PdfWriter
from weasyprint import HTML

PAGES = [
    [
        "General Order 41: Missing Children",
        "Purpose. Every report of a missing child is an emergency. No waiting period is observed "
        "before a report is taken, whoever calls and however often the child was missing before.",
        "Scope. This order applies to every missing person under the age of 21.",
    ],
    [
        "Intake. The call taker asks for name, date of birth, sex, race, height, weight, eye and "
        "hair color, and for the day and place where the child was last seen.",
        "A supervisor is notified at once and reviews the case before the end of the shift.",
    ],
    [
        "Entry. The report is entered in NCIC and in the state\u2019s system within four hours of "
        "receipt, and made available to the state clearinghouse.",
        "A record is not removed because the person grows older.",
    ],
]
# The second version: entry within two hours, and a section on quality assurance.
CHANGED = [
    *PAGES[:2],
    [PAGES[2][0].replace("four hours", "two hours"), PAGES[2][1]],
    [
        "Quality assurance. Each call about a missing child is formally reviewed by a supervisor "
        "within seven days, and what is learned changes this order."
    ],
]
WITHIN = "entered in NCIC and in the state's system within"


def pdf(pages=PAGES):
    html = "".join(
        f'<section style="break-after: page">{"".join(f"<p>{p}</p>" for p in page)}</section>'
        for page in pages
    )
    return bytes(HTML(string=f"<html lang=en><title>Order 41</title>{html}").write_pdf())


def docx(pages=PAGES):
    document = Document()
    for number, page in enumerate(pages):
        for text in page:
            document.add_paragraph(text)
        if number + 1 < len(pages):
            document.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)
    document.add_table(rows=1, cols=1).cell(0, 0).text = "Approved by the chief"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def heavy_pdf(size):
    """A PDF of some more bytes than *size*: with an attachment, as with pictures."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.add_attachment("map.bin", bytes(size))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def encrypted_pdf():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf())))
    writer.encrypt("secret")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def with_part(data, name, content=b"x"):
    """A DOCX with one file more."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, content)
    return out.getvalue()


def without_part(data, name):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part.filename, old.read(part.filename))
    return out.getvalue()


def ole(*names):
    """The beginning of an OLE file, and the names of its streams as a directory has them."""
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entries


DOC = ole("Root Entry", "WordDocument", "1Table")
EXE = b"MZ\x90\x00" + b"This program cannot be run in DOS mode." * 20
