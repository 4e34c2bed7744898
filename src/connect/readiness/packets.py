"""The evidence packet: the whole of a review as one ZIP for the agency's own files.

All of it but the policy's files is made from the state that was decided on, so the same packet can
be made at any later time; names of people are as they are today.
"""

import hashlib
import io
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import msgspec

from connect import clock, files, pdf
from connect.config import settings
from connect.csv_out import to_csv
from connect.errors import Busy, Conflict, NotFound
from connect.lists import ROSTER_CATEGORIES
from connect.policy import Actor, Permission
from connect.readiness import snapshots
from connect.readiness.applications import seen_review
from connect.readiness.criteria import RequirementSet
from connect.readiness.facts import asked_of
from connect.readiness.rules import ERASED
from connect.readiness.snapshots import State
from connect.readiness.tables import (
    Affirmation,
    Membership,
    PolicyDocument,
    Review,
    ReviewState,
    Verdict,
)
from connect.web.templating import environment

STYLESHEET = str(Path(__file__).parent / "templates" / "packet.css")
DECIDED = [ReviewState.APPROVED, ReviewState.DECLINED]
MOST_NAMES = 60  # of one list in the PDF, so that it is drawn within its time; the CSV has all
FINDINGS = {
    Verdict.MET: "Met",
    Verdict.MET_EQUIVALENT: "Met in another way",
    Verdict.NOT_MET: "Not met",
    Verdict.NOT_APPLICABLE: "Not applicable",
}
MANIFEST = ("file", "bytes", "sha256")


class NotDecidedYet(Conflict):
    message = "The packet of an application is made once it is decided."


class NotDrawn(Busy):
    message = "The packet could not be made now. Try again in a minute."


class Packet(msgspec.Struct, frozen=True):
    """What a packet holds: files that are made, and stored ones by their SHA-256."""

    name: str
    day: date
    made: dict[str, bytes]
    stored: dict[str, str]


async def packet_of(actor: Actor, review_id: UUID) -> Packet:
    """The packet of a review: for its agency once it was decided, for the program's staff always.

    Raises:
        NotFound: no such review, or it is not the actor's.
        NotDecidedYet: the agency asks too early.
        NotDrawn: the PDF could not be drawn.
    """
    review = await seen_review(actor, review_id)
    if review.state not in DECIDED and not actor.may(Permission.READ_REVIEWS):
        raise NotDecidedYet
    if review.decided_hash:
        row = await snapshots.kept(review, review.decided_hash)
        state, exact = snapshots.decoded(row), row.state.encode()
    else:
        state = await snapshots.state_of(review)
        exact = snapshots.encoded(state)
    asked, names = asked_of(review), await snapshots.names_in(state)
    documents = (
        await PolicyDocument.objects()
        .where(PolicyDocument.review == review.id)
        .order_by(PolicyDocument.uploaded_at)
    )
    stored = {
        f"documents/{number:02}-{row.file_name}": row.sha256
        for number, row in enumerate(documents, start=1)
    }
    made = {
        "state.json": exact,
        "findings.csv": to_csv(*_findings(state, asked, documents)).encode(),
        "roster.csv": to_csv(*_roster(state, names)).encode(),
        "training.csv": to_csv(*_training(state, names)).encode(),
    }
    made["packet.pdf"] = await _drawn(review, state, asked, names, documents)
    return Packet(f"readiness-{review.id}", _day(review), made, stored)


def _day(review: Review) -> date:
    moment = review.decided_at or clock.now()
    return clock.day_in(settings().time_zone, moment)


Table = tuple[tuple[str, ...], list[list[Any]]]


def _findings(state: State, asked: RequirementSet, documents: list[PolicyDocument]) -> Table:
    titles = {str(row.id): row.title or row.file_name for row in documents}
    rows = []
    for element in asked.elements:
        found = state["findings"].get(element.id, {})
        where = state["evidence"].get(element.id, {})
        rows.append(
            [
                *(element.id, element.title, "yes" if element.critical else "no"),
                FINDINGS.get(found.get("finding", ""), "None"),
                titles.get(found.get("document") or where.get("document"), ""),
                found.get("page") or where.get("page"),
                *(where.get("passage", ""), found.get("comment", ""), found.get("found_at", "")),
            ]
        )
    columns = ("element", "title", "critical", "finding", "document", "page")
    return (*columns, "passage", "comment", "found_at"), rows


