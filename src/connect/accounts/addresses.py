"""Several addresses of one person. One of them signs in; the others prove things."""

from uuid import UUID

from connect import audit, clock, limits
from connect.accounts.links import (
    LinkUsedUp,
    link_that_waits,
    make_link,
    use_link,
)
from connect.accounts.queries import account_in_use, account_of, held_by
from connect.accounts.rules import normal_email
from connect.accounts.sign_in import check_own_password, end_ways_in, hold
from connect.accounts.tables import Account, Address, LinkKind
from connect.accounts.verification import verify_by_address
from connect.audit import record
from connect.db import locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid
from connect.jobs import enqueue
from connect.mail.actions import forget_mails, write_mail
from connect.policy import Actor, Permission

MOST = 5  # the one that signs in included


class ProveFirst(Forbidden):
    message = "Confirm the address that you registered first: open the link that was mailed to it."


class TooManyAddresses(Conflict):
    message = "You have five addresses, which is the most. Remove one of them first."


class NotProved(Conflict):
    message = "Confirm this address first: open the link that was mailed to it."


async def addresses_of(actor: Actor) -> list[Address]:
    """The actor's addresses besides the one that signs in, oldest first."""
    return await Address.objects().where(Address.account == actor.id).order_by(Address.id)


async def add_address(actor: Actor, email: str, network: str) -> Address:
    """Note an address and have a link mailed to it; it counts once the link was used.

    Whether somebody else has it is not told: its owner gets another mail.

    Raises:
        ProveFirst: the address that signs in is not proved.
        TooMany: this network asks too often.
        Invalid: it is the actor's already.
        TooManyAddresses: there are five.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    if not actor.proved:
        raise ProveFirst
    await limits.hit(("network", network))
    email = normal_email(email)
    async with transaction():
        account = await account_of(actor, lock=True)
        present = await addresses_of(actor)
        if email in {account.email, *(row.email for row in present)}:
            raise Invalid({"email": "You have this address already."})
        if len(present) + 1 >= MOST:
            raise TooManyAddresses
        row = Address(account=account.id, email=email)
        await Address.insert(row)
        # Neither answer nor time may tell whether the address is known: a job writes the mail.
        await enqueue("accounts.answer_address", address_id=row.id)
        fingerprint = audit.keyed_hash(email)
        await record(actor, "address.added", Address, of=row.id, email=fingerprint)
    return row


async def answer_address(address_id: UUID) -> None:
    """Mail the link that proves an added address, or tell its owner that somebody tried; job.

    Beyond a few an hour for one address nothing is sent.
    """
    async with transaction():
        row = await Address.objects().where(Address.id == address_id).first()
        if row is None or row.proved_at or not await limits.room(("mail", row.email)):
            return
        account = await one(Account.objects().where(Account.id == row.account))
        if owner := await held_by(row.email):
            await write_mail(
                "accounts/address_known", to=row.email, account=owner.id, name=owner.legal_name
            )
            return
        # No notice of the asker's: it would tell that nobody else has the address.
        token = await make_link(LinkKind.ADDRESS, account.id, about=row.id)
        await write_mail(
            "accounts/address",
            to=row.email,
            secret=True,
            name=account.legal_name,
            token=token,
        )


async def whose_link(token: str) -> str:
    """The name of who wants the address to which *token* was mailed.

    Raises:
        LinkUsedUp: the link is no good.
    """
    link = await link_that_waits(LinkKind.ADDRESS, token)
    account = await account_in_use(link.account)
    if account is None:
        raise LinkUsedUp
    return str(account.legal_name)


async def prove_added(token: str) -> None:
    """Prove the added address to which *token* was mailed; an agency's may verify its owner.

    Raises:
        LinkUsedUp: the link is no good, or the address has become somebody else's.
    """
    async with transaction():
        link = await use_link(LinkKind.ADDRESS, token)
        account = await account_in_use(link.account)
        row = await locked(Address.objects().where(Address.id == link.about), Address).first()
        if account is None or row is None:
            raise LinkUsedUp
        await limits.turn("address", row.email)
        if await held_by(row.email):
            raise LinkUsedUp
        row.proved_at = clock.now()
        await row.save([Address.proved_at])
        owner = Actor(account_id=account.id)
        await record(owner, "address.proved", Address, of=row.id)
        await verify_by_address(account)


async def sign_in_with(actor: Actor, address_id: UUID, password: str) -> Account:
    """Let another proved address sign in. All other sessions and tokens end; the old one is told.

    Raises:
        NotFound: it is not the actor's.
        NotProved: its link was not used yet.
        TooMany: too many wrong tries.
        Invalid: the password is wrong.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    checked = await account_of(actor)
    if wrong := await check_own_password(checked, password, "password"):
        raise Invalid(wrong)
    async with transaction():
        await hold(checked)
        account = await account_of(actor, lock=True)
        row = await _own(actor, address_id)
        if row.proved_at is None:
            raise NotProved
        await limits.turns("address", (account.email, row.email))
        old, proved_at = account.email, row.proved_at
        account.email, row.email = row.email, old
        row.proved_at = min(account.proved_at, proved_at)
        await row.save([Address.email, Address.proved_at])
        await account.save([Account.email])
        await end_ways_in(account.id, keep=actor.session)
        before, after = audit.keyed_hash(old), audit.keyed_hash(account.email)
        await record(actor, "address.signs_in", Account, of=account.id, before=before, after=after)
        await write_mail(
            "accounts/address_changed", to=old, account=account.id, name=account.legal_name
        )
    return account


async def remove_address(actor: Actor, address_id: UUID) -> None:
    """Remove an address that does not sign in, and what the outbox holds for it.

    Raises:
        NotFound: it is not the actor's, or it signs in.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    async with transaction():
        await account_of(actor, lock=True)
        row = await _own(actor, address_id)
        await Address.delete().where(Address.id == row.id)
        if row.proved_at:
            await forget_mails([row.email])
        fingerprint = audit.keyed_hash(row.email)
        await record(actor, "address.removed", Address, of=row.id, email=fingerprint)


async def _own(actor: Actor, address_id: UUID) -> Address:
    mine = Address.objects().where(Address.id == address_id, Address.account == actor.id)
    return await one(locked(mine, Address))
