"""Sessions, API tokens and passwords."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from connect import audit, clock, limits, security
from connect.accounts import proofs
from connect.accounts.links import (
    LINK_LASTS,
    account_by_link,
    link_that_waits,
    make_link,
)
from connect.accounts.queries import (
    account_by_email,
    account_in_use,
    account_of,
    merged_account,
)
from connect.accounts.rules import HALF_OPEN, SESSION, normal_email, status_of
from connect.accounts.tables import (
    Account,
    AccountStatus,
    Address,
    ApiToken,
    Factor,
    LinkKind,
    OneTimeLink,
    Session,
)
from connect.audit import record
from connect.db import transaction
from connect.errors import Forbidden, Invalid, NotFound, OtpNeeded
from connect.jobs import enqueue
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission
from connect.security import password_fault

SEEN_EVERY = timedelta(minutes=5)


class WrongPassword(Forbidden):
    status = 401
    message = "The address and the password do not fit together. Check both, or reset the password."


async def check_password(email: str, password: str, network: str) -> Account:
    """The account that *email* and *password* open.

    An unknown address costs the same time, counts against the same limits and is refused
    in the same words. The tries before are forgiven by whoever lets the account in.

    Raises:
        TooMany: tries of this address from this network, or of the network, are used up.
        WrongPassword: they do not fit.
    """
    email = normal_email(email)
    await limits.hit(("sign_in", f"{email} {network}"), ("network", network))
    account = await account_by_email(email)
    fits, newer = await security.verify_password(
        password, account.password_hash if account else None
    )
    if account is None or not fits:
        raise WrongPassword
    if newer:
        await Account.update({Account.password_hash: newer}).where(
            Account.id == account.id, Account.password_hash == account.password_hash
        )
        account.password_hash = newer
    return account


async def hold(account: Account) -> None:
    """Hold *account* until the transaction ends, so that a way in is opened only as it stands.

    Raises:
        WrongPassword: its password was changed since *account* was read, or it was suspended.
    """
    now = await account_in_use(account.id)
    if now is None or now.password_hash != account.password_hash:
        raise WrongPassword


async def sign_in(email: str, password: str, network: str, browser: str = "") -> str:
    """Open a session; the secret that its cookie carries. Always a new one.

    For an account with a second factor it is half open, until ``step_up.pass_second_factor``.

    Raises:
        TooMany, WrongPassword: as ``check_password``.
    """
    account = await check_password(email, password, network)
    async with transaction():
        secret = await open_session(account, network, browser)
        if not await proofs.has_factor(account.id):
            await proofs.forgive(account, network)
    return secret


async def open_session(
    account: Account, network: str, browser: str = "", *, with_factor: bool = False
) -> str:
    """A new session of *account*, in the caller's transaction; its secret.

    Args:
        browser: in words, for its owner.
        with_factor: a second factor was passed. Without one, the session of an account that
            has a factor is half open: good for the second step and for nothing else.

    Raises:
        WrongPassword: the password was changed meanwhile.
    """
    await hold(account)
    half = not with_factor and await proofs.has_factor(account.id)
    secret = security.new_token()
    now = clock.now()
    await Session.insert(
        Session(
            id_hash=security.token_hash(secret),
            account=account.id,
            expires_at=now + (HALF_OPEN if half else SESSION),
            network=network,
            browser=browser,
            factor_at=now if with_factor else None,
        )
    )
    act = "session.half_opened" if half else "session.opened"
    await record(Actor(account_id=account.id), act, Session, of=account.id)
    return secret


async def sign_out(actor: Actor) -> None:
    """End the session that *actor* came by."""
    async with transaction():
        await Session.delete().where(Session.id_hash == actor.session)
        await record(actor, "session.ended", Session, of=actor.half_open or actor.id)


async def note_seen(id_hash: str, last: datetime) -> None:
    """Remember that a session is in use, once in a few minutes."""
    if clock.now() - last > SEEN_EVERY:
        await Session.update({Session.last_seen_at: clock.now()}).where(Session.id_hash == id_hash)


async def check_sign_in(email: str, password: str, otp: str, network: str) -> Account:
    """The account that *email* and *password* open, whose second step is ready to be judged.

    Raises:
        TooMany, WrongPassword: as ``check_password``.
        OtpNeeded: it has a second factor, and *otp* is empty.
    """
    account = await check_password(email, password, network)
    if await proofs.has_factor(account.id):
        if not otp.strip():
            raise OtpNeeded
        await proofs.count_try(account, proofs.Proof(otp=otp))
    return account


async def make_token(
    account: Account,
    *,
    name: str,
    scopes: list[str],
    days: int,
    otp: str = "",
    network: str = "",
) -> tuple[ApiToken, str]:
    """A new API token of *account* and its secret, which is shown only this once.

    Args:
        account: as ``check_sign_in`` found it.

    Raises:
        WrongPassword: the password was changed meanwhile.
        WrongOtp: the account has a second factor, and *otp* is no code of it.
    """
    async with transaction():
        await hold(account)
        with_factor = await proofs.has_factor(account.id)
        owner = Actor(account_id=account.id)
        if with_factor and not await proofs.holds(owner, account, proofs.Proof(otp=otp)):
            raise proofs.WrongOtp
        await proofs.forgive(account, network)
        return await open_token(
            account,
            name=name,
            scopes=msgspec.json.encode(scopes).decode(),
            expires_at=clock.now() + timedelta(days=days),
            with_factor=with_factor,
        )


async def open_token(
    account: Account, *, name: str, scopes: str, expires_at: datetime, with_factor: bool
) -> tuple[ApiToken, str]:
    """A new API token and its secret, in the caller's transaction, which checked who asks."""
    secret = f"connect_{security.new_token()}"
    row = ApiToken(
        account=account.id,
        token_hash=security.token_hash(secret),
        name=name,
        scopes=scopes,
        expires_at=expires_at,
        factor_at=clock.now() if with_factor else None,
    )
    await ApiToken.insert(row)
    await record(Actor(account_id=account.id), "token.made", ApiToken, of=row.id)
    return row, secret


