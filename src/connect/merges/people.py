"""What joining two accounts comes to: the plan that a preview shows and a merge carries out.

What the constraints of the tables ask for, and what is done about each:

- ``enrollment_open`` allows one open enrollment in a course. When both have one, the one with
  more steps done stays open (the kept account's when they are equal); the other is withdrawn and
  keeps its progress and attempts.
- ``completion`` and ``certificate`` are unique by what they were earned with, which does not
  change. A repeat (same version, same day) stays with the account that is gone, together with its
  enrollment and its training instance, which is voided; its certificate moves and stays valid.
- Nobody works for more than two agencies, or twice for one, at a time: what is beyond that moves
  and ends.
- ``attention`` has one row a person: that of the kept account stays.
- ``agency_draft_once``: of two equal requests for an agency the kept account's goes on.
- ``roster_line_once``: of two lines in one category of an agency the kept account's goes on.
- ``role_grant_once`` and every way in: roles, sessions, tokens and links never move.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from connect import clock
from connect.accounts.affiliations import MOST, today_of
from connect.accounts.tables import (
    Account,
    AccountStatus,
    Affiliation,
    CaseState,
    EligibilityCase,
    OneTimeLink,
)
from connect.agencies.tables import Agency, AgencyState
from connect.db import fetch
from connect.learning.tables import OPEN, Attempt, AttemptState, Enrollment, Progress
from connect.lists import DISCIPLINES, STATES
from connect.merges.rules import PEOPLE, Fact, Fate, Plan, Repeat, Step
from connect.merges.steps import ends, key_of, moves, referring, rows_where
from connect.policy import Actor
from connect.readiness.tables import RosterLine
from connect.trainings.tables import Training

REPEATS = """
SELECT m.id, m.enrollment, m.training, m.day, k.title, k.number, v.number AS version,
  max(CASE WHEN o.training IS NULL THEN 0 ELSE 1 END) AS counted
FROM completion m JOIN enrollment e ON e.id = m.enrollment
JOIN course_version v ON v.id = e.version JOIN certificate k ON k.id = m.certificate
JOIN enrollment f ON f.version = e.version AND f.learner = {}
JOIN completion o ON o.enrollment = f.id AND o.day = m.day AND o.learner = f.learner
WHERE m.learner = {}
GROUP BY m.id, m.enrollment, m.training, m.day, k.title, k.number, v.number
ORDER BY m.day, m.id
"""
EXTERNAL_REPEATS = """
SELECT x.id FROM external_completion x JOIN external_completion y ON y.account = {}
  AND lower(y.title) = lower(x.title) AND lower(y.provider) = lower(x.provider) AND y.day = x.day
  AND y.state IN ('submitted', 'accepted')
WHERE x.account = {}
"""
JOINED = "The account was joined with another one of the same person."
ASKED_TWICE = "The same person asked for this agency from another account, too."


async def plan_of_people(actor: Actor, keep: Account, gone: Account, merge: UUID) -> Plan:
    """All that making *keep* stand for *gone* by *merge* does, in order; nothing is changed yet."""
    repeats = await fetch(REPEATS, keep.id, gone.id)
    voided = {row["training"] for row in repeats if row["training"] and row["counted"]}
    steps = [
        *await _one_open_enrollment(keep, gone),
        *await _records(keep, gone, repeats, voided),
        *await _voidings(voided, merge),
        *await join_affiliations(keep, gone),
        *await _roster_lines(keep, gone),
        *await _drafts(keep, gone),
        *await _open_cases(actor, gone),
        *await _ways_in_and_roles(gone),
        Step("account", str(gone.id), "status", gone.status, AccountStatus.MERGED),
        Step("account", str(gone.id), "merged_into", None, keep.id),
        Step("account", str(gone.id), "ended_at", None, clock.now()),  # one registered user less
    ]
    return Plan(
        steps=steps,
        facts=_facts(keep, gone),
        repeats=[
            Repeat(
                title=row["title"],
                version=row["version"],
                day=row["day"],
                certificate=row["number"],
                counted=row["training"] in voided,
            )
            for row in repeats
        ],
        notes=_notes(keep, gone),
    )


async def _records(
    keep: Account, gone: Account, repeats: Sequence[dict[str, Any]], voided: set[UUID]
) -> list[Step]:
    """Everything but repeats goes to *keep*; so do the certificates of repeats."""
    stay = {row[name] for row in repeats for name in ("id", "enrollment")} | voided
    stay |= {row["id"] for row in await fetch(EXTERNAL_REPEATS, keep.id, gone.id)}
    found: list[Step] = []
    for table, column, rows in await referring(PEOPLE, Fate.MOVES, gone.id):
        key = key_of(table)._meta.name
        found += moves(table, [row for row in rows if row[key] not in stay], column, keep.id)
    return found


async def _voidings(trainings: set[UUID], merge: UUID) -> list[Step]:
    rows = await rows_where(Training, Training.id.is_in(list(trainings))) if trainings else []
    return moves(Training, rows, Training.voided_by, merge)


async def _one_open_enrollment(keep: Account, gone: Account) -> list[Step]:
    rows = await rows_where(
        Enrollment, Enrollment.learner.is_in([keep.id, gone.id]), Enrollment.state.is_in(OPEN)
    )
    by_course: dict[UUID, list[dict[str, Any]]] = {}
    for row in rows:
        by_course.setdefault(row["course"], []).append(row)
    found: list[Step] = []
    for both in by_course.values():
        if len(both) > 1:
            done = {row["id"]: await _steps_done(row["id"]) for row in both}
            both.sort(key=lambda row: (done[row["id"]], row["learner"] == keep.id))
            found += moves(Enrollment, both[:-1], Enrollment.state, "withdrawn")
    return found


async def _steps_done(enrollment: UUID) -> int:
    lessons = await Progress.count().where(
        Progress.enrollment == enrollment, Progress.done_at.is_not_null()
    )
    tests = await Attempt.count().where(
        Attempt.enrollment == enrollment, Attempt.state == AttemptState.PASSED
    )
    return int(lessons + tests)


async def join_affiliations(keep: Account, gone: Account) -> list[Step]:
    """Where *gone* works and worked becomes *keep*'s history.

    What is twice, or one too many, ends on the day before; it is not primary beside the kept
    account's own. Where the kept account shares nothing with an agency, this shares nothing either.
    """
    today = today_of(keep)
    own = [row for row in await _affiliations(keep.id) if _is_current(row, today)]
    rows = await _affiliations(gone.id)
    current = [row for row in rows if _is_current(row, today)]
    current.sort(key=lambda row: (not row["is_primary"], row["since"], row["id"]))
    agencies = {row["agency"] for row in own}
    kept_back = {row["agency"] for row in own if row["consented_at"] is None}
    shares = [row for row in rows if row["agency"] in kept_back]
    found = moves(Affiliation, shares, Affiliation.consented_at, None)
    for row in current:
        if row["agency"] in agencies or len(agencies) >= MOST:
            last = max(row["since"], today - timedelta(days=1))
            found += moves(Affiliation, [row], Affiliation.until, last)
        else:
            agencies.add(row["agency"])
        if own:
            found += moves(Affiliation, [row], Affiliation.is_primary, False)
    return found + moves(Affiliation, rows, Affiliation.account, keep.id)


async def _roster_lines(keep: Account, gone: Account) -> list[Step]:
    """The lines of *gone* become *keep*'s; one in an agency and category goes on."""
    rows = await rows_where(RosterLine, RosterLine.account.is_in([keep.id, gone.id]))
    own = {
        (row["agency"], row["category"])
        for row in rows
        if row["account"] == keep.id and row["until"] is None
    }
    theirs = [row for row in rows if row["account"] == gone.id]
    twice = [
        row for row in theirs if row["until"] is None and (row["agency"], row["category"]) in own
    ]
    found: list[Step] = []
    for row in twice:
        last = max(row["since"], today_of(keep) - timedelta(days=1))
        found += moves(RosterLine, [row], RosterLine.until, last)
    return found + moves(RosterLine, theirs, RosterLine.account, keep.id)


