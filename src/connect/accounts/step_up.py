"""The second step of signing in, and proving once more who it is before a sensitive act.

An action asks for a fresh proof by ``actor.must_be_fresh()``.
"""

from datetime import datetime

from connect import clock, limits, security
from connect.accounts.proofs import Proof, WrongOtp, count_try, forgive, has_factor, holds
from connect.accounts.queries import account_of
from connect.accounts.rules import FRESH
from connect.accounts.sign_in import open_session
from connect.accounts.tables import Account, ApiToken, Session
from connect.audit import record
from connect.db import transaction
from connect.errors import Invalid, NotSignedIn
from connect.policy import Actor, Permission


async def pass_second_factor(actor: Actor, proof: Proof, network: str, browser: str = "") -> str:
    """Open a half-open session fully: it ends, and a new one begins; the new one's secret.

    Raises:
        NotSignedIn: it is not half open, or has ended.
        TooMany: tries are used up, of passwords and codes together.
        WrongOtp: the proof does not hold.
    """
    account = await Account.objects().where(Account.id == actor.half_open).first()
    if account is None:
        raise NotSignedIn
    await count_try(account, proof, network)
    async with transaction():
        half = (
            await Session.delete()
            .where(Session.id_hash == actor.session)
            .returning(Session.id_hash)
        )
        if not half:
            raise NotSignedIn
        if not await holds(actor, account, proof):
            raise WrongOtp
        secret = await open_session(account, network, browser, with_factor=True)
        await forgive(account, network)
    return secret


async def step_up(
    actor: Actor, *, proof: Proof, password: str, network: str
) -> tuple[datetime, str]:
    """Prove anew who *actor* is; up to when that counts, and the secret of the renewed session.

    A session gets a new id, as with every proof; an API token stays, and its secret is "".

    Args:
        password: counts only for an account without a second factor.

    Raises:
        TooMany: tries are used up.
        Invalid: the proof does not hold.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    account = await account_of(actor)
    with_factor = await has_factor(account.id)
    if with_factor:
        await count_try(account, proof, network)
    else:
        await _check_password(account, password)
    async with transaction():
        account = await account_of(actor, lock=True)
        if with_factor and not await holds(actor, account, proof):
            raise Invalid({"otp": str(WrongOtp())})
        await forgive(account, network)
        secret = await _renew(actor)
        await record(actor, "proof.renewed", Account, of=account.id)
    return clock.now() + FRESH, secret


async def _check_password(account: Account, password: str) -> None:
    subject = ("sign_in", f"change {account.id}")
    await limits.hit(subject)
    fits, _ = await security.verify_password(password, account.password_hash)
    if not fits:
        raise Invalid({"password": "This is not your present password."})
    await limits.forgive(*subject)


async def _renew(actor: Actor) -> str:
    secret = security.new_token()
    session = (
        await Session.update(
            {Session.id_hash: security.token_hash(secret), Session.fresh_at: clock.now()}
        )
        .where(Session.id_hash == actor.session)
        .returning(Session.id_hash)
    )
    if session:
        return secret
    token = (
        await ApiToken.update({ApiToken.fresh_at: clock.now()})
        .where(ApiToken.token_hash == actor.session)
        .returning(ApiToken.id)
    )
    if not token:
        raise NotSignedIn
    return ""
