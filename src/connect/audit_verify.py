"""Finding what was done to the audit trail: a walk along its chain, and a look at its anchors."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from connect import audit_chain, clock, db
from connect.audit import AuditAnchor, AuditEvent, AuditHead
from connect.audit_chain import START, Anchor, seal_of, text, values

PIECE = 5_000  # rows read at once
LISTED = 100  # faults that are told one by one
LATE = timedelta(minutes=5)  # a row that is not sealed by then is a fault


class Kind(StrEnum):
    """What was done, as far as the chain tells."""

    EDITED = "edited"
    DELETED = "deleted"
    REORDERED = "reordered"
    ADDED = "added"
    CUT = "cut"
    REWRITTEN = "rewritten"
    UNSEALED = "unsealed"


class Fault(msgspec.Struct, frozen=True, order=True):
    number: int  # of the row, or of the first of several
    kind: Kind
    words: str


class Verdict(msgspec.Struct):
    rows: int
    faults: list[Fault]  # by number; a hundred at most
    more: int  # faults beyond those
    stored: Anchor | None  # the last anchor in the database
    kept: Anchor | None  # the last one in the file

    @property
    def whole(self) -> bool:
        return not self.faults


class _Row(msgspec.Struct, frozen=True):
    """A row that does not follow from the one before."""

    number: int
    before: str
    seal: Any
    fields: list[Any]


async def verify(anchors: Path | None = None) -> Verdict:
    """Walk along the chain; sealing may go on meanwhile. Needs as much memory for any length.

    Args:
        anchors: a file of anchors, or a log with them; without it our own in the data folder.
    """
    # In this order: what is sealed while we read lies behind the end that we see.
    kept = [*read_anchors(anchors or audit_chain.anchor_file())]
    try:
        stored = [Anchor(a.number, a.seal, a.at) for a in await AuditAnchor.objects()]
        top = (await db.fetch("SELECT max(number) AS top FROM audit_event"))[0]["top"] or 0
        head = await AuditHead.objects().first()
    except (ValueError, ArithmeticError):  # SQLite keeps any value in any column
        words = "The anchors or the end of the chain hold what cannot be read."
        return Verdict(0, [Fault(0, Kind.REWRITTEN, words)], 0, None, _last(kept))
    end = head.number if head else top

    walk = _Walk([*stored, *kept])
    after = 0
    while rows := await db.fetch(audit_chain.sql().sealed, after, end, PIECE):
        for row in rows:
            walk.see(row["number"], text(row["seal"]), values(row))
        after = row["number"]
    walk.reach(end, head.seal if head else None)
    if top != end and not (isinstance(top, int) and top < end):
        walk.tell(Kind.ADDED, end + 1, "Rows stand behind the end of the chain.")
    if (extra := await AuditEvent.count().where(AuditEvent.number <= end) - walk.rows) > 0:
        walk.tell(Kind.ADDED, 0, f"Rows for which the chain has no place: {extra:,}.")
    late = AuditEvent.number.is_null() & (AuditEvent.at < clock.now() - LATE)
    if waiting := await AuditEvent.count().where(late):
        words = f"Not sealed after five minutes: {waiting:,}. Is the worker running?"
        walk.tell(Kind.UNSEALED, end + 1, words)
    return Verdict(walk.rows, sorted(walk.faults), walk.more, _last(stored), _last(kept))


def read_anchors(path: Path) -> Iterable[Anchor]:
    """The anchors in *path*, one JSON object a line; lines that are none are passed over."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                yield msgspec.json.decode(line, type=Anchor)
            except msgspec.DecodeError:
                continue


def _last(anchors: list[Anchor]) -> Anchor | None:
    return max(anchors, key=lambda anchor: anchor.number, default=None)


