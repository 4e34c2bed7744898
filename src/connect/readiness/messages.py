"""Words between an agency and the program on one review. Both sides see all of them."""

from typing import Any
from uuid import UUID

from connect import clock
from connect.agencies.queries import standing_agency
from connect.audit import record
from connect.config import settings
from connect.db import fetch, transaction
from connect.errors import Conflict, Forbidden, Invalid
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.readiness import rules
from connect.readiness.applications import seen_review
from connect.readiness.review_queries import held_review, person
from connect.readiness.reviewing import tell_agency
from connect.readiness.tables import Review, ReviewMessage

LONGEST = 5000  # characters
MESSAGES = """
SELECT m.id, m.author, a.legal_name AS name, m.text, m.by_program, m.sent_at
FROM review_message m JOIN account a ON a.id = m.author
WHERE m.review = {} ORDER BY m.sent_at, m.id
"""


class NotSubmitted(Conflict):
    message = "This application was not submitted yet, so nobody would read a message."


class MayOnlyRead(Forbidden):
    message = "Messages are between the agency's coordinators and the program's reviewers."


async def messages_of(actor: Actor, review_id: UUID) -> tuple[Review, list[dict[str, Any]]]:
    """A review and its messages, oldest first: ``{id, author, name, text, by_program, sent_at}``.

    Raises:
        NotFound: no such review, or it is not the actor's.
    """
    review = await seen_review(actor, review_id)
    rows = await fetch(MESSAGES, review.id)
    return review, [
        row | {"name": row["name"] or rules.ERASED, "by_program": bool(row["by_program"])}
        for row in rows
    ]


def may_write(actor: Actor, agency: UUID) -> bool:
    """Whether somebody is of one of the two sides."""
    return _is_of_the_program(actor) or actor.may(Permission.APPLY_FOR_READINESS, agency=agency)


async def send(actor: Actor, review_id: UUID, text: str) -> ReviewMessage:
    """Write to the other side, which gets one mail with the way to it.

    Raises:
        NotFound: no such review, or it is not the actor's.
        MayOnlyRead: the actor is of neither side.
        NotSubmitted: it is still a draft.
        Invalid: there is no text.
    """
    await seen_review(actor, review_id)
    async with transaction():
        review = await held_review(review_id)
        agency = await standing_agency(review.agency)
        if not may_write(actor, agency.id):
            raise MayOnlyRead
        if review.submitted_at is None:
            raise NotSubmitted
        if not text.strip():
            raise Invalid({"text": "Write what you want to say."})
        by_program = _is_of_the_program(actor)
        row = ReviewMessage(
            review=review.id, author=actor.id, text=text.strip(), by_program=by_program
        )
        await ReviewMessage.insert(row)
        await record(actor, "review.message_sent", ReviewMessage, of=row.id, review=review.id)
        if by_program:
            if review.answered_at is None:
                await Review.update({Review.answered_at: clock.now()}).where(Review.id == review.id)
            await tell_agency(review, agency, "readiness/message", link_to=_page(review))
        elif account := await person(review.reviewer):
            await write_mail(
                "readiness/message",
                to=account.email,
                account=account.id,
                name=account.legal_name,
                agency=agency.name,
                link_to=_page(review),
            )
    return row


def _page(review: Review) -> str:
    return f"{settings().base_url}/reviews/{review.id}/messages"


def _is_of_the_program(actor: Actor) -> bool:
    return actor.may(Permission.REVIEW_READINESS) or actor.may(Permission.DECIDE_READINESS)
