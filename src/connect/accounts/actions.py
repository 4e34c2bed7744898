"""Registering, proving an address, the profile, the first administrator."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from connect import audit, clock, limits, security
from connect.accounts import factors
from connect.accounts.links import account_by_link, make_link, use_link
from connect.accounts.queries import USABLE, Ended, account_by_email, held_by
from connect.accounts.rules import ADULTS_ONLY, NAMES, faults, normal_email, normal_name
from connect.accounts.sign_in import (
    end_ways_in,
    note_proved,
    open_session,
    set_password,
)
from connect.accounts.tables import Account, AccountStatus, LinkKind, OneTimeLink, RoleGrant
from connect.accounts.verification import verify_by_address
from connect.audit import record
from connect.config import settings
from connect.db import locked, one, transaction
from connect.errors import Conflict, Invalid, field_errors
from connect.fields import Email, Name, Password
from connect.jobs import enqueue
from connect.mail.actions import write_mail
from connect.policy import SYSTEM, VISITOR, Actor, Permission, Role

PROFILE = ("legal_name", "certificate_name", "discipline", "title", "state", "time_zone")

UNUSABLE = "The account with this address is {status}. Use another address, or lift that first."


class Administrator(msgspec.Struct, forbid_unknown_fields=True):
    """What is asked of the first administrator."""

    email: Email
    name: Name
    password: Password

    @staticmethod
    def faults(given: Mapping[str, str]) -> dict[str, str]:
        names = {"name": "legal_name"}
        found = faults(
            {names.get(n, n): v for n, v in given.items()}, password=given.get("password")
        )
        return {"name" if n == "legal_name" else n: words for n, words in found.items()}


class SetupIsOver(Conflict):
    message = "There is an administrator already. Sign in, or ask that person for a role."


async def new_account(
    network: str, *, email: str, password: str, adult: bool = True, **profile: str
) -> Account:
    """An account that may be registered: checked, its password hashed, not saved.

    Args:
        adult: that the person is 18 or older.
        profile: values of ``PROFILE``; ``time_zone`` defaults to the organization's.

    Raises:
        Invalid: every bad value.
        TooMany: this network registers too often.
    """
    email = normal_email(email)
    profile = {"time_zone": settings().time_zone, **_normal(profile)}
    wrong = faults({**profile, "email": email}, password=password)
    if not adult:
        wrong["adult"] = ADULTS_ONLY
    if wrong:
        raise Invalid(wrong)
    await limits.hit(("register", network))
    hashed = await security.hash_password(password)
    columns = {"email": email, "password_hash": hashed, "attested_at": clock.now(), **profile}
    return Account({getattr(Account, name): value for name, value in columns.items()})


async def register(account: Account) -> None:
    """Open an account and have a link mailed that proves its address.

    For an address that is known already nothing changes, and its owner gets a mail that says
    so; the caller is told the same. An address that was registered and not proved is
    registered anew: name and password are replaced, its links, sessions and tokens end.
    """
    async with transaction():
        await write_account(VISITOR, account)
        # Neither answer nor time may tell whether the address was known: a job writes the mail.
        await enqueue("accounts.answer_registration", email=account.email)


async def write_account(actor: Actor, account: Account) -> Account:
    """The account with *account*'s address, held: a new one, or one not proved, as *account* says.

    One that holds the address besides that which signs in is left as it is, like a proved one.
    In the caller's transaction.
    """
    await limits.turn("address", account.email)
    known = await held_by(account.email)
    made = not known and await Account.insert(account).on_conflict(
        target=Account.email, action="DO NOTHING"
    )
    known = known or await one(Account.objects().where(Account.email == account.email))
    if not made and known.email == account.email:
        await _register_anew(known.id, account)
    act = "account.registered" if made else "account.registered_again"
    await record(actor, act, Account, of=known.id, email=audit.keyed_hash(account.email))
    return await one(locked(Account.objects().where(Account.id == known.id), Account))


async def _register_anew(known: UUID, account: Account) -> None:
    """Replace what was registered and never proved."""
    unproved = Account.id == known, Account.status == AccountStatus.PENDING_EMAIL
    columns = [Account.password_hash, Account.attested_at, *(getattr(Account, n) for n in PROFILE)]
    changed = (
        await Account.update({c: getattr(account, c._meta.name) for c in columns})
        .where(*unproved)
        .returning(Account.id)
    )
    if changed:
        await end_ways_in(known)


async def answer_registration(email: str) -> None:
    """Mail a link to prove the address, or word that there is an account; job.

    Beyond a few an hour for one address nothing is sent.
    """
    async with transaction():
        account = await held_by(email)
        if account is None or account.status not in (*USABLE, AccountStatus.MERGED):
            return
        if not await limits.room(("mail", email)):
            return
        if account.status == AccountStatus.MERGED:
            await write_mail(
                "accounts/joined", to=email, account=account.id, name=account.legal_name
            )
        elif account.proved_at is None:
            await _mail_proof(account)
        else:
            await write_mail(
                "accounts/known", to=email, account=account.id, name=account.legal_name
            )


async def request_proof(network: str, email: str) -> None:
    """Have the link that proves an address mailed again. Tells nobody whether it was.

    Raises:
        TooMany: this network asks too often.
    """
    await limits.hit(("network", network))
    async with transaction():
        await enqueue("accounts.send_proof", email=normal_email(email))


async def send_proof(email: str) -> None:
    """Mail the link that proves an address; job. Beyond a few an hour nothing is sent."""
    async with transaction():
        account = await account_by_email(email)
        if account is None or account.proved_at is not None:
            return
        if await limits.room(("mail", email)):
            await _mail_proof(account)


async def _mail_proof(account: Account) -> None:
    token = await make_link(LinkKind.PROVE, account.id)
    await write_mail(
        "accounts/prove",
        to=account.email,
        account=account.id,
        secret=True,
        name=account.legal_name,
        token=token,
    )


async def prove_address(token: str) -> Account:
    """Prove the address to which *token* was mailed; an agency's address may verify its owner.

    Raises:
        LinkUsedUp: the link is no good.
    """
    async with transaction():
        account = await account_by_link(LinkKind.PROVE, token)
        await note_proved(Actor(account_id=account.id), account)
        await verify_by_address(account)
    return account


async def update_profile(actor: Actor, changes: Mapping[str, str]) -> Account:
    """Change the actor's own profile; *changes* holds some of ``PROFILE``.

    Certificates and training counts that exist keep what they say.

    Raises:
        Invalid: every bad value.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    return await _change_profile(actor, actor.id, changes)