class _Walk:
    """What was seen on the way. Keeps no rows but the first ones that do not follow."""

    def __init__(self, anchors: list[Anchor]) -> None:
        self.rows = self.last = 0
        self.faults: list[Fault] = []
        self.more = 0
        self._before: str | None = START  # the seal of the last row; None after missing ones
        self._odd: list[_Row] = []
        self._anchors: dict[int, list[Anchor]] = defaultdict(list)
        for anchor in anchors:
            self._anchors[anchor.number].append(anchor)

    def see(self, number: Any, seal: Any, fields: list[Any]) -> None:
        """The next row."""
        self.rows += 1
        if not isinstance(number, int) or number <= self.last:
            self.tell(Kind.ADDED, self.last, f"A row that was added has the number {number}.")
            return
        if number > self.last + 1:
            self._missing(Kind.DELETED, number - 1)
            self._before = None
        if self._before is not None and seal_of(self._before, number, fields) != seal:
            if len(self._odd) < LISTED:
                self._odd.append(_Row(number, self._before, seal, fields))
            else:
                self.more += 1
        for anchor in self._anchors.get(number, ()):
            if anchor.seal != seal:
                self.tell(
                    Kind.REWRITTEN,
                    number,
                    f"Row {number:,} is not the one that the anchor of {told(anchor.at)} saw: "
                    "the chain was made anew.",
                )
        self.last, self._before = number, seal if isinstance(seal, str) else ""

    def reach(self, end: int, seal: str | None) -> None:
        """The end of the chain, as the head tells it; without *seal* there is no head."""
        if self.last < end:
            self._missing(Kind.CUT, end)
        elif seal != self._before:
            self.tell(Kind.REWRITTEN, end, "The end of the chain is not what the sealer left.")
        beyond = max((number for number in self._anchors if number > end), default=0)
        if beyond:
            at = told(self._anchors[beyond][0].at)
            words = f"The anchor of {at} saw row {beyond:,}, but the chain ends at row {end:,}."
            self.tell(Kind.CUT, end + 1, words)
        self._name()

    def tell(self, kind: Kind, number: int, words: str) -> None:
        if len(self.faults) < LISTED:
            self.faults.append(Fault(number, kind, words))
        else:
            self.more += 1

    def _missing(self, kind: Kind, until: int) -> None:
        first = self.last + 1
        words = f"Row {first:,} is" if first == until else f"Rows {first:,} to {until:,} are"
        self.tell(kind, first, f"{words} missing{' at the end' if kind is Kind.CUT else ''}.")

    def _name(self) -> None:
        """Tell rows that changed places from those that were edited.

        A row that fits the seal that was before it originally is not at fault; the one before is.
        """
        originally: dict[int, str] = {}
        for row in self._odd:
            before = originally.get(row.number - 1, row.before)
            own = seal_of(before, row.number, row.fields)
            if own == row.seal:
                continue
            found = self._moved({before, row.before}, row)
            if found is None:
                originally[row.number] = own
                words = f"Row {row.number:,}, or the seal before it, is not what was sealed."
                self.tell(Kind.EDITED, row.number, words)
            else:
                place, originally[row.number] = found
                words = f"What was sealed as row {row.number:,} stands as row {place:,}."
                self.tell(Kind.REORDERED, row.number, words)

    def _moved(self, befores: set[str], row: _Row) -> tuple[int, str] | None:
        """Where the fields are now that were sealed in the place of *row*, and their seal."""
        for other in self._odd:
            for before in befores if other is not row else ():
                seal = seal_of(before, row.number, other.fields)
                if seal in (row.seal, other.seal):
                    return other.number, seal
        return None


def told(moment: datetime) -> str:
    """A moment for the terminal."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def summary(verdict: Verdict) -> str:
    """What was found, in one line."""
    faults = len(verdict.faults) + verdict.more
    chain = "chain whole" if verdict.whole else f"{faults:,} fault{'s'[: faults != 1]}"
    kept = f"last anchor in the file: {_told_anchor(verdict.kept)}"
    stored = f"in the database: {_told_anchor(verdict.stored)}"
    return f"{verdict.rows:,} rows, {chain}; {kept}, {stored}."


def _told_anchor(anchor: Anchor | None) -> str:
    return f"{told(anchor.at)} at row {anchor.number:,}" if anchor else "none"
