"""The same mail as HTML, made of its text: paragraphs, quotes, and links to this site. Pure."""

import re

import msgspec

from connect.config import settings
from connect.web.templating import environment

ADDRESS = re.compile(r"https?://\S*[^\s.,;:!?)\"']")
WRAPPED = 60  # characters; a line that is longer ends where the width did, not the thought
QUOTED = "    "


class Piece(msgspec.Struct, frozen=True):
    """Words, or an address of this site that is a link."""

    text: str
    is_link: bool = False


class Paragraph(msgspec.Struct, frozen=True):
    kind: str  # plain; quote: somebody else's words; button: the one address that the mail is about
    lines: list[list[Piece]]


def as_html(subject: str, body: str) -> str:
    """A whole page without scripts, pictures or anything that is fetched, so nothing is tracked."""
    blocks = re.split(r"\n{2,}", body.strip("\n"))
    alone = [block for block in blocks if ADDRESS.fullmatch(block.strip()) and _is_ours(block)]
    button = alone[0] if len(alone) == 1 else None
    return environment.get_template("mail/letter.html").render(
        subject=subject,
        organization=settings().organization,
        paragraphs=[_paragraph(block, is_button=block == button) for block in blocks],
    )


def _paragraph(block: str, *, is_button: bool) -> Paragraph:
    rows = block.split("\n")
    if all(row.startswith(QUOTED) or not row.strip() for row in rows):
        return Paragraph("quote", [[Piece(row.removeprefix(QUOTED))] for row in rows])
    return Paragraph(
        "button" if is_button else "plain", [_linked(line) for line in _unwrapped(rows)]
    )


def _unwrapped(rows: list[str]) -> list[str]:
    """Lines that were broken for their width alone, put together again."""
    lines: list[str] = []
    last = ""
    for row in map(str.strip, rows):
        goes_on = len(last) > WRAPPED and not ADDRESS.search(last) and not ADDRESS.fullmatch(row)
        if lines and goes_on:
            lines[-1] += f" {row}"
        else:
            lines.append(row)
        last = row
    return lines


def _linked(line: str) -> list[Piece]:
    """*line* in pieces. An address elsewhere was typed by somebody, and is no link of ours."""
    pieces, end = [], 0
    for found in ADDRESS.finditer(line):
        if _is_ours(found[0]):
            pieces += [Piece(line[end : found.start()]), Piece(found[0], is_link=True)]
            end = found.end()
    return [piece for piece in [*pieces, Piece(line[end:])] if piece.text]


def _is_ours(address: str) -> bool:
    return f"{address.strip()}/".startswith(f"{settings().base_url.rstrip('/')}/")
