"""Of the register: credit, what was completed elsewhere, and links to transcripts."""

from connect.credits.tables import Accreditation, CreditOffer
from connect.external.tables import ExternalCompletion
from connect.records.register import Holding, When
from connect.records.whose import by
from connect.transcripts.tables import TranscriptShare

CREDITS = [
    Holding(
        table=Accreditation,
        whose=by("made_by"),
        none="body number kinds since until made_at",
        pseudonym="id made_by",
    ),
    Holding(
        table=CreditOffer,
        whose=by("made_by"),
        none="state board course_number minutes kind since until made_at",
        pseudonym="id course made_by",
    ),
]

# What somebody completed elsewhere, and to whom they showed it.
ELSEWHERE = [
    Holding(
        table=ExternalCompletion,
        whose=by("account"),
        none="day minutes evidence_kind evidence_size brought_in state made_at decided_at",
        pseudonym="id account course import_file made_by decided_by",
        personal="title provider number evidence reason",
        rows_go=When.ERASURE,  # nothing is counted from them
        files={"evidence": "1 = 1"},
    ),
    Holding(
        table=TranscriptShare,
        whose=by("account"),
        hidden="token_hash",
        none="scope since expires_on made_at last_seen_at ended_at",
        pseudonym="id account chosen",
        rows_go=When.ERASURE,  # a link works on when the account is closed (scenario 25)
    ),
]
