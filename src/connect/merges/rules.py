"""What becomes of each reference when two records are joined, and who looks like whom. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

UNDO = timedelta(days=30)
MOST_ALIKE = 8  # accounts; a name or mailbox that more have in common tells nobody apart
NO_LETTERS = re.compile(r"[\W_]+")
SAFE_LENGTH = 6  # letters; in shorter names one letter makes another name


class Fate(StrEnum):
    """What a merge does with a row that refers to the one that is gone."""

    MOVES = "moves"  # to the one that is kept
    ENDS = "ends"  # the row is taken away and kept for an undo: privilege never moves
    STAYS = "stays"  # what somebody did remains theirs, or others have no use for it


# Every column that refers to an account. A table that is added has to be decided on here, and
# what is decided here is done: ``BY_HAND`` names the few that need more thought than that.
PEOPLE: dict[str, Fate] = {
    "accommodation.made_by": Fate.STAYS,
    "accreditation.made_by": Fate.STAYS,
    "account.merged_into": Fate.STAYS,  # a chain of merges is undone link by link
    "address.account": Fate.STAYS,  # as the address that signed in does: its owner is told there
    "affirmation.asked_by": Fate.STAYS,
    "affiliation.account": Fate.MOVES,  # see people.join_affiliations
    "agency.opened_by": Fate.MOVES,  # drafts only: who screens one makes that person coordinator
    "agency.screened_by": Fate.STAYS,
    "agency_code.made_by": Fate.STAYS,
    "agency_profile.recorded_by": Fate.STAYS,
    "api_token.account": Fate.ENDS,
    "assigned.person": Fate.STAYS,  # whoever is kept is asked anew, and what is done counts
    "assignment.ended_by": Fate.STAYS,
    "assignment.made_by": Fate.STAYS,
    "attention.learner": Fate.STAYS,  # a moment that was counted before the merge is past
    "audit_event.actor": Fate.STAYS,
    "certificate.holder": Fate.MOVES,
    "certificate_batch.made_by": Fate.STAYS,
    "completion.learner": Fate.MOVES,  # but for repeats
    "course_draft.changed_by": Fate.STAYS,
    "course_draft.made_by": Fate.STAYS,
    "course_grant.made_by": Fate.STAYS,
    "credit_offer.made_by": Fate.STAYS,
    "duplicate_pair.one": Fate.STAYS,
    "duplicate_pair.other": Fate.STAYS,
    "duplicate_pair.told_by": Fate.STAYS,
    "eligibility_case.account": Fate.STAYS,  # proves nothing for another; open ones are ended
    "eligibility_case.decided_by": Fate.STAYS,
    "enrollment.learner": Fate.MOVES,  # but for repeats; one of two open ones is withdrawn
    "erasure.account": Fate.STAYS,
    "erasure.erased_by": Fate.STAYS,
    "external_completion.account": Fate.MOVES,  # but for repeats
    "external_completion.decided_by": Fate.STAYS,
    "external_completion.made_by": Fate.STAYS,
    "factor.account": Fate.ENDS,
    "grant_award.made_by": Fate.STAYS,
    "import_file.made_by": Fate.STAYS,
    "invitation.invited_by": Fate.STAYS,
    "mail.account": Fate.MOVES,  # notices
    "mail_preference.account": Fate.STAYS,  # those of the one that is kept count
    "one_time_link.account": Fate.ENDS,  # unused ones
    "override.made_by": Fate.STAYS,
    "override.withdrawn_by": Fate.STAYS,
    "membership_step.done_by": Fate.STAYS,
    "policy_document.uploaded_by": Fate.STAYS,
    "policy_evidence.pointed_by": Fate.STAYS,
    "policy_finding.found_by": Fate.STAYS,
    "readiness_review.decided_by": Fate.STAYS,
    "readiness_review.opened_by": Fate.STAYS,
    "readiness_review.recommended_by": Fate.STAYS,
    "readiness_review.reviewer": Fate.STAYS,
    "recognition_task.done_by": Fate.STAYS,
    "review_answer.saved_by": Fate.STAYS,
    "review_message.author": Fate.STAYS,
    "roster_line.account": Fate.MOVES,  # whose completions move, too; one in each category
    "roster_line.made_by": Fate.STAYS,
    "path_completion.learner": Fate.MOVES,
    "path_enrollment.learner": Fate.STAYS,  # who follows the path again has all courses counted
    "professional_id.account": Fate.STAYS,  # one for each state and kind: the kept one's
    "recovery_code.account": Fate.ENDS,
    "record_merge.gone": Fate.STAYS,
    "record_merge.kept": Fate.STAYS,
    "record_merge.made_by": Fate.STAYS,
    "record_merge.undone_by": Fate.STAYS,
    "revocation_proposal.decided_by": Fate.STAYS,
    "revocation_proposal.made_by": Fate.STAYS,
    "role_grant.account": Fate.ENDS,
    "required_course.ended_by": Fate.STAYS,
    "required_course.made_by": Fate.STAYS,
    "reminder.person": Fate.STAYS,
    "role_grant.granted_by": Fate.STAYS,
    "roster_reminder.made_by": Fate.STAYS,
    "roster_reminder.person": Fate.STAYS,  # one a day for each account
    "session.account": Fate.ENDS,
    "transcript_share.account": Fate.MOVES,
    "training.person": Fate.MOVES,  # but for repeats, which are voided
}
# Every column that refers to an agency.
AGENCIES: dict[str, Fate] = {
    "affiliation.agency": Fate.MOVES,  # current ones; who works for both keeps one
    "agency.merged_into": Fate.STAYS,
    "agency.parent": Fate.MOVES,
    "agency_code.agency": Fate.MOVES,
    "certificate.agency": Fate.STAYS,  # shown with the kept one's
    "agency_domain.agency": Fate.MOVES,  # but for those that both list
    "agency_profile.agency": Fate.STAYS,  # what that one was like; shown with the kept one's
    "assignment.agency": Fate.STAYS,  # the kept one says what it assigns
    "eligibility_case.agency": Fate.MOVES,  # open ones
    "import_file.agency": Fate.STAYS,
    "invitation.agency": Fate.STAYS,  # whoever accepts joins the one that stands for it
    "membership.agency": Fate.STAYS,  # a term was given to the agency as it stood
    "readiness_review.agency": Fate.STAYS,
    "record_merge.gone": Fate.STAYS,
    "record_merge.kept": Fate.STAYS,
    "roster_line.agency": Fate.STAYS,  # the kept one's roster counts
    "required_course.agency": Fate.STAYS,  # the kept one says what it requires
    "roster_reminder.agency": Fate.STAYS,
    "role_grant.agency": Fate.MOVES,  # who holds a role for both keeps one
    "training.agency": Fate.STAYS,  # facts as they stood (R11)
}
# Of these only some rows move or end, or other columns change with them: people, agencies.
BY_HAND = {
    "affiliation.account",
    "affiliation.agency",
    "agency.opened_by",
    "agency.parent",
    "agency_domain.agency",
    "eligibility_case.agency",
    "one_time_link.account",
    "role_grant.agency",
    "roster_line.account",
}
# Ids of other things, which no merge touches.
OTHERS = {
    "certificate.source",  # the enrollment, which keeps its id
    "certificate.supersedes",  # a certificate
    "external_completion.import_file",
    "mail_burst.event",
    "reminder.about",  # an assigned or a completion
    "one_time_link.about",  # an eligibility case
    "policy_document.replaces",  # the document before it
    "training.source",  # the enrollment
    "training.voided_by",  # a merge
}
# A change of these ends a row, too.
ENDING = {
    ("affiliation", "until"),
    ("agency", "reason"),
    ("eligibility_case", "state"),
    ("enrollment", "state"),
    ("roster_line", "until"),
}
# How the moved rows are called, one and several.
WORDS = {
    "affiliation": ("affiliation", "affiliations"),
    "agency.reason": ("request that both made", "requests that both made"),
    "agency.opened_by": ("request for an agency", "requests for agencies"),
    "agency.parent": ("agency below it", "agencies below it"),
    "agency_code": ("code", "codes"),
    "agency_domain": ("e-mail domain", "e-mail domains"),
    "api_token": ("API token", "API tokens"),
    "external_completion": ("completion elsewhere", "completions elsewhere"),
    "factor": ("second factor", "second factors"),
    "mail": ("notice", "notices"),
    "recovery_code": ("recovery code", "recovery codes"),
    "certificate": ("certificate", "certificates"),
    "completion": ("completion", "completions"),
    "eligibility_case": ("open request to be verified", "open requests to be verified"),
    "enrollment": ("enrollment", "enrollments"),
    "one_time_link": ("unused mailed link", "unused mailed links"),
    "path_completion": ("completed path", "completed paths"),
    "role_grant": ("role", "roles"),
    "roster_line": ("line of a roster", "lines of rosters"),
    "session": ("session", "sessions"),
    "transcript_share": ("link to the transcript", "links to the transcript"),
    "training": ("counted training", "counted trainings"),
}


def decided(of: dict[str, Fate], fate: Fate) -> list[tuple[str, str]]:
    """Table and column of what has this fate, but for those that are done by hand."""
    found = [name.split(".") for name, its in of.items() if its is fate and name not in BY_HAND]
    return [(table, column) for table, column in found]


class Step(msgspec.Struct, frozen=True):
    """One value to be changed; without a column, the whole row is to be taken away."""

    table: str
    row: str  # primary key
    column: str
    before: Any
    after: Any = None


class Count(msgspec.Struct, frozen=True):
    """How many rows of one kind."""

    what: str
    number: int


class Repeat(msgspec.Struct, frozen=True):
    """A completion that both accounts have."""

    title: str
    version: int
    day: date
    certificate: str  # number of the one that is gone's; it stays valid
    counted: bool  # its training instance is voided


class Fact(msgspec.Struct, frozen=True):
    """One fact side by side. That of the one that is kept stays."""

    name: str
    kept: str
    gone: str

    @property
    def differs(self) -> bool:
        return self.kept.casefold() != self.gone.casefold()


class Plan(msgspec.Struct, frozen=True):
    """All that a merge does, in order, and what is told of it."""

    steps: list[Step]
    facts: list[Fact]
    repeats: list[Repeat] = []
    notes: list[str] = []

    def moves(self) -> list[Count]:
        """How many rows of each kind go to the one that is kept."""
        owner = {name for name, fate in (PEOPLE | AGENCIES).items() if fate is Fate.MOVES}
        return _counted(s for s in self.steps if f"{s.table}.{s.column}" in owner)

    def ends(self) -> list[Count]:
        """How many rows of each kind end."""
        return _counted(s for s in self.steps if not s.column or (s.table, s.column) in ENDING)


def _counted(steps: Iterable[Step]) -> list[Count]:
    found: dict[tuple[str, str], int] = {}
    for step in steps:
        plain = step.table.replace("_", " ")
        words = WORDS.get(f"{step.table}.{step.column}") or WORDS.get(step.table, (plain, plain))
        found[words] = found.get(words, 0) + 1
    return [Count(words[number != 1], number) for words, number in found.items()]


def undo_until(made_at: datetime) -> datetime:
    """Until when a merge can be undone."""
    return made_at + UNDO


def masked(email: str) -> str:
    """An address of which its owner knows that it is theirs, and nobody else whose."""
    mailbox, _, domain = email.rpartition("@")
    return f"{mailbox[:1]}…@{domain}"


class Reason(StrEnum):
    """Why two accounts may be one person's."""

    NAME_STATE = "name-state"
    NAME_AGENCY = "name-agency"
    MAILBOX = "mailbox"


