"""Tables out of files: CSV and XLSX, by content, within limits. Pure."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence

MOST_BYTES = 20_000_000
MOST_ROWS = 200_000
MOST_CELL = 2_000  # characters


class Unreadable(Exception):
    """The file is no table that can be taken; the text says what to do."""


def read_table(data: bytes) -> tuple[list[str], Iterator[list[str]]]:
    """The headings of a table and its rows, all cells as text without spaces around.

    Raises:
        Unreadable: also while iterating, where a row cannot be read.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("The file is larger than 20 MB. Split it.")
    rows = _xlsx(data) if data[:4] == b"PK\x03\x04" else _csv(data)
    headings = next(rows, [])
    if not any(headings):
        raise Unreadable("The first line has no headings.")
    if len({h for h in headings if h}) < len([h for h in headings if h]):
        raise Unreadable("Two columns have the same heading. Rename one.")
    return headings, rows


def _csv(data: bytes) -> Iterator[list[str]]:
    if b"\x00" in data:
        raise Unreadable("This is neither CSV nor XLSX. Save the table as one of them.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"Byte {error.start + 1:,} is not UTF-8. Save the table as CSV in UTF-8."
        ) from None
    head = text[:5000]
    separator = max(",;\t", key=head.count)
    return _cells(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _xlsx(data: bytes) -> Iterator[list[str]]:
    import python_calamine  # only where a spreadsheet comes

    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
        if any("vbaProject" in name for name in names):
            raise Unreadable("This spreadsheet has macros. Save it as a plain XLSX or as CSV.")
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, python_calamine.CalamineError) as error:
        raise Unreadable("This spreadsheet cannot be read. Save it again as XLSX.") from error
    return _cells(sheet)


def _cells(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    try:
        for number, row in enumerate(rows):
            if number > MOST_ROWS:
                raise Unreadable(f"The table has more than {MOST_ROWS:,} rows. Split it.")
            cells = [_text(cell) for cell in row]
            if any(len(cell) > MOST_CELL for cell in cells):
                raise Unreadable(f"Row {number + 1:,} has a cell of over {MOST_CELL:,} characters.")
            yield cells
    except csv.Error as error:
        raise Unreadable(f"The table cannot be read as CSV: {error}.") from None


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a spreadsheet has no whole numbers
    return str(cell).strip()