async def _affiliations(account: UUID) -> list[dict[str, Any]]:
    return await rows_where(Affiliation, Affiliation.account == account)


def _is_current(row: dict[str, Any], today: date) -> bool:
    return row["since"] <= today and (row["until"] is None or row["until"] >= today)


async def _drafts(keep: Account, gone: Account) -> list[Step]:
    drafts = await rows_where(
        Agency,
        Agency.opened_by.is_in([keep.id, gone.id]),
        Agency.status == AgencyState.DRAFT,
    )
    own = {(row["state"], row["words"]) for row in drafts if row["opened_by"] == keep.id}
    theirs = [row for row in drafts if row["opened_by"] == gone.id]
    twice = [row for row in theirs if (row["state"], row["words"]) in own]
    new = [row for row in theirs if (row["state"], row["words"]) not in own]
    return [
        *moves(Agency, twice, Agency.status, AgencyState.DECLINED.value),
        *moves(Agency, twice, Agency.reason, ASKED_TWICE),
        *moves(Agency, new, Agency.opened_by, keep.id),
    ]


async def _open_cases(actor: Actor, gone: Account) -> list[Step]:
    rows = await rows_where(
        EligibilityCase, EligibilityCase.account == gone.id, EligibilityCase.decided_at.is_null()
    )
    return [
        *moves(EligibilityCase, rows, EligibilityCase.state, CaseState.EXPIRED.value),
        *moves(EligibilityCase, rows, EligibilityCase.decided_at, clock.now()),
        *moves(EligibilityCase, rows, EligibilityCase.decided_by, actor.id),
        *moves(EligibilityCase, rows, EligibilityCase.reason, JOINED),
    ]


async def _ways_in_and_roles(gone: Account) -> list[Step]:
    unused = await rows_where(
        OneTimeLink, OneTimeLink.account == gone.id, OneTimeLink.used_at.is_null()
    )
    found = ends(OneTimeLink, unused)
    for table, _, rows in await referring(PEOPLE, Fate.ENDS, gone.id):
        found += ends(table, rows)
    return found


def _facts(keep: Account, gone: Account) -> list[Fact]:
    shown: dict[str, Callable[[Account], str]] = {
        "Name": lambda a: a.legal_name,
        "Name on certificates": lambda a: a.certificate_name or a.legal_name,
        "Address": lambda a: a.email,
        "Field of work": lambda a: _label(DISCIPLINES, a.discipline),
        "Title": lambda a: a.title or "Not reported",
        "State": lambda a: _label(STATES, a.state),
        "Time zone": lambda a: a.time_zone,
        "Verified": lambda a: "Yes" if a.verified_at else "No",
    }
    return [Fact(name, of(keep), of(gone)) for name, of in shown.items()]


def _label(known: Any, code: str | None) -> str:
    return known[code].label if code in known else "Not reported"


def _notes(keep: Account, gone: Account) -> list[str]:
    found = []
    if gone.verified_at and not keep.verified_at:
        found.append(
            "The account that goes is verified and the other is not. That does not move: verify "
            "the account that stays, or join them the other way round."
        )
    return found