async def mend_profile(actor: Actor, account_id: UUID, changes: Mapping[str, str]) -> Account:
    """Change somebody's profile for them, as ``update_profile``.

    Raises:
        NotFound: there is no such account.
        Ended: what was emptied stays empty.
        Invalid: every bad value.
    """
    actor.must(Permission.EDIT_PEOPLE)
    return await _change_profile(actor, account_id, changes)


async def _change_profile(actor: Actor, of: UUID, changes: Mapping[str, str]) -> Account:
    values = _normal(changes)
    if wrong := faults(values):
        raise Invalid(wrong)
    async with transaction():
        account = await one(locked(Account.objects().where(Account.id == of), Account))
        if account.ended_at is not None:
            raise Ended
        before = {n: audit.keyed_hash(getattr(account, n) or "") for n in values}
        for name, value in values.items():
            setattr(account, name, value)
        if values:
            await account.save([getattr(Account, n) for n in values])
        after = {n: audit.keyed_hash(value or "") for n, value in values.items()}
        await record(actor, "profile.changed", Account, of=account.id, before=before, after=after)
    return account


def _normal(profile: Mapping[str, str]) -> dict[str, str]:
    return {n: normal_name(v) if n in NAMES else v for n, v in profile.items()}


async def has_administrator() -> bool:
    """Whether anybody holds the administrator's role for the whole site."""
    return await RoleGrant.exists().where(RoleGrant.role == Role.ADMIN, RoleGrant.agency.is_null())


async def make_administrator(*, email: str, name: str, password: str) -> Account:
    """Make an account with a proved address an administrator; an existing account is raised.

    Raises:
        Invalid: every bad value.
    """
    given = {"email": email, "name": name, "password": password}
    if wrong := field_errors(Administrator, given):
        raise Invalid(wrong)
    email, name = normal_email(email), normal_name(name)
    hashed = await security.hash_password(password)
    fresh = Account(
        email=email, legal_name=name, password_hash=hashed, time_zone=settings().time_zone
    )
    async with transaction():
        await limits.turn("address", email)
        known = await held_by(email)
        if known and known.email != email:
            raise Invalid({"email": "This is a further address of an account. Use another one."})
        made = await Account.insert(fresh).on_conflict(target=Account.email, action="DO NOTHING")
        account = await one(locked(Account.objects().where(Account.email == email), Account))
        if account.status not in USABLE:
            raise Invalid({"email": UNUSABLE.format(status=account.status)})
        await note_proved(SYSTEM, account)
        if not made:
            await set_password(SYSTEM, account, hashed)
            await factors.drop(SYSTEM, account)  # the way back for an only administrator
        held = await RoleGrant.exists().where(
            RoleGrant.account == account.id,
            RoleGrant.role == Role.ADMIN,
            RoleGrant.agency.is_null(),
        )
        if not held:
            await RoleGrant.insert(RoleGrant(account=account.id, role=Role.ADMIN))
            await record(SYSTEM, "role.granted", Account, of=account.id, role=Role.ADMIN)
    return account


async def setup_token() -> str | None:
    """A one-time token for ``/setup/<token>`` while there is no administrator; the only one."""
    async with transaction():
        if await has_administrator():
            return None
        await OneTimeLink.delete().where(OneTimeLink.kind == LinkKind.SETUP)
        return await make_link(LinkKind.SETUP, None)


async def set_up(
    network: str, browser: str, token: str, *, email: str, name: str, password: str
) -> str:
    """Make the first administrator by the link of the first start; a session's secret.

    Raises:
        SetupIsOver: there is an administrator.
        LinkUsedUp: the link is no good.
        Invalid: every bad value; the link can be used again.
    """
    async with transaction():
        if await has_administrator():
            raise SetupIsOver
        await use_link(LinkKind.SETUP, token)
        account = await make_administrator(email=email, name=name, password=password)
        return await open_session(account, network, browser)
