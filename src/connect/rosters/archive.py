"""The certificates of an agency's people as one ZIP, made while it is sent."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from connect import clock, files
from connect.agencies.queries import family_of
from connect.certificates.queries import standing
from connect.csv_out import cell
from connect.db import fetch, placeholders
from connect.errors import NotFound
from connect.rosters.rules import file_name

AT_ONCE = 200  # rows in memory
COLUMNS = ("file", "number", "name", "course", "issued_on", "status", "sha256")
# One row for each certificate, by id, so that the same people give the same archive.
CERTIFICATES = """
SELECT x.id, x.number, x.name, k.slug AS course, x.issued_on, x.status, x.pdf
FROM required_course r JOIN course k ON k.id = r.course JOIN enrollment e ON e.course = r.course
JOIN completion c ON c.enrollment = e.id JOIN certificate x ON {standing}
WHERE r.agency = {} AND r.ended_at IS NULL AND x.status = 'valid'{behind}
  AND EXISTS (SELECT 1 FROM affiliation f JOIN account a ON a.id = f.account
    WHERE f.account = c.learner AND f.agency IN ({agencies}) AND f.consented_at IS NOT NULL
    AND (f.until IS NULL OR f.until >= {}) AND a.status NOT IN ('closed', 'erased', 'merged')
    AND (r.category IS NULL OR r.category = f.category))
ORDER BY x.id LIMIT {}
""".replace("{standing}", standing("x", "e.id"))


class Window(io.BytesIO):
    """The end of a file whose beginning has left; a place in it counts from the beginning."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 0  # bytes

    def tell(self) -> int:
        return self._left + super().tell()

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or place < self._left:
            raise OSError("What was before has left.")
        return self._left + super().seek(place - self._left)

    def take(self) -> bytes:
        """What has not left yet; it leaves now."""
        data = self.getvalue()
        self._left += len(data)
        super().seek(0)
        super().truncate()
        return data


async def certificates(agency: UUID) -> AsyncIterator[dict[str, Any]]:
    """The valid certificates for an agency's required courses: of those of its people who work
    there now and consented."""
    family = await family_of(agency)
    after: UUID | None = None
    while True:
        sql = CERTIFICATES.replace("{agencies}", placeholders(family))
        sql = sql.replace("{behind}", " AND x.id > {}" if after else "")
        rows = await fetch(
            sql, agency, *([after] if after else []), *family, clock.today(), AT_ONCE
        )
        for row in rows:
            yield row
        if len(rows) < AT_ONCE:
            return
        after = rows[-1]["id"]


async def archive(agency: UUID) -> AsyncIterator[bytes]:
    """The bytes of the ZIP: one PDF for each certificate, and ``manifest.csv`` of all of them.

    One PDF is in memory at a time. A certificate that is being drawn stands in the manifest
    only: its job is there already.
    """
    out, manifest, taken = Window(), io.StringIO(), set[str]()
    lines = csv.writer(manifest)
    lines.writerow(COLUMNS)
    with ZipFile(out, "w", ZIP_STORED) as target:
        async for row in certificates(agency):
            name, status = file_name(row["number"], row["name"]), row["status"]
            if name.lower() in taken:
                name = f"{name.removesuffix('.pdf')}-{row['id'].hex}.pdf"
            data = await _stored(row["pdf"])
            if data is None:
                name, status = "", "being drawn" if row["pdf"] is None else "not found"
            else:
                taken.add(name.lower())
                when = (row["issued_on"].year, row["issued_on"].month, row["issued_on"].day)
                target.writestr(ZipInfo(name, (*when, 0, 0, 0)), data)
                yield out.take()
            facts = (row["number"], row["name"], row["course"], row["issued_on"], status)
            lines.writerow([cell(value) for value in (name, *facts, row["pdf"])])
        target.writestr(ZipInfo("manifest.csv"), manifest.getvalue())
        yield out.take()
    yield out.take()


async def _stored(digest: str | None) -> bytes | None:
    """A stored PDF; None when there is none, so that the others can still be had."""
    if digest is None:
        return None
    try:
        return await files.get(digest)
    except NotFound:
        return None
