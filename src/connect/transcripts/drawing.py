"""A transcript as a table of text, and as a tagged PDF (PDF/UA-1)."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import connect.certificates.actions  # noqa: F401 -- brings the filters that print names
from connect import pdf
from connect.config import settings
from connect.csv_out import to_csv
from connect.errors import Busy
from connect.transcripts.rules import Origin, Row, by_year, is_counted, total
from connect.web.templating import day, environment, hours

STYLESHEET = str(Path(__file__).parent / "templates" / "transcript.css")
MOST_ROWS = 120  # of a PDF, so that it is drawn within its time; the CSV has all
COLUMNS = (
    *("completed_on", "title", "origin", "provider", "course", "version", "minutes", "hours"),
    *("certificate", "status", "expires_on", "by_hand", "id"),
)
ORIGINS = {Origin.OWN: "", Origin.EXTERNAL: "External", Origin.BROUGHT_IN: "Brought in"}


def as_csv(rows: Sequence[Row]) -> str:
    """All rows as CSV."""
    return to_csv(
        COLUMNS,
        (
            [
                *(r.day, r.title, r.origin, r.provider, r.course, r.version, r.minutes),
                *(hours(r.minutes).split()[0], r.certificate, r.status, r.expires_on),
                *("yes" if r.by_hand else "no", r.id),
            ]
            for r in rows
        ),
    )


class NotDrawn(Busy):
    message = "The PDF could not be drawn now. Try again in a minute, or take the CSV."


async def as_pdf(name: str, rows: Sequence[Row], today: date) -> bytes:
    """The newest rows as a PDF with the sums of all.

    Raises:
        NotDrawn: it could not be drawn.
    """
    try:
        return await pdf.render(html(name, rows, today), images={}, stylesheet=STYLESHEET)
    except pdf.RenderFailed:
        raise NotDrawn from None


def html(name: str, rows: Sequence[Row], today: date) -> str:
    """The page of the PDF."""
    kept = rows[:MOST_ROWS]
    return environment.get_template("transcripts/transcript_pdf.html").render(
        name=name,
        organization=settings().organization,
        base_url=settings().base_url,
        today=day(today),
        own=[shown(row) for row in kept if row.origin is Origin.OWN],
        elsewhere=[shown(row) for row in kept if row.origin is not Origin.OWN],
        left_out=len(rows) - len(kept),
        years=sums(rows),
    )


def shown(row: Row) -> dict[str, object]:
    """A row as pages show it."""
    return {
        "id": str(row.id),
        "title": row.title,
        "provider": row.provider,
        "completed_on": row.day,
        "expires_on": row.expires_on,
        "by_hand": row.by_hand,
        "hours": hours(row.minutes),
        "certificate_number": row.certificate,
        "certificate_url": f"/certificates/{row.certificate}" if row.origin is Origin.OWN else "",
        "status": "active" if row.status == "valid" else row.status,
        "origin": ORIGINS[row.origin],
        "is_counted": is_counted(row),
    }


def sums(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Sums by year and of all, as pages show them; none without rows."""
    found = [(str(year), of) for year, of in by_year(rows).items()]
    return [
        {
            "year": words,
            "own": of.own,
            "own_hours": hours(of.own_minutes),
            "elsewhere": of.elsewhere,
            "elsewhere_hours": hours(of.elsewhere_minutes),
        }
        for words, of in [*found, *([("All years", total(rows))] if rows else [])]
    ]
