"""Answering an invitation: whoever follows the mailed link owns the address."""

from connect import audit, clock
from connect.accounts.actions import new_account, write_account
from connect.accounts.affiliations import affiliate, affiliations_on, today_of
from connect.accounts.invitations import OPEN
from connect.accounts.links import LinkUsedUp, use_link
from connect.accounts.queries import account_of, held_by, proved_addresses
from connect.accounts.sign_in import note_proved, open_session
from connect.accounts.tables import (
    Account,
    AccountStatus,
    Affiliation,
    Invitation,
    LinkKind,
    OneTimeLink,
)
from connect.accounts.verification import admit, verify_by_address
from connect.agencies.queries import standing_agency
from connect.agencies.tables import Agency, AgencyState
from connect.db import locked, transaction
from connect.errors import Conflict
from connect.policy import VISITOR, Actor, Permission
from connect.security import token_hash


class AnotherAccount(Conflict):
    message = (
        "This invitation is for another address than that of your account. Sign out, then open "
        "the link again."
    )


class SignInFirst(Conflict):
    message = "There is an account with your address. Sign in, then open the link again."


async def invitation_by(token: str) -> Invitation:
    """The open invitation that a mailed link is of, with its agency.

    Raises:
        LinkUsedUp: there is none.
    """
    link = (
        await OneTimeLink.objects()
        .where(
            OneTimeLink.token_hash == token_hash(token),
            OneTimeLink.kind == LinkKind.INVITE,
            OneTimeLink.used_at.is_null(),
        )
        .first()
    )
    row = (
        link
        and await Invitation.objects(Invitation.agency)
        .where(Invitation.id == link.about, OPEN, Invitation.expires_at > clock.now())
        .first()
    )
    if not row:
        raise LinkUsedUp
    return row


async def owner_of(invitation: Invitation) -> Account | None:
    """The account that may sign in to answer; None when its address has to be registered first."""
    account = await held_by(invitation.email)
    return None if account is None or account.status == AccountStatus.PENDING_EMAIL else account


async def register_invited(
    network: str, token: str, *, consent: bool, password: str, adult: bool, **profile: str
) -> str:
    """Open the account of an invited address, which the link proves, and join; a session's secret.

    Raises:
        LinkUsedUp: the link is no good.
        SignInFirst: there is an account that was proved.
        Invalid: every bad value; the link can be used again.
        TooMany: this network registers too often.
    """
    email = (await invitation_by(token)).email
    fresh = await new_account(network, email=email, password=password, adult=adult, **profile)
    async with transaction():
        invitation = await _spend(token)
        account = await write_account(VISITOR, fresh)
        if account.status != AccountStatus.PENDING_EMAIL:
            raise SignInFirst
        await _join(account, invitation, consent=consent)
        return await open_session(account, network)


async def accept(actor: Actor, token: str, *, consent: bool) -> None:
    """Join what one was invited to.

    Raises:
        LinkUsedUp: the link is no good.
        AnotherAccount: it was mailed to another address.
        TwoAlready: the actor works for two other agencies; the link can be used again.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    async with transaction():
        account = await account_of(actor, lock=True)
        invitation = await _spend(token)
        if invitation.email not in {account.email, *await proved_addresses(account)}:
            raise AnotherAccount
        await _join(account, invitation, consent=consent)


async def _spend(token: str) -> Invitation:
    link = await use_link(LinkKind.INVITE, token)
    query = Invitation.objects().where(Invitation.id == link.about, OPEN)
    row = await locked(query, Invitation).first()
    if row is None or row.expires_at <= clock.now():
        raise LinkUsedUp
    row.accepted_at = clock.now()
    await row.save([Invitation.accepted_at])
    return row


async def _join(account: Account, invitation: Invitation, *, consent: bool) -> None:
    """What an accepted invitation brings; an agency's is as good as its code."""
    owner = Actor(account_id=account.id)
    await audit.record(owner, "invitation.accepted", Invitation, of=invitation.id)
    proves = account.proved_at is None
    await note_proved(owner, account)
    if invitation.agency is not None:
        agency = await standing_agency(invitation.agency)
        if agency.status != AgencyState.ACTIVE:
            raise LinkUsedUp
        await _employ(owner, account, agency, invitation, consent=consent)
        if account.verified_at is None:
            await admit(owner, account, agency, consent=consent)
    if proves:
        await verify_by_address(account)


async def _employ(
    owner: Actor, account: Account, agency: Agency, invitation: Invitation, *, consent: bool
) -> None:
    present = await affiliations_on(account.id, today_of(account))
    there = next((row for row in present if row["agency"] == agency.id), None)
    if there is None:
        await affiliate(
            owner,
            account,
            agency,
            title=invitation.title,
            category=invitation.category,
            consent=consent,
        )
    elif consent and there["consented_at"] is None:
        await Affiliation.update({Affiliation.consented_at: clock.now()}).where(
            Affiliation.id == there["id"]
        )
        await audit.record(
            owner, "affiliation.changed", Affiliation, of=there["id"], changed=["consent"]
        )
