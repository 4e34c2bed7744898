"""The exact state of a review as canonical JSON: what a decision is bound to (feature 7).

It holds ids and no names of people; ``names_in`` tells them as they are today. Kept states are
never changed, so what somebody decided on can be opened byte for byte at any later time.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.accounts.tables import Account
from connect.agencies.queries import family_of
from connect.db import fetch, placeholders
from connect.errors import NotFound
from connect.readiness import rules
from connect.readiness.checklist import Material, material_of
from connect.readiness.criteria import RequirementSet, digest_of
from connect.readiness.queries import key_of
from connect.readiness.tables import Review, RosterLine, Snapshot
from connect.rosters.queries import ELSEWHERE, SHARED

State = dict[str, Any]
AT_ONCE = 5000  # ids in one statement
# Everybody who was on the roster on the day that is judged, or is today.
LINES = """
SELECT l.id, l.account, l.name, l.category, l.since, l.until, l.exemption, l.exempt_until,
  l.hired_on
FROM roster_line l
WHERE l.agency = {} AND l.since <= {}
  AND (l.until IS NULL OR (l.until >= {} AND l.until >= l.since))
ORDER BY l.id
"""
# Here, or with another provider and accepted for a course of ours (R17).
TRAINED = f"""
SELECT DISTINCT c.id, f.account, e.course, c.day, 0 AS elsewhere{SHARED.replace("{numbered}", "")}
  AND f.agency IN ({{agencies}}) AND e.course IN ({{courses}}) AND c.day <= {{}}
UNION ALL SELECT DISTINCT c.id, f.account, c.course, c.day, 1{ELSEWHERE}
  AND f.agency IN ({{agencies}}) AND c.course IN ({{courses}}) AND c.day <= {{}}
ORDER BY 1
"""
COURSES = "SELECT DISTINCT v.course, v.code FROM course_version v WHERE v.code IN ({codes})"


async def state_of(review: Review, material: Material | None = None) -> State:
    """All of a review that is judged, as plain JSON values.

    Args:
        material: of the same moment, when it was read already.
    """
    its = material or await material_of(review)
    lines = await _lines(review, its.agency.id)
    accounts = {line["account"] for line in lines}
    keyed = {key_of(line["account"], line["name"]): line for line in reversed(lines)}
    state = {
        "review": review.id,
        "kind": review.kind,
        "agency": {"id": its.agency.id, "kind": its.agency.kind, "name": its.agency.name},
        "requirements": {"key": its.asked.key, "sha256": digest_of(its.asked.key)},
        "judged_on": review.judged_on,
        "facts": its.facts,
        "documents": [
            {n: getattr(one, n) for n in ("id", "title", "file_name", "sha256", "size")}
            for one in its.current
        ],
        "evidence": {
            name: {n: getattr(row, n) for n in ("document", "page", "passage")}
            for name, row in its.evidence.items()
        },
        "findings": {
            name: {
                n: getattr(row, n)
                for n in ("finding", "document", "page", "comment", "found_by", "found_at")
            }
            for name, row in its.findings.items()
        },
        "affirmation": _affirmation(its.affirmation),
        "roster": [
            {n: value for n, value in line.items() if n != "name" and value is not None}
            for line in lines
        ],
        "trained": await _trained(its.agency.id, its.asked, accounts),
        "training": _training(its, keyed),
    }
    return msgspec.to_builtins(state)  # type: ignore[no-any-return]


def encoded(state: Mapping[str, Any]) -> bytes:
    """Canonical JSON: the same state has the same bytes."""
    return msgspec.json.encode(state, order="sorted")


def hash_of(state: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical form, as hex."""
    return hashlib.sha256(encoded(state)).hexdigest()


async def keep(review: Review, made_for: str) -> str:
    """Keep the present state, in the caller's transaction; its hash.

    Args:
        made_for: submission, return, recommendation or decision.
    """
    return await keep_state(review, await state_of(review), made_for)


async def keep_state(review: Review, state: State, made_for: str) -> str:
    """The same for a state that was made in this transaction."""
    data = encoded(state)
    row = Snapshot(review=review.id, hash=hashlib.sha256(data).hexdigest(), state=data.decode())
    row.made_for = made_for
    await Snapshot.insert(row).on_conflict(
        target=(Snapshot.review, Snapshot.hash), action="DO NOTHING"
    )
    return row.hash


