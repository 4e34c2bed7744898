"""Readiness reviews: applications, their evidence, what was found and decided, memberships.

Nothing of a review is ever deleted; what is replaced stays and says by what.
"""

from enum import StrEnum

from piccolo.columns import (
    JSON,
    UUID,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.agencies.tables import Agency
from connect.db import uuid7


class ReviewKind(StrEnum):
    NEW = "new"
    RENEWAL = "renewal"


class ReviewState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"  # waits for a reviewer
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"  # the agency's turn; its time is not counted
    RECOMMENDED = "recommended"  # waits for the decision of another person
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    STALE = "stale"  # nothing happened for twelve months


OPEN = [
    ReviewState.DRAFT,
    ReviewState.SUBMITTED,
    ReviewState.IN_REVIEW,
    ReviewState.CHANGES_REQUESTED,
    ReviewState.RECOMMENDED,
]


class Review(Table, tablename="readiness_review"):
    """One application of an agency, from the first answer to the decision.

    An agency has one open review at most (a partial index holds it).
    """

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    kind = Varchar(length=8)
    state = Varchar(length=20, default=ReviewState.DRAFT, index=True)
    requirements = Varchar(length=80)  # key of the set it is judged by
    opened_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    opened_at = Timestamptz(default=clock.now)
    state_since = Timestamptz(default=clock.now)
    waited_seconds = BigInt(default=0)  # of the agency's time since the first submission
    submitted_at = Timestamptz(null=True, default=None)  # for the first time
    judged_on = Date(null=True, default=None)  # of the last submission: its roster is judged (R16)
    answer_due = Date(null=True, default=None)  # promised first answer: two business days
    answered_at = Timestamptz(null=True, default=None)  # first message, return or recommendation
    reviewer = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    returned_at = Timestamptz(null=True, default=None)  # last time, for changes
    returned_hash = Varchar(length=64, null=True, default=None)  # of the state that was returned
    recommended_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    recommended_at = Timestamptz(null=True, default=None)
    recommended_hash = Varchar(length=64, null=True, default=None)  # of the state that was reviewed
    decided_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    decided_at = Timestamptz(null=True, default=None)
    decided_hash = Varchar(length=64, null=True, default=None)
    decided_alone = Boolean(default=False)  # while the rule of two persons was off (R19)
    reasons = Text(default="")


class ReviewAnswer(Table, tablename="review_answer"):
    """What the agency last wrote in one field of the form. Earlier words stand in snapshots."""

    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict)
    field = Varchar(length=60)  # id of a fact in the requirement set
    value = Text()
    saved_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    saved_at = Timestamptz(default=clock.now)
    review_answer_once = Unique([review, field])


class PolicyDocument(Table, tablename="policy_document"):
    """A policy as a file. Several may together be the policy (R18 as amended)."""

    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=200)
    file_name = Varchar(length=200)
    content_type = Varchar(length=100)  # by content, not by name
    size = Integer()  # bytes
    sha256 = Varchar(length=64)  # of the stored file
    pages = JSON(default="[]")  # [text of each page]; empty for a DOC, which is not compared
    replaces = UUID(null=True, default=None)  # the document before it
    replaced_at = Timestamptz(null=True, default=None)
    uploaded_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    uploaded_at = Timestamptz(default=clock.now)


class Evidence(Table, tablename="policy_evidence"):
    """Where in its policy the agency says that an element stands."""

    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict)
    element = Varchar(length=60)
    document = ForeignKey(PolicyDocument, null=False, on_delete=OnDelete.restrict)
    page = Integer(null=True, default=None)
    passage = Text(default="")
    pointed_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    pointed_at = Timestamptz(default=clock.now)
    policy_evidence_once = Unique([review, element])


class Verdict(StrEnum):
    """Of one policy element."""

    MET = "met"
    MET_EQUIVALENT = "met_equivalent"  # with a comment
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"


class Finding(Table, tablename="policy_finding"):
    """What a reviewer found of one element; the newest row counts, none is changed."""

    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    element = Varchar(length=60)
    finding = Varchar(length=16)
    document = ForeignKey(PolicyDocument, null=True, default=None, on_delete=OnDelete.restrict)
    page = Integer(null=True, default=None)
    comment = Text(default="")
    found_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    found_at = Timestamptz(default=clock.now)


class Affirmation(Table, tablename="affirmation"):
    """An executive's word that everything is true, through a mailed link (R20)."""

    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    token_hash = Varchar(length=64, unique=True)
    email = Varchar(length=254)
    asked_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    asked_at = Timestamptz(default=clock.now)
    expires_at = Timestamptz(default=clock.now)
    facts_hash = Varchar(length=64)  # of what was shown and affirmed
    name = Varchar(length=120, default="")
    title = Varchar(length=120, default="")
    affirmed_at = Timestamptz(null=True, default=None)
    voided_at = Timestamptz(null=True, default=None)  # an affirmed fact changed


