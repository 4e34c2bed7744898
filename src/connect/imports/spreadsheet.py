"""Spreadsheets as CSV: made once, in a process of its own that a bomb cannot leave.

``python -m connect.imports.spreadsheet`` reads an XLSX from its input and writes CSV in UTF-8 to
its output, or words on why not to its errors. A few kilobytes of XLSX can describe a table of
many gigabytes, so the process has little memory and little time; Connect itself has neither at
risk. Formulas are not computed and macros not run: files with them are refused.
"""

import csv
import io
import re
import sys
import zipfile
from datetime import datetime, time

from connect.apart import Died, Refused, limited, read_apart, refuse
from connect.imports.reading import MOST_BYTES, MOST_ROWS, Unreadable

ZIP = b"PK\x03\x04"
FORMULA = re.compile(rb"<(\w{1,20}:)?f[\s/>]")
UNREAD = "This spreadsheet cannot be read, or is too large. Save it as CSV, or split it."


async def csv_of(data: bytes) -> bytes:
    """*data* as CSV, whether it is an XLSX or was CSV already.

    Raises:
        Unreadable: the spreadsheet cannot be taken.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("The file is larger than 20 MB. Split it.")
    if data[:4] != ZIP:
        return data
    try:
        return await read_apart("connect.imports.spreadsheet", data)
    except Refused as refusal:
        raise Unreadable(str(refusal)) from None
    except Died:
        raise Unreadable(UNREAD) from None


def read_spreadsheet(data: bytes) -> bytes:
    """The first sheet of an XLSX as CSV.

    Raises:
        Unreadable: it has macros or formulas, or is too large.
        zipfile.BadZipFile, ValueError, MemoryError: it is none.
    """
    import python_calamine  # only in the process of its own

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if "vbaProject" in name:
                raise Unreadable("This spreadsheet has macros. Save it as a plain XLSX or as CSV.")
            if name.startswith("xl/worksheets/") and _has_formulas(archive, name):
                raise Unreadable("This spreadsheet has formulas. Save its values only, or as CSV.")
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    if sheet.total_height > MOST_ROWS + 1:
        raise Unreadable(f"The table has more than {MOST_ROWS:,} rows. Split it.")
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in sheet.to_python(skip_empty_area=False):
        writer.writerow([_text(cell) for cell in row])
        if out.tell() > MOST_BYTES:
            raise Unreadable("The table is larger than 20 MB. Split it.")
    return out.getvalue().encode()


def _has_formulas(archive: zipfile.ZipFile, name: str) -> bool:
    tail = b""
    with archive.open(name) as sheet:
        while piece := sheet.read(1_000_000):
            if FORMULA.search(tail + piece):
                return True
            tail = piece[-25:]
    return False


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a spreadsheet has no whole numbers
    if isinstance(cell, datetime) and cell.time() == time():
        return str(cell.date())  # nor days
    return str(cell).strip()


def main() -> None:
    """Convert the input."""
    limited()
    try:
        sys.stdout.buffer.write(read_spreadsheet(sys.stdin.buffer.read()))
    except Unreadable as error:
        refuse(str(error))


if __name__ == "__main__":
    main()
