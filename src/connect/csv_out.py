"""Tables as CSV that no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from litestar import Response

FORMULA = tuple("=+-@\t\r\x00\uff1d\uff0b\uff0d\uff20")  # full-width ones too


def cell(value: Any) -> Any:
    """A value that no spreadsheet takes for a formula; numbers stay numbers (ASVS 1.2.10)."""
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(' "').startswith(FORMULA):
        return f"'{value}"
    return value


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV (RFC 4180) with a heading line."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def download(text: str, name: str) -> Response[str]:
    """CSV as a file to keep."""
    return Response(
        text,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
