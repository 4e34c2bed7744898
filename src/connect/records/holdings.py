"""The register: every table, how its rows belong to a person, and what each column holds of one.

Export, closure and erasure do what stands here and nothing else, and the tests fail on a table or
column that is missing. Children stand before their parents, since rows go in this order.
"""

import msgspec

from connect.accounts import tables as accounts
from connect.agencies import tables as agencies
from connect.audit import AuditEvent
from connect.certificates import tables as certificates
from connect.grants.tables import CourseGrant, Grant
from connect.idempotency import IdempotencyKey
from connect.imports import tables as imports
from connect.jobs import Job
from connect.mail.tables import TO_LEAVE, Mail, MailPreference, MailState
from connect.merges.tables import DuplicatePair, Merge, MergeStep
from connect.publishing.tables import CourseDraft
from connect.records.about_nobody import ABOUT_NOBODY
from connect.records.assignment_holdings import ASSIGNMENTS
from connect.records.credit_holdings import CREDITS, ELSEWHERE
from connect.records.learning_holdings import LEARNING
from connect.records.package_holdings import PACKAGES
from connect.records.path_holdings import PATHS
from connect.records.register import Holding, Row, When, its_id
from connect.records.review_holdings import REVIEWS
from connect.records.tables import Erasure
from connect.records.whose import addressed, by, either, mentions, named, nobody, via
from connect.rosters.tables import Reminder, RequiredCourse
from connect.security import unseal
from connect.trainings.tables import Training


def _nameless(row: Row) -> str:
    facts = msgspec.json.decode(row["facts"] or "{}") | {"name": ""}
    return msgspec.json.encode(facts, order="sorted").decode()


def _not_waiting(row: Row) -> str:
    return str(MailState.FAILED if row["state"] in TO_LEAVE else row["state"])


