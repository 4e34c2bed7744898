"""Spreadsheets as CSV: made once, in a process of its own that a bomb cannot leave.

``python -m connect.imports.spreadsheet`` reads an XLSX from its input and writes CSV in UTF-8 to
its output, or words on why not to its errors. A few kilobytes of XLSX can describe a table of
many gigabytes, so the process has little memory and little time; Connect itself has neither at
risk. Formulas are not computed and macros not run: files with them are refused.
"""

import asyncio
import csv
import io
import os
import re
import resource
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time

from connect.imports.reading import MOST_BYTES, MOST_ROWS, Unreadable

ZIP = b"PK\x03\x04"
MEMORY = 1_000_000_000  # bytes of address space
SECONDS = 30  # of the processor
PATIENCE = 90  # seconds that Connect waits
REFUSED = 3  # exit code; the words stand in the errors
FORMULA = re.compile(rb"<(\w{1,20}:)?f[\s/>]")
UNREAD = "This spreadsheet cannot be read, or is too large. Save it as CSV, or split it."
_one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spreadsheet")


async def csv_of(data: bytes) -> bytes:
    """*data* as CSV, whether it is an XLSX or was CSV already.

    Raises:
        Unreadable: the spreadsheet cannot be taken.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("The file is larger than 20 MB. Split it.")
    if data[:4] != ZIP:
        return data
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, _convert, data)


def _convert(data: bytes) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "connect.imports.spreadsheet"],
            input=data,
            capture_output=True,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},  # no secrets
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(UNREAD) from None
    if done.returncode == REFUSED:
        raise Unreadable(done.stderr.decode())
    if done.returncode:
        raise Unreadable(UNREAD)
    return done.stdout


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
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sys.stdout.buffer.write(read_spreadsheet(sys.stdin.buffer.read()))
    except Unreadable as error:
        sys.stderr.write(str(error))
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