REASON_WORDS = {
    Reason.NAME_STATE: "Same name, same state",
    Reason.NAME_AGENCY: "Same name, same agency",
    Reason.MAILBOX: "Same mailbox name, almost the same name",
}


class Someone(msgspec.Struct, frozen=True):
    """An account as the search for duplicates sees it."""

    id: UUID
    name: str
    email: str
    state: str | None
    agencies: tuple[UUID, ...] = ()  # where the person works now
    proved: bool = True  # the address


def folded(name: str) -> str:
    """A name without case, accents, punctuation and order of "Last, First"."""
    last, comma, first = name.partition(",")
    plain = (f"{first} {last}" if comma else name).casefold()
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain).casefold()
        plain = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(NO_LETTERS.sub(" ", plain).split())


def mailbox(email: str) -> str:
    """What stands before the @, without dots and without what follows a plus."""
    return email.rpartition("@")[0].partition("+")[0].replace(".", "")


def almost_same(one: str, other: str) -> bool:
    """Whether two folded names are one slip of the pen apart, or one leaves out a middle name."""
    if one == other:
        return True
    few, many = sorted((one.split(), other.split()), key=len)
    if 1 < len(few) < len(many) and set(few) <= set(many) and few[0] == many[0]:
        return True
    return min(len(one), len(other)) >= SAFE_LENGTH and _one_slip(one, other)


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter was changed, left out or put in, or two neighbors changed places."""
    short, long = sorted((one, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) == len(long):
        swapped = short[:at] + short[at : at + 2][::-1] + short[at + 2 :]
        return short[at + 1 :] == long[at + 1 :] or swapped == long
    return len(long) - len(short) == 1 and short[at:] == long[at + 1 :]


def keys(person: Someone) -> list[tuple[Reason, str]]:
    """Under what a person is looked for; two who have none in common are never compared."""
    name = folded(person.name)
    found = [(Reason.MAILBOX, mailbox(person.email))]
    if person.state:
        found.append((Reason.NAME_STATE, f"{person.state} {name}"))
    return found + [(Reason.NAME_AGENCY, f"{agency} {name}") for agency in person.agencies]


def reasons(one: Someone, other: Someone) -> list[Reason]:
    """Why two accounts may be one person's; none when they do not look like it."""
    common = {reason for reason, _ in set(keys(one)) & set(keys(other))}
    if not almost_same(folded(one.name), folded(other.name)):
        common.discard(Reason.MAILBOX)
    return sorted(common)