HOLDINGS = [
    # A way in: gone with the account.
    Holding(
        table=accounts.Session,
        whose=by("account"),
        hidden="id_hash",
        none="made_at last_seen_at expires_at factor_at fresh_at",
        pseudonym="account",
        personal="network browser",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=accounts.ApiToken,
        whose=by("account"),
        hidden="token_hash",
        none="scopes made_at expires_at factor_at fresh_at",
        pseudonym="id account",
        personal="name",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=accounts.Factor,
        whose=by("account"),
        hidden="secret credential public_key",
        none="kind last_step sign_count made_at confirmed_at used_at",
        pseudonym="id account",
        personal="name",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=accounts.RecoveryCode,
        whose=by("account"),
        hidden="code_hash",
        none="made_at used_at",
        pseudonym="id account",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=accounts.OneTimeLink,
        whose=by("account"),
        hidden="token_hash",
        none="kind expires_at used_at",
        pseudonym="account about",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=accounts.RoleGrant,
        whose=by("account"),
        none="role granted_at",
        pseudonym="id account agency granted_by",
        rows_go=When.CLOSURE,
    ),
    # How somebody is reached and known.
    Holding(
        table=accounts.Address,
        whose=by("account"),
        none="added_at proved_at",
        pseudonym="id account",
        personal="email",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=accounts.ProfessionalId,
        whose=by("account"),
        none="state kind changed_at",
        pseudonym="id account",
        sensitive="value",
        rows_go=When.CLOSURE,
        shows={"value": lambda row: unseal(row["value"])},
    ),
    Holding(
        table=Mail,
        whose=either(by("account"), addressed("to")),
        none="sealed state tries written_at sent_at kind read_at passed_at released_at",
        pseudonym="id account once",
        personal="to subject body trouble",
        emptied=When.CLOSURE,
        becomes={"state": _not_waiting, "sealed": False},
        shows={"body": lambda row: "" if row["sealed"] else row["body"]},  # sealed: it has a token
    ),
    Holding(
        table=MailPreference,
        whose=by("account"),
        none="kind wanted",
        pseudonym="id account",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=accounts.Invitation,
        whose=addressed("email"),  # the one who was invited; who did it, the trail knows
        none="category sent_at expires_at accepted_at withdrawn_at",
        pseudonym="id agency invited_by",
        personal="email legal_name title note",
        becomes={"email": its_id},
        closes={"email": its_id, "legal_name": "", "title": "", "note": ""},
    ),
    Holding(
        table=Job,
        whose=mentions("facts", "error"),
        none="kind run_at leased_until attempts done_at",
        pseudonym="id key",
        personal="facts error",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=IdempotencyKey,
        whose=named("actor"),
        none="route status made_at",
        pseudonym="id actor key body_sha256",
        personal="answer",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=imports.RefusedRow,
        whose=mentions("cells"),
        none="row",
        pseudonym="id import_file",
        personal="cells faults",
        rows_go=When.CLOSURE,
    ),
    # Work, and being verified for it.
    Holding(
        table=accounts.EligibilityCase,
        whose=by("account"),
        none="route state opened_at decided_at document_kind document_size",
        pseudonym="id account agency decided_by",
        personal="sponsor_email explanation document reason",
        closes={"sponsor_email": "", "explanation": ""},
        addresses=("sponsor_email",),
        files={"document": "1 = 1"},
    ),
    Holding(
        table=accounts.Affiliation,
        whose=by("account"),
        none="discipline category is_supervisor is_primary since until consented_at made_at",
        pseudonym="id account agency",
        personal="title",
        closes={"title": ""},
    ),
    # What was learned: facts that counts are made of.
    *PACKAGES,
    *LEARNING,
    *ASSIGNMENTS,
    *PATHS,
    *ELSEWHERE,
    Holding(
        table=Training,
        whose=by("person"),
        none="day mode minutes course course_title version discipline state agency_name "
        "source_kind recorded_at",
        pseudonym="id person agency source grant voided_by",
        personal="title",
    ),
    Holding(
        table=certificates.Certificate,
        whose=by("holder"),
        none="number code kind title minutes issued_on status source_kind issued_at expires_on "
        "revoked_on",
        pseudonym="id holder agency digest pdf source supersedes",
        personal="name facts reissue_reason revocation_reason",
        becomes={"facts": _nameless},
        files={"pdf": "name <> ''"},
    ),
    # What somebody did for others; the trail holds ids and keyed hashes and is never changed.
    Holding(
        table=AuditEvent,
        whose=either(by("actor"), named("subject")),
        none="at act subject_kind details number seal",
        pseudonym="id actor subject request",
    ),
    Holding(
        table=imports.Import,
        whose=by("made_by"),
        none="kind state dry_run file file_name columns rows taken unchanged refused trouble "
        "invite left_alone made_at done_at",
        pseudonym="id agency made_by",
    ),
    Holding(
        table=certificates.RevocationProposal,
        whose=by("made_by"),
        none="numbers state made_at decided_at",
        pseudonym="id made_by decided_by",
        personal="reason",
    ),
    Holding(
        table=certificates.CertificateBatch,
        whose=by("made_by"),
        none="chosen certificates total done state file made_at done_at",
        pseudonym="id made_by",
    ),
    Holding(
        table=agencies.AgencyCode,
        whose=nobody,  # the trail knows who made it
        none="max_uses uses expires_at made_at",
        pseudonym="id agency made_by",
        hidden="code_hash",
    ),
    Holding(
        table=CourseDraft,
        whose=nobody,  # of the site: what a course says, and the trail knows who wrote it
        none="course base edits revision made_at changed_at",
        pseudonym="id made_by changed_by",
    ),
    Holding(
        table=agencies.AgencyProfile,
        whose=by("recorded_by"),
        none="as_of population population_source population_year employees sworn psap_level "
        "ecc_scope yearly_calls positions work_stations agencies_served recorded_at",
        pseudonym="id agency recorded_by",
    ),
    Holding(
        table=agencies.Agency,
        whose=by("opened_by", "screened_by"),
        none="kind name ori psap_id state county status words opened_at screened_at reason",
        pseudonym="id parent merged_into opened_by screened_by",
    ),
    Holding(
        table=RequiredCourse,
        whose=by("made_by", "ended_by"),
        none="category valid_months made_at ended_at",
        pseudonym="id agency course made_by ended_by",
    ),
    Holding(
        table=Reminder,
        whose=by("person", "made_by"),
        none="day made_at",
        pseudonym="id agency person made_by",
    ),
    *REVIEWS,
    Holding(
        table=Grant,
        whose=by("made_by"),
        none="award_number title starts_on ends_on acknowledgement made_at",
        pseudonym="id made_by",
    ),
    Holding(
        table=CourseGrant,
        whose=by("made_by"),
        none="since until made_at",
        pseudonym="id course grant made_by",
    ),
    *CREDITS,
    Holding(
        table=DuplicatePair,
        whose=by("one", "other"),
        none="reasons found_at told_at",
        pseudonym="id one other told_by",
        rows_go=When.ERASURE,
    ),
    Holding(
        table=MergeStep,  # an emptied account is not parted any more, so none is needed
        whose=via("merge", "record_merge", by("kept", "gone")),
        none="place table_name column_name",
        pseudonym="id merge row_key",
        hidden="before after",
        rows_go=When.CLOSURE,
    ),
    Holding(
        table=Merge,
        whose=by("kept", "gone", "made_by", "undone_by"),
        none="kind summary made_at undone_at",
        pseudonym="id kept gone made_by undone_by",
    ),
    Holding(
        table=Erasure,
        whose=by("account"),
        none="reason erased_at",
        pseudonym="id account erased_by",
    ),
    # The person: the row stays, since facts point at it.
    Holding(
        table=accounts.Account,
        whose=by("id"),
        none="status discipline state time_zone made_at proved_at verified_at attested_at "
        "reverify_since code_tries suspended_at ended_at erased_at held_at",
        pseudonym="id merged_into",
        personal="email legal_name certificate_name title suspension_reason",
        hidden="password_hash hold_reason",
        becomes={"email": its_id, "status": accounts.AccountStatus.ERASED},
        closes={
            "email": its_id,
            "status": accounts.AccountStatus.CLOSED,
            "password_hash": "",
            "title": "",
        },
    ),
    *ABOUT_NOBODY,
]
