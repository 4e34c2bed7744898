"""An executive's word, by a one-time link to a proved address; no account is needed (R20)."""

from datetime import timedelta
from uuid import UUID

from connect import clock, limits, security
from connect.accounts.queries import held_by
from connect.accounts.rules import normal_email
from connect.accounts.tables import Account, Affiliation, RoleGrant
from connect.agencies.queries import domains_of, family_of, standing_agency
from connect.agencies.tables import Agency
from connect.audit import keyed_hash, record
from connect.db import locked, one, transaction
from connect.errors import Conflict, Invalid
from connect.mail.actions import write_mail
from connect.policy import VISITOR, Actor, Role
from connect.readiness.applications import AGENCYS_TURN, facts_hash_of, in_the_agencys_hands
from connect.readiness.tables import Affirmation, Review

LASTS = timedelta(days=14)
EXECUTIVES = ["executive", "ecc-executive"]  # roster categories


class LinkOver(Conflict):
    message = (
        "This link was used, is too old, or the application went on without it. Ask your "
        "coordinator for a new one."
    )


class FactsChanged(Conflict):
    message = "An answer was changed while you read. Read them again, then affirm."


async def ask(actor: Actor, review_id: UUID, email: str) -> Affirmation:
    """Mail an executive a link under which the answers can be affirmed; earlier links end.

    Raises:
        NotFound: no such review, or it is not the actor's.
        NotYourTurn: the agency may not change it now.
        Invalid: the address does not prove that its holder speaks for the agency.
        TooMany: so many were asked within the hour.
    """
    await in_the_agencys_hands(actor, review_id)
    address = normal_email(email)
    await limits.hit(("mail", f"affirmation {review_id}"))
    async with transaction():
        review = await in_the_agencys_hands(actor, review_id)
        agency = await standing_agency(review.agency)
        if fault := await _address_fault(actor, agency, address):
            raise Invalid({"email": fault})
        await _end_links(review)
        token = security.new_token()
        row = Affirmation(
            review=review.id,
            token_hash=security.token_hash(token),
            email=address,
            asked_by=actor.id,
            expires_at=clock.now() + LASTS,
            facts_hash=await facts_hash_of(review),
        )
        await Affirmation.insert(row)
        to = keyed_hash(address)
        await record(actor, "affirmation.asked", Affirmation, of=row.id, review=review.id, to=to)
        await write_mail(
            "readiness/affirm",
            to=address,
            secret=True,
            sender=actor.name,
            agency=agency.name,
            token=token,
            until=clock.day_in(actor.time_zone, row.expires_at),
        )
    return row


async def _end_links(review: Review) -> None:
    """Those that were not used are good no longer: one link speaks for an application."""
    await Affirmation.update({Affirmation.voided_at: clock.now()}).where(
        Affirmation.review == review.id,
        Affirmation.affirmed_at.is_null(),
        Affirmation.voided_at.is_null(),
    )


async def _address_fault(actor: Actor, agency: Agency, address: str) -> str:
    """Why an address does not speak for an agency; empty when it does."""
    holder = await held_by(address)
    leads = holder is not None and await _leads(holder, agency)
    if holder is not None and holder.id == actor.id and not leads:
        return "Somebody else has to affirm: an executive of your agency."
    domains = [row["domain"] for row in await domains_of(agency.id)]
    if leads or address.rpartition("@")[2] in domains:
        return ""
    if not domains:
        return (
            "We know no e-mail domain of your agency, and no executive with this address. "
            "Ask us to list your domain."
        )
    return f"Write an address at {' or '.join(domains)}, or that of an executive who works for you."


async def _leads(account: Account, agency: Agency) -> bool:
    """Whether somebody works for an agency as its executive, or was made one."""
    family = await family_of(agency.id)
    works = await Affiliation.exists().where(
        Affiliation.account == account.id,
        Affiliation.agency.is_in(family),
        Affiliation.category.is_in(EXECUTIVES),
        Affiliation.until.is_null() | (Affiliation.until >= clock.today()),
    )
    return works or await RoleGrant.exists().where(
        RoleGrant.account == account.id,
        RoleGrant.agency.is_in(family),
        RoleGrant.role == Role.EXECUTIVE,
    )


async def waiting(token: str) -> tuple[Affirmation, Review]:
    """What a link is about, while it can be used; it is not used by this.

    Raises:
        LinkOver: unknown, used, too old, or the application went on.
    """
    row = (
        await Affirmation.objects()
        .where(
            Affirmation.token_hash == security.token_hash(token),
            Affirmation.affirmed_at.is_null(),
            Affirmation.voided_at.is_null(),
            Affirmation.expires_at > clock.now(),
        )
        .first()
    )
    if row is None:
        raise LinkOver
    review = await one(Review.objects().where(Review.id == row.review))
    if review.state not in AGENCYS_TURN:
        raise LinkOver
    return row, review


async def affirm(token: str, *, name: str, title: str, facts_hash: str) -> Review:
    """Give the executive's word for the facts that were read; the link is used by it.

    Args:
        facts_hash: of what was shown, as the form carries it.

    Raises:
        LinkOver: the link is no good.
        FactsChanged: an answer is another one by now; the link stays good.
    """
    async with transaction():
        _, review = await waiting(token)
        review = await one(locked(Review.objects().where(Review.id == review.id), Review))
        row, review = await waiting(token)  # as it stands while nobody else changes it
        if facts_hash != await facts_hash_of(review):
            raise FactsChanged
        row.name, row.title, row.facts_hash = name, title, facts_hash
        row.affirmed_at = clock.now()
        await row.save()
        facts = {"review": review.id, "facts": facts_hash}
        await record(VISITOR, "affirmation.given", Affirmation, of=row.id, **facts)
        await _tell(row, review)
    return review


async def _tell(row: Affirmation, review: Review) -> None:
    agency = await standing_agency(review.agency)
    account = await one(Account.objects().where(Account.id == row.asked_by))
    await write_mail(
        "readiness/affirmed",
        to=account.email,
        account=account.id,
        name=account.legal_name,
        executive=row.name,
        agency={"id": agency.id, "name": agency.name},
    )