def _roster(state: State, names: Mapping[str, str]) -> Table:
    columns = ("name", "category", "since", "until", "exemption", "exempt_until", "hired_on")
    rows = [
        [names.get(line.get("account", line["id"]), ERASED), *(line.get(c) for c in columns[1:])]
        for line in state["roster"]
    ]
    return columns, sorted(rows, key=lambda row: (row[0].casefold(), row[1]))


def _training(state: State, names: Mapping[str, str]) -> Table:
    rows = [
        [
            names.get(one["account"], ERASED),
            *(one["course"], one["day"], "yes" if one["elsewhere"] else "no", one["id"]),
        ]
        for one in state["trained"]
    ]
    columns = ("name", "course", "completed_on", "elsewhere", "completion_id")
    return columns, sorted(rows, key=lambda row: (row[0].casefold(), row[1], row[2]))


async def _drawn(
    review: Review,
    state: State,
    asked: RequirementSet,
    names: Mapping[str, str],
    documents: list[PolicyDocument],
) -> bytes:
    affirmation = None
    term = await Membership.objects().where(Membership.review == review.id).first()
    if state["affirmation"]:
        affirmation = (
            await Affirmation.objects().where(Affirmation.id == state["affirmation"]["id"]).first()
        )
    columns, findings = _findings(state, asked, documents)
    rules = {rule.id: rule.title for rule in asked.training}
    html = environment.get_template("readiness/packet.html").render(
        review=review,
        state=state,
        asked=asked,
        term=term,
        organization=settings().organization,
        zone=settings().time_zone,
        affirmation=affirmation,
        hash=review.decided_hash or snapshots.hash_of(state),
        documents=documents,
        findings=[dict(zip(columns, row, strict=True)) for row in findings],
        people=len({line.get("account", line["id"]) for line in state["roster"]}),
        categories=_categories(state),
        training=[
            one
            | {
                "title": rules.get(one["rule"], one["rule"]),
                "names": [names.get(i, ERASED) for i in one["missing"][:MOST_NAMES]],
                "more": max(0, len(one["missing"]) - MOST_NAMES),
            }
            for one in state["training"]
        ],
    )
    try:
        return await pdf.render(html, images={}, stylesheet=STYLESHEET)
    except pdf.RenderFailed:
        raise NotDrawn from None


def _categories(state: State) -> list[tuple[str, int]]:
    """How many lines of the roster each category has."""
    counted = {code: 0 for code in ROSTER_CATEGORIES}
    for line in state["roster"]:
        counted[line["category"]] += 1
    return [(ROSTER_CATEGORIES[code].label, many) for code, many in counted.items() if many]


class _Sink(io.RawIOBase):
    """Where a ZIP is written to, to be given on piece by piece."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written.append(bytes(data))
        return len(self._written[-1])

    def drained(self) -> Iterator[bytes]:
        while self._written:
            yield self._written.pop(0)


async def zipped(packet: Packet) -> AsyncIterator[bytes]:
    """The packet as a ZIP, a piece at a time, with a manifest of what it holds as its last file."""
    sink, manifest = _Sink(), list[list[Any]]()
    when = (packet.day.year, packet.day.month, packet.day.day, 0, 0, 0)
    with ZipFile(sink, "w") as target:
        for name, data in packet.made.items():
            kept = hashlib.sha256(data).hexdigest()
            target.writestr(_info(name, when, ZIP_DEFLATED), data)
            manifest.append([name, len(data), kept])
            for piece in sink.drained():
                yield piece
        for name, digest in packet.stored.items():
            size = 0
            try:
                with target.open(_info(name, when, ZIP_STORED), "w") as part:
                    async for data in files.pieces(digest):
                        size += len(data)
                        part.write(data)
                        for piece in sink.drained():
                            yield piece
                manifest.append([name, size, digest])
            except NotFound:
                manifest.append([name, "not stored any more", digest])
        target.writestr(
            _info("manifest.csv", when, ZIP_DEFLATED), to_csv(MANIFEST, manifest).encode()
        )
    for piece in sink.drained():
        yield piece


def _info(name: str, when: tuple[int, int, int, int, int, int], method: int) -> ZipInfo:
    info = ZipInfo(name, when)
    info.compress_type = method
    return info
