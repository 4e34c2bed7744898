"""The register's part on readiness reviews: the agency's matters, in which people did something.

Who did what stays under the ids. Children stand before their parents, as in ``holdings``.
"""

from connect.readiness import tables as readiness
from connect.records.register import Holding, its_id
from connect.records.whose import addressed, by, either, nobody

REVIEWS = [
    Holding(
        table=readiness.RecognitionTask,
        whose=by("done_by"),
        none="task note done_at",
        pseudonym="id membership done_by",
    ),
    Holding(
        table=readiness.MembershipNotice,
        whose=nobody,
        none="days_before due_on decided_on sent_at skipped",
        pseudonym="id membership",
    ),
    Holding(
        table=readiness.MembershipStep,
        whose=by("done_by"),
        none="place state day agency_name agency_kind agency_state agency_county reason done_at",
        pseudonym="id membership done_by",
    ),
    Holding(
        table=readiness.Membership,
        whose=nobody,
        none="number state starts_on ends_on ended_on edition requirements population "
        "population_source population_year agency_name member_since "
        "is_brought_in decided_on reason made_at",
        pseudonym="id agency review",
    ),
    Holding(
        table=readiness.RosterLine,
        whose=either(by("account"), by("made_by")),
        none="category since until exemption exempt_until hired_on made_at",
        pseudonym="id agency account made_by",
        personal="name",
    ),
    Holding(
        table=readiness.Snapshot,
        whose=nobody,  # ids, and the agency's answers: what was reviewed stays as it was
        none="made_for made_at state",
        pseudonym="id review hash",
    ),
    Holding(
        table=readiness.ReviewMessage,
        whose=by("author"),
        none="sent_at by_program",
        pseudonym="id review author",
        personal="text",
    ),
    Holding(
        table=readiness.Affirmation,
        whose=either(addressed("email"), by("asked_by")),
        none="asked_at expires_at affirmed_at voided_at",
        pseudonym="id review asked_by facts_hash",
        personal="email name title",
        hidden="token_hash",
        becomes={"token_hash": its_id},
        closes={"email": ""},
    ),
    Holding(
        table=readiness.Finding,
        whose=by("found_by"),
        none="element finding page comment found_at",
        pseudonym="id review document found_by",
    ),
    Holding(
        table=readiness.Evidence,
        whose=by("pointed_by"),
        none="element page passage pointed_at",
        pseudonym="id review document pointed_by",
    ),
    Holding(
        table=readiness.PolicyDocument,
        whose=by("uploaded_by"),
        none="title file_name content_type size pages replaced_at uploaded_at",
        pseudonym="id review sha256 replaces uploaded_by",
    ),
    Holding(
        table=readiness.ReviewAnswer,
        whose=by("saved_by"),
        none="field value saved_at",
        pseudonym="id review saved_by",
    ),
    Holding(
        table=readiness.Review,
        whose=by("opened_by", "reviewer", "recommended_by", "decided_by"),
        none="kind state requirements opened_at state_since waited_seconds submitted_at judged_on "
        "answer_due answered_at returned_at recommended_at decided_at decided_alone reasons",
        pseudonym="id agency opened_by reviewer returned_hash recommended_by recommended_hash "
        "decided_by decided_hash",
    ),
]
