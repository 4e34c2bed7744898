"""The text of a PDF or DOCX, page by page: what runs in a process of its own (``apart``).

It imports little, since it starts for each file. A DOCX has no pages: they are cut where its
author, or Word when it last showed it, began a new one.
"""

import io
import re
import sys
import zipfile

import msgspec

from connect.apart import limited, refuse

MOST_PAGES = 1_000
MOST_TEXT = 4_000_000  # characters
MOST_PARTS = 5_000  # files in a DOCX
MOST_UNPACKED = 100_000_000  # bytes of them
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
NONE = "This is not a PDF, DOC or DOCX. Save your policy as one of these, whatever its name is."
BROKEN = "This file is broken and cannot be read. Open it, save it again, then send it."
LOCKED = "This file is encrypted. Save it without a password, then send it."
MACROS = "This document has macros. Save it as a plain DOCX or as PDF."
LONG = f"This policy has more than {MOST_PAGES:,} pages. Send the part that is about children."


class NotTaken(Exception):
    """The file cannot be a policy; the text says what to do."""


def read_pdf(data: bytes) -> list[str]:
    """The text of each page of a PDF; a page that is a picture has none.

    Raises:
        NotTaken: it is encrypted, has no page, or too many.
        Exception: it is broken, in one of many ways.
    """
    from pypdf import PdfReader  # only in the process of its own

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        raise NotTaken(LOCKED)
    number = len(reader.pages)
    if number > MOST_PAGES:
        raise NotTaken(LONG)
    if not number:
        raise NotTaken(BROKEN)
    return [_plain(page.extract_text()) for page in reader.pages]


def read_docx(data: bytes) -> list[str]:
    """The text of a DOCX, cut into pages; of tables, too.

    Raises:
        NotTaken: it is another kind of ZIP, has macros, or is too large unpacked.
        Exception: it is broken, in one of many ways.
    """
    from docx import Document  # only in the process of its own

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        names = {part.filename for part in parts}
        if "word/document.xml" not in names:
            raise NotTaken(NONE)
        if any("vbaproject" in name.lower() for name in names):
            raise NotTaken(MACROS)
        too_much = sum(part.file_size for part in parts) > MOST_UNPACKED
        if too_much or len(parts) > MOST_PARTS:
            raise NotTaken(BROKEN)
    pages = [""]
    for element in Document(io.BytesIO(data)).element.body.iter():
        tag = str(element.tag).removeprefix(WORD)
        if tag == "p":
            pages[-1] += "\n"
        elif tag == "t":
            pages[-1] += element.text or ""
        elif tag == "tab":
            pages[-1] += " "
        elif tag == "lastRenderedPageBreak" or (
            tag == "br" and element.get(f"{WORD}type") == "page"
        ):
            pages.append("")
        elif tag == "br":
            pages[-1] += "\n"
    found = [_plain(page) for page in pages]
    # Word notes its own break behind the author's: the page between them is none.
    kept = [page for page in found if page] or [""]
    if len(kept) > MOST_PAGES:
        raise NotTaken(LONG)
    return kept


def _plain(text: str) -> str:
    """Lines without spaces at their ends; what no database takes is left out."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", text.replace("\r", "\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()


def main() -> None:
    """Read the input."""
    limited()
    data = sys.stdin.buffer.read()
    try:
        pages = read_pdf(data) if data.startswith(b"%PDF-") else read_docx(data)
    except NotTaken as fault:
        refuse(str(fault))
    except Exception:
        refuse(BROKEN)
    if sum(map(len, pages)) > MOST_TEXT:
        refuse(LONG)
    sys.stdout.buffer.write(msgspec.json.encode(pages))


if __name__ == "__main__":
    main()
