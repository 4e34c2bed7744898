"""What the coordinator's pages show of an application, in words."""

from typing import Any

import msgspec

from connect import clock
from connect.agencies.tables import Agency
from connect.policy import Actor, Permission
from connect.readiness import application_rules as rules
from connect.readiness.application_queries import (
    documents_of,
    evidence_of,
    findings_of,
    progress_of,
    told_of,
    waiting_link,
)
from connect.readiness.applications import AGENCYS_TURN, affirmed, open_items, term_of
from connect.readiness.criteria import RequirementSet, requirement_sets
from connect.readiness.evidence import pages_in
from connect.readiness.progress import Part, Step, StepState, Turn, turn_of
from connect.readiness.tables import OPEN, Review, ReviewKind, ReviewState

STATES = {
    ReviewState.DRAFT: "Your application is a draft.",
    ReviewState.SUBMITTED: "Your application was submitted and waits for a reviewer.",
    ReviewState.IN_REVIEW: "A reviewer reads your application.",
    ReviewState.CHANGES_REQUESTED: "The reviewer asks for changes.",
    ReviewState.RECOMMENDED: "The review is done; somebody else decides now.",
    ReviewState.APPROVED: "Your application was approved.",
    ReviewState.DECLINED: "Your application was declined.",
    ReviewState.WITHDRAWN: "Your application was withdrawn.",
    ReviewState.STALE: "Your application was closed, because nothing happened for a year.",
}
TURNS = {
    Turn.AGENCY: "It is your turn",
    Turn.EXECUTIVE: "It is your executive's turn",
    Turn.REVIEWER: "It is the reviewer's turn",
    Turn.APPROVER: "It is the approver's turn",
}
WHO = {
    Turn.AGENCY: "You",
    Turn.EXECUTIVE: "Your executive",
    Turn.REVIEWER: "The reviewer",
    Turn.APPROVER: "The approver",
    Turn.NOBODY: "Nobody",
}
TAGS = {
    StepState.MET: ("Met", "well"),
    StepState.MET_EQUIVALENT: ("Met in another way", "well"),
    StepState.NOT_APPLICABLE: ("Does not apply", "plain"),
    StepState.GIVEN: ("To be reviewed", "plain"),
    StepState.MISSING: ("Missing", "stop"),
    StepState.NOT_MET: ("Not met", "stop"),
}


class Way(msgspec.Struct, frozen=True):
    """One of the steps that an agency goes."""

    title: str
    href: str
    is_done: bool
    words: str


async def start_of(agency: Agency, asked: RequirementSet | None) -> dict[str, Any]:
    """Which kind of application can be opened, and why not another: ``{kind, words, until}``."""
    if asked is None:
        return {"kind": "", "words": "", "until": None}
    today = clock.today()
    term = await term_of(agency.id, today)
    ends_on = term.ends_on if term else None
    faults = {k: rules.kind_fault(k, ends_on=ends_on, today=today) for k in ReviewKind}
    kind = next((k for k, fault in faults.items() if not fault), "")
    return {"kind": kind, "words": "" if kind else faults[ReviewKind.RENEWAL], "until": ends_on}


async def application_of(actor: Actor, agency: Agency, review: Review) -> dict[str, Any]:
    """An application for its status page."""
    told = not actor.may(Permission.READ_REVIEWS)
    items = await open_items(review)
    steps = await progress_of(review, told=told, items=items)
    turn = turn_of(review.state)
    findings = await findings_of(review)
    findings = told_of(review, findings) if told else findings
    link = await waiting_link(review)
    keeps = actor.may(Permission.APPLY_FOR_READINESS, agency=agency.id)
    return {
        "id": review.id,
        "kind": review.kind,
        "state": STATES[ReviewState(review.state)],
        "is_draft": review.state == ReviewState.DRAFT,
        "is_open": review.state in OPEN,
        "is_decided": review.decided_at is not None,
        "turn": TURNS.get(turn, ""),
        "since": clock.day_in(actor.time_zone, review.state_since),
        "due": review.answer_due if turn is Turn.REVIEWER and not review.answered_at else None,
        "judged_on": review.judged_on,
        "was_submitted": review.submitted_at is not None,
        "reasons": review.reasons,
        "ways": ways_of(agency, steps, {item.key for item in items}),
        "rows": [row_of(actor, step, findings.get(step.element)) for step in steps],
        "items": [(_at(agency, item.key), item.words) for item in items],
        "link": link and {"email": link.email, "until": clock.day_in("UTC", link.expires_at)},
        "word": await affirmed(review),
        "keeps": keeps,
        "hands": keeps and review.state in AGENCYS_TURN,
        "title": requirement_sets()[review.requirements].title,
    }


def _at(agency: Agency, key: str) -> str:
    """Where a missing thing is added."""
    here = f"/agencies/{agency.id}/readiness"
    places = {"roster": f"/agencies/{agency.id}/roster", "policy": f"{here}/policy"}
    return places.get(key) or ("#email" if key == "affirmation" else f"{here}/facts#{key}")


def ways_of(agency: Agency, steps: list[Step], missing: set[str]) -> list[Way]:
    """The four things to do before submitting, in their order."""
    here = f"/agencies/{agency.id}/readiness"
    by_part = {part: [s for s in steps if s.part is part] for part in Part}
    trained = sum(s.state is StepState.MET for s in by_part[Part.TRAINING])
    pointed = sum(s.state is not StepState.MISSING for s in by_part[Part.POLICY])
    (facts,), (word,) = by_part[Part.FACTS], by_part[Part.AFFIRMATION]
    rules_of = len(by_part[Part.TRAINING])
    return [
        Way(facts.title, f"{here}/facts", facts.state is StepState.MET, facts.words),
        Way(
            "Roster and training",
            f"/agencies/{agency.id}/roster",
            trained == rules_of,
            "Put everybody who has to be trained on the roster."
            if "roster" in missing
            else f"{trained} of {rules_of} training rules are met. You may submit before all are.",
        ),
        Way(
            "Policy",
            f"{here}/policy",
            "policy" not in missing,
            f"{pointed} of {len(by_part[Part.POLICY])} points can be reviewed.",
        ),
        Way(word.title, "#affirming", word.state is StepState.MET, word.words),
    ]


def row_of(actor: Actor, step: Step, finding: Any) -> dict[str, Any]:
    """One criterion as the table has it."""
    words, kind = TAGS[step.state]
    return {
        "element": step.element,
        "part": step.part,
        "title": step.title,
        "critical": step.critical,
        "tag": (words, kind),
        "words": step.words,
        "turn": WHO[step.whose_turn],
        "since": clock.day_in(actor.time_zone, step.since),
        "page": finding.page if finding else None,
        "comment": finding.comment if finding else "",
    }


async def policy_of(review: Review) -> dict[str, Any]:
    """Documents, and where each element stands in them."""
    documents = await documents_of(review)
    current = {row.id: row for row in documents if row.replaced_at is None}
    evidence = await evidence_of(review)
    findings = told_of(review, await findings_of(review))
    return {
        "documents": [
            {n: getattr(row, n) for n in ("id", "title", "file_name", "size", "replaced_at")}
            | {"number": len(pages_in(row))}
            for row in documents
        ],
        "current": list(current.values()),
        "choices": [(str(row.id), row.title) for row in current.values()],
        "places": {
            element: {
                "title": current[row.document].title if row.document in current else "",
                "page": row.page,
                "passage": row.passage,
                "gone": row.document not in current,
            }
            for element, row in evidence.items()
        },
        "findings": findings,
    }