async def kept(review: Review, digest: str | None) -> Snapshot:
    """A state that was kept.

    Raises:
        NotFound: none of this review has this hash.
    """
    row = (
        await Snapshot.objects()
        .where(Snapshot.review == review.id, Snapshot.hash == (digest or ""))
        .first()
    )
    if row is None:
        raise NotFound
    return row


async def latest(review: Review) -> Snapshot | None:
    """The state that was kept last."""
    return (
        await Snapshot.objects()
        .where(Snapshot.review == review.id)
        .order_by(Snapshot.made_at, ascending=False)
        .order_by(Snapshot.id, ascending=False)
        .first()
    )


def decoded(row: Snapshot) -> State:
    return msgspec.json.decode(row.state, type=dict[str, Any])


async def names_in(*states: Mapping[str, Any]) -> dict[str, str]:
    """Names of all people in some states, as they are today: account's or line's id → name."""
    accounts, lines = set[UUID](), set[UUID]()
    for state in states:
        lines |= {UUID(line["id"]) for line in state["roster"] if "account" not in line}
        accounts |= {UUID(line["account"]) for line in state["roster"] if "account" in line}
        accounts |= {UUID(row["found_by"]) for row in state["findings"].values()}
    return await names_of(accounts) | await _typed(lines)


async def names_of(accounts: Iterable[UUID]) -> dict[str, str]:
    """Names of accounts, as they are today: id → name."""
    found = {}
    wanted = sorted(accounts)
    for first in range(0, len(wanted), AT_ONCE):
        for row in await Account.select(Account.id, Account.legal_name).where(
            Account.id.is_in(wanted[first : first + AT_ONCE])
        ):
            found[str(row["id"])] = row["legal_name"] or rules.ERASED
    return found


async def _typed(lines: Iterable[UUID]) -> dict[str, str]:
    found = {}
    wanted = sorted(lines)
    for first in range(0, len(wanted), AT_ONCE):
        for row in await RosterLine.select(
            RosterLine.id, RosterLine.name, RosterLine.account.legal_name.as_alias("person")
        ).where(RosterLine.id.is_in(wanted[first : first + AT_ONCE])):
            found[str(row["id"])] = row["name"] or row["person"] or rules.ERASED
    return found


async def _lines(review: Review, agency: UUID) -> list[dict[str, Any]]:
    today = clock.today()
    return await fetch(LINES, agency, today, review.judged_on or today)


async def _trained(
    agency: UUID, asked: RequirementSet, accounts: set[UUID | None]
) -> list[dict[str, Any]]:
    """Which completions of what is asked the people of the roster have, with their days."""
    codes = sorted({code for rule in asked.training for some in rule.every for code in some})
    if not codes:
        return []
    rows = await fetch(COURSES.replace("{codes}", placeholders(codes)), *codes)
    courses = {row["course"]: row["code"] for row in rows}
    if not courses:
        return []
    family = await family_of(agency)
    sql = TRAINED.replace("{agencies}", placeholders(family))
    sql = sql.replace("{courses}", placeholders(courses))
    theirs = [*family, *courses, clock.today()]
    return [
        {
            "id": row["id"],
            "account": row["account"],
            "course": courses[row["course"]],
            "day": row["day"],
            "elsewhere": bool(row["elsewhere"]),
        }
        for row in await fetch(sql, *theirs, *theirs)
        if row["account"] in accounts
    ]


def _training(its: Material, keyed: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """How far the agency is with each rule; people by the id of their account or line."""

    def id_of(person: rules.Rostered) -> str:
        line = keyed[person.key]
        return str(line["account"] or line["id"])

    nameless = [msgspec.structs.replace(person, name=id_of(person)) for person in its.people]
    return [
        {
            "rule": one.rule,
            "satisfied": one.satisfied,
            "required": one.required,
            "missing": sorted(one.missing),
            "exempted": sorted(one.exempted),
            "met": one.met,
        }
        for one in rules.criteria_of(nameless, its.asked)
    ]


def _affirmation(row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    return {n: getattr(row, n) for n in ("id", "affirmed_at", "facts_hash")}
