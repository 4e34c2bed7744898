"""Tables out of CSV, within limits. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

MOST_BYTES = 20_000_000
MOST_ROWS = 200_000
MOST_CELL = 2_000  # characters
OTHER_ENCODINGS = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 begins so


class Unreadable(Exception):
    """The file is no table that can be taken; the text says what to do."""


def check_table(data: bytes) -> list[str]:
    """The headings of a CSV table every row of which can be read.

    Raises:
        Unreadable: the file, or one of its rows, cannot be taken.
    """
    headings, rows = read_table(data)
    for _ in rows:
        pass
    return headings


def read_table(data: bytes, *, start: int = 0) -> tuple[list[str], Iterator[list[str]]]:
    """The headings of a CSV table and its rows from *start* on, without spaces around cells.

    Raises:
        Unreadable: also while iterating, where a row cannot be read.
    """
    if len(data) > MOST_BYTES:
        raise Unreadable("The file is larger than 20 MB. Split it.")
    rows = _rows(data)
    headings = next(_cells(islice(rows, 1)), [])
    if not any(headings):
        raise Unreadable("The first line has no headings.")
    named = [plain(heading) for heading in headings if plain(heading)]
    if len(set(named)) < len(named):
        raise Unreadable("Two columns have the same heading. Rename one.")
    return headings, _cells(islice(rows, start, None), first=start + 1)


def plain(heading: str) -> str:
    """What a heading says, however it is written: ``E-mail`` and ``E mail`` are the same."""
    return re.sub(r"\W+", "_", heading.strip().casefold()).strip("_")


def _rows(data: bytes) -> Iterator[list[str]]:
    if data.startswith(OTHER_ENCODINGS):
        raise Unreadable("This table is in UTF-16. Save it as CSV in UTF-8.")
    if b"\x00" in data:
        raise Unreadable("This is neither CSV nor XLSX. Save the table as one of them.")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"Byte {error.start + 1:,} is not UTF-8. Save the table as CSV in UTF-8."
        ) from None
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    head = text.read(5000).partition("\n")[0]
    text.seek(0)
    return csv.reader(text, delimiter=max(",;\t", key=head.count))


def _cells(rows: Iterable[Sequence[str]], *, first: int = 0) -> Iterator[list[str]]:
    try:
        for number, row in enumerate(rows, first):
            if number > MOST_ROWS:
                raise Unreadable(f"The table has more than {MOST_ROWS:,} rows. Split it.")
            cells = [cell.strip() for cell in row]
            if any(len(cell) > MOST_CELL for cell in cells):
                raise Unreadable(f"Row {number + 1:,} has a cell of over {MOST_CELL:,} characters.")
            yield cells
    except csv.Error as error:
        raise Unreadable(f"The table cannot be read as CSV: {error}.") from None