async def revoke_token(actor: Actor, token_id: UUID) -> None:
    """End one of the actor's own API tokens.

    Raises:
        NotFound: it is not the actor's.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    async with transaction():
        gone = (
            await ApiToken.delete()
            .where(ApiToken.id == token_id, ApiToken.account == actor.id)
            .returning(ApiToken.id)
        )
        if not gone:
            raise NotFound
        await record(actor, "token.revoked", ApiToken, of=token_id)


async def note_proved(actor: Actor, account: Account) -> None:
    """Its owner reads the mail to this address, so the account may learn. Safe to call twice.

    In the caller's transaction.
    """
    if account.proved_at is None:
        account.proved_at = clock.now()
        account.status = status_of(
            proved=True,
            verified=account.verified_at is not None,
            reverify=account.reverify_since is not None,
        )
        await account.save([Account.status, Account.proved_at])
        await record(actor, "address.proved", Account, of=account.id)


async def end_ways_in(account: UUID, *, keep: str = "") -> None:
    """End all sessions, tokens and open links of *account* but the session *keep*."""
    await Session.delete().where(Session.account == account, Session.id_hash != keep)
    await ApiToken.delete().where(ApiToken.account == account)
    await OneTimeLink.delete().where(OneTimeLink.account == account, OneTimeLink.used_at.is_null())


async def request_reset(network: str, email: str) -> None:
    """Have a reset link mailed, if there is such an account. Tells nobody which.

    Raises:
        TooMany: this network asks too often.
    """
    await limits.hit(("network", network))
    async with transaction():
        await enqueue("accounts.send_reset", email=normal_email(email))


async def send_reset(email: str) -> None:
    """Mail a reset link, or word that another account stands for this one; job.

    Beyond a few an hour for one address nothing is sent.
    """
    async with transaction():
        account = await account_by_email(email) or await merged_account(email)
        if account is None or not await limits.room(("mail", email)):
            return
        if account.status == AccountStatus.MERGED:
            await write_mail(
                "accounts/joined", to=email, account=account.id, name=account.legal_name
            )
            return
        token = await make_link(LinkKind.RESET, account.id)
        await write_mail(
            "accounts/reset",
            to=email,
            account=account.id,
            secret=True,
            name=account.legal_name,
            token=token,
        )


async def reset_password(token: str, password: str) -> None:
    """Set a new password by a mailed link; it proves the address too.

    Raises:
        LinkUsedUp: the link is no good.
        Invalid: the password is too easy; the link can be used again.
    """
    await link_that_waits(LinkKind.RESET, token)  # before the time for a hash is spent
    hashed = await security.hash_password(password)
    async with transaction():
        account = await account_by_link(LinkKind.RESET, token)
        if fault := password_fault(password, about=(account.legal_name, account.email)):
            raise Invalid({"password": fault})
        owner = Actor(account_id=account.id)
        await note_proved(owner, account)
        await set_password(owner, account, hashed)


async def check_own_password(account: Account, password: str, field: str) -> dict[str, str]:
    """What is wrong with the password that somebody signed in gives once more: field → sentence.

    Raises:
        TooMany: too many wrong tries.
    """
    await limits.hit(("sign_in", f"change {account.id}"))
    fits, _ = await security.verify_password(password, account.password_hash)
    if not fits:
        return {field: "This is not your present password."}
    await limits.forgive("sign_in", f"change {account.id}")
    return {}


async def change_password(actor: Actor, current: str, new: str) -> None:
    """Set a new password; all other sessions and tokens end.

    Raises:
        TooMany: too many wrong tries.
        Invalid: the present password is wrong, or the new one too easy; both are told.
    """
    account = await account_of(actor)
    wrong: dict[str, str] = {}
    if fault := password_fault(new, about=(account.legal_name, account.email)):
        wrong["new"] = fault
    wrong |= await check_own_password(account, current, "current")
    if wrong:
        raise Invalid(wrong)
    hashed = await security.hash_password(new)
    async with transaction():
        await hold(account)
        await set_password(actor, account, hashed, keep=actor.session)


async def set_password(actor: Actor, account: Account, hashed: str, *, keep: str = "") -> None:
    """Replace the password, end all ways in but the session *keep*, and tell the owner.

    In the caller's transaction.
    """
    account.password_hash = hashed
    await account.save([Account.password_hash])
    await proofs.forget_tries(account)
    await end_ways_in(account.id, keep=keep)
    await record(
        actor, "password.set", Account, of=account.id, email=audit.keyed_hash(account.email)
    )
    await write_mail(
        "accounts/password_changed", to=account.email, account=account.id, name=account.legal_name
    )


async def sweep() -> None:
    """Forget, a day after it ended: sessions, tokens, links, what they were to prove, and factors
    that were never used; job.
    """
    ended = clock.now() - timedelta(days=1)
    await Session.delete().where(Session.expires_at < ended)
    await ApiToken.delete().where(ApiToken.expires_at < ended)
    await OneTimeLink.delete().where(OneTimeLink.expires_at < ended)
    await Factor.delete().where(Factor.confirmed_at.is_null(), Factor.made_at < ended)
    unproved = ended - LINK_LASTS[LinkKind.ADDRESS]
    await Address.delete().where(Address.proved_at.is_null(), Address.added_at < unproved)
