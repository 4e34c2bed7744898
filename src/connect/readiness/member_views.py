"""An agency's terms in words, for the page and the API of the agency, which stands below."""

from uuid import UUID

from connect import clock
from connect.agencies.views import AgencyTerm, AgencyTerms
from connect.policy import Actor, Permission
from connect.readiness.member_queries import current_of, renewals_of, terms_of
from connect.readiness.tables import Membership, MembershipState

STATE_WORDS = {
    MembershipState.ACTIVE: ("Active", "well"),
    MembershipState.RENEWED: ("Renewed", "plain"),
    MembershipState.LAPSED: ("Lapsed", "plain"),
    MembershipState.SUSPENDED: ("Suspended", "stop"),
    MembershipState.REVOKED: ("Revoked", "stop"),
}
UNDER_REVIEW = "Active, renewal under review"


async def agency_terms(actor: Actor, agency_id: UUID) -> AgencyTerms:
    """Whether an agency is a member, for everybody; all its terms, for who reads its readiness."""
    terms = await terms_of(agency_id)
    current = await current_of(agency_id, clock.today()) if terms else None
    reads = actor.may(Permission.READ_READINESS, agency=agency_id)
    listed = current is not None and current.state == MembershipState.ACTIVE
    renewals = (await renewals_of([agency_id]))[agency_id] if current else []
    held = any(
        r.closed_on is None and current and r.submitted_on < current.ends_on for r in renewals
    )
    return AgencyTerms(
        current=_term(current, held=held) if current and (listed or reads) else None,
        terms=[
            _term(term, held=held and current is not None and term.id == current.id)
            for term in terms
            if reads
        ],
    )


def _term(term: Membership, *, held: bool) -> AgencyTerm:
    words, kind = STATE_WORDS[MembershipState(term.state)]
    return AgencyTerm(
        id=term.id,
        number=term.number,
        state=term.state,
        words=UNDER_REVIEW if held and term.state == MembershipState.ACTIVE else words,
        kind=kind,
        since=term.member_since or term.starts_on,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        ended_on=term.ended_on,
    )