class ReviewMessage(Table, tablename="review_message"):
    """A word between agency and reviewer."""

    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict, index=True)
    author = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    text = Text()
    by_program = Boolean(default=False)  # by the reviewer's side
    sent_at = Timestamptz(default=clock.now)


class Snapshot(Table, tablename="review_snapshot"):
    """The whole state of a review at one moment, as it was reviewed: canonical JSON by its hash."""

    id = UUID(primary_key=True, default=uuid7)
    review = ForeignKey(Review, null=False, on_delete=OnDelete.restrict)
    hash = Varchar(length=64)  # SHA-256 of state
    state = Text()  # canonical JSON; documents by their SHA-256
    made_for = Varchar(length=20)  # submission, return, recommendation, decision
    made_at = Timestamptz(default=clock.now)
    review_snapshot_once = Unique([review, hash])


class Exemption(StrEnum):
    """Why somebody on a roster need not be trained yet (R16)."""

    FIELD_TRAINING = "field_training"
    LEAVE = "leave"
    NEW_HIRE = "new_hire"  # by itself, for 180 days


class RosterLine(Table, tablename="roster_line"):
    """That somebody is on an agency's roster in a category, from one day to another.

    A line names an account, or a typed name until the person has one. Somebody in two
    categories has two lines and needs the union (R16). A line that ends before it began was
    never meant.
    """

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    account = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=120, default="")  # where there is no account
    category = Varchar(length=20)
    since = Date()
    until = Date(null=True, default=None)  # last day
    exemption = Varchar(length=16, null=True, default=None)
    exempt_until = Date(null=True, default=None)  # last day of it
    hired_on = Date(null=True, default=None)  # exempt by itself for 180 days from then
    made_by = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    made_at = Timestamptz(default=clock.now)


class MembershipState(StrEnum):
    ACTIVE = "active"
    RENEWED = "renewed"  # a later term followed
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Membership(Table, tablename="membership"):
    """One term of an agency in the program; the end day is exclusive (R21)."""

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    review = ForeignKey(Review, null=True, default=None, on_delete=OnDelete.restrict, unique=True)
    number = Varchar(length=40, default="")  # a former one, where it was brought in
    state = Varchar(length=10, default=MembershipState.ACTIVE, index=True)
    starts_on = Date()
    ends_on = Date()  # exclusive, in the organization's zone
    ended_on = Date(null=True, default=None)  # lapsed, revoked or renewed on
    edition = Varchar(length=200)
    requirements = Varchar(length=80)
    population = Integer(null=True, default=None)
    population_source = Varchar(length=120, default="")
    population_year = Integer(null=True, default=None)
    agency_name = Varchar(length=200)  # as it stood
    member_since = Date(null=True, default=None)  # first day of the terms without a gap
    is_brought_in = Boolean(default=False)  # imported with its term
    decided_on = Date()  # counted in the year of this day (R22)
    reason = Text(default="")  # of a suspension or revocation
    made_at = Timestamptz(default=clock.now)


class MembershipStep(Table, tablename="membership_step"):
    """A change of a membership: what a list as of a past day is made from.

    The agency's facts are what the public list shows from that day on. Of the steps up to a day
    the one with the highest place counts.
    """

    id = UUID(primary_key=True, default=uuid7)
    membership = ForeignKey(Membership, null=False, on_delete=OnDelete.restrict, index=True)
    place = Integer(default=0)  # 1, 2, 3 … of one membership
    state = Varchar(length=10)
    day = Date()  # from which on it counts; a term that was approved early begins later
    agency_name = Varchar(length=200, default="")
    agency_kind = Varchar(length=30, default="")
    agency_state = Varchar(length=2, default="")
    agency_county = Varchar(length=120, default="")
    reason = Text(default="")
    done_by = ForeignKey(
        Account, null=True, default=None, on_delete=OnDelete.restrict
    )  # None: the daily job
    done_at = Timestamptz(default=clock.now)


class MembershipNotice(Table, tablename="membership_notice"):
    """The ledger of reminders of a term's end: due, sent, or skipped and why."""

    id = UUID(primary_key=True, default=uuid7)
    membership = ForeignKey(Membership, null=False, on_delete=OnDelete.restrict)
    days_before = Integer()  # 365, 180, 90, 30, 0
    due_on = Date()
    decided_on = Date(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    skipped = Varchar(length=200, default="")  # why it was not sent
    membership_notice_once = Unique([membership, days_before])


class Recognition(StrEnum):
    CERTIFICATE = "certificate"
    PLAQUE = "plaque"
    PRESS = "press"
    LISTING = "listing"
    ANNOUNCEMENT = "announcement"


class RecognitionTask(Table, tablename="recognition_task"):
    """What a new member receives, and whether it was done."""

    id = UUID(primary_key=True, default=uuid7)
    membership = ForeignKey(Membership, null=False, on_delete=OnDelete.restrict)
    task = Varchar(length=16)
    note = Text(default="")
    done_by = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict)
    done_at = Timestamptz(null=True, default=None)
    recognition_task_once = Unique([membership, task])
