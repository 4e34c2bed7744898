"""Second factors: setting one up, taking it away, recovery codes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pyotp

from connect import clock, limits, security
from connect.accounts import passkeys, proofs
from connect.accounts.proofs import Proof
from connect.accounts.queries import account_of
from connect.accounts.roles import stands_above
from connect.accounts.sign_in import end_ways_in, open_session, open_token
from connect.accounts.tables import (
    Account,
    ApiToken,
    Factor,
    FactorKind,
    RecoveryCode,
    RoleGrant,
    Session,
)
from connect.audit import record
from connect.config import settings
from connect.db import is_unique_violation, locked, one, transaction
from connect.errors import Conflict, Forbidden, Invalid, NotFound, NotSignedIn
from connect.mail.actions import write_mail
from connect.policy import Actor, Permission, Role

MOST = 10  # factors of one account
PENDING = timedelta(minutes=30)  # in which a new factor has to be confirmed
WORDS = {FactorKind.TOTP: "Authenticator app", FactorKind.PASSKEY: "Passkey"}


class EnoughFactors(Conflict):
    message = f"You have {MOST} second factors, which is as many as there can be. Remove one first."


class NoFactor(Conflict):
    message = "Recovery codes stand in for a second factor, and you have none. Set one up first."


class NotAboveThem(Forbidden):
    message = (
        "Second factors are reset by somebody who could grant every role of their owner, and never "
        "by the owner: one's own are on the account's page."
    )


class Confirmed(msgspec.Struct):
    """A factor that counts from now on, and what is shown only once."""

    factor: Factor
    secret: str  # of the new session, or of the new API token
    token: ApiToken | None  # of the API: what stands for the one that asked
    codes: list[str]  # recovery codes, with the first factor


async def begin(actor: Actor, kind: FactorKind, name: str) -> Factor:
    """A new factor of the actor, to be confirmed. One that was begun before is given up.

    Raises:
        StepUpNeeded: the actor's last proof is too old.
        EnoughFactors: there are as many as there can be.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    actor.must_be_fresh()
    secret = security.seal(pyotp.random_base32()) if kind is FactorKind.TOTP else ""
    async with transaction():
        account = await account_of(actor, lock=True)
        if len(await proofs.factors_of(account.id)) >= MOST:
            raise EnoughFactors
        await Factor.delete().where(Factor.account == account.id, Factor.confirmed_at.is_null())
        factor = Factor(account=account.id, kind=kind, name=name or WORDS[kind], secret=secret)
        await Factor.insert(factor)
        await record(actor, "factor.begun", Factor, of=factor.id, kind=kind)
    return factor


async def begun(actor: Actor, factor_id: UUID) -> Factor:
    """A factor of the actor that waits to be confirmed. Its secret may be shown.

    Raises:
        StepUpNeeded: the actor's last proof is too old.
        NotFound: it is not the actor's, was confirmed, or waited too long.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    actor.must_be_fresh()
    return await one(
        Factor.objects().where(
            Factor.id == factor_id,
            Factor.account == actor.id,
            Factor.confirmed_at.is_null(),
            Factor.made_at > clock.now() - PENDING,
        )
    )


async def to_set_up(actor: Actor, factor: Factor) -> dict[str, Any]:
    """What its owner needs to set *factor* up.

    ``{secret, uri}`` for an app; ``{options}`` of ``navigator.credentials.create`` for a passkey.
    """
    account = await account_of(actor)
    if factor.kind == FactorKind.TOTP:
        secret = security.unseal(factor.secret)
        issuer = settings().organization
        uri = pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=issuer)
        return {"secret": secret, "uri": uri}
    present = await proofs.factors_of(account.id, FactorKind.PASSKEY)
    return {"options": passkeys.creation_options(factor, account, present)}


async def confirm(
    actor: Actor, factor_id: UUID, proof: Proof, *, network: str, browser: str = ""
) -> Confirmed:
    """Take a factor into use. All ways in end; the one that asked is replaced by a new one.

    Raises:
        StepUpNeeded, NotFound: as ``begun``.
        TooMany: too many wrong codes.
        Invalid: the code, or the passkey's answer, does not fit.
    """
    await begun(actor, factor_id)
    await limits.hit(("sign_in", f"factor {actor.id}"))
    async with transaction():
        account = await account_of(actor, lock=True)
        factor = await begun(actor, factor_id)
        is_first = not await proofs.has_factor(account.id)
        CHECKS[FactorKind(factor.kind)](factor, proof)
        factor.confirmed_at = clock.now()
        await _save(factor)
        asked_by = await ApiToken.objects().where(ApiToken.token_hash == actor.session).first()
        if not asked_by and not await Session.exists().where(Session.id_hash == actor.session):
            raise NotSignedIn  # ended since it was looked at
        await end_ways_in(account.id)
        codes = await proofs.replace_codes(account.id) if is_first else []
        token, secret = None, ""
        if asked_by:
            kept = {n: getattr(asked_by, n) for n in ("name", "scopes", "expires_at")}
            token, secret = await open_token(account, **kept, with_factor=True)
        else:
            secret = await open_session(account, network, browser, with_factor=True)
        await record(actor, "factor.added", Factor, of=factor.id, kind=factor.kind)
        await _tell(account, "factor_added", factor=factor.name)
        await proofs.forgive(account, network)
    return Confirmed(factor, secret, token, codes)


def _check_app(factor: Factor, proof: Proof) -> None:
    step = proofs.fitting_step(factor, "".join(proof.otp.split()))
    if step is None:
        raise Invalid(
            {"otp": "This is not the code of your app. Check your device's clock, and try again."}
        )
    factor.last_step = step


def _check_passkey(factor: Factor, proof: Proof) -> None:
    if proof.credential is None or not passkeys.created(factor, proof.credential):
        raise Invalid({"credential": "This passkey could not be checked. Create it once more."})


CHECKS: dict[FactorKind, Callable[[Factor, Proof], None]] = {
    FactorKind.TOTP: _check_app,
    FactorKind.PASSKEY: _check_passkey,
}


async def _save(factor: Factor) -> None:
    try:
        async with transaction():
            await factor.save()
    except Exception as error:
        if is_unique_violation(error):
            raise Invalid({"credential": "This passkey is in use already. Take another."}) from None
        raise


async def remove(actor: Actor, factor_id: UUID) -> None:
    """Take one of the actor's factors away; all ways in end. With the last one go its codes.

    Raises:
        StepUpNeeded: the actor's last proof is too old.
        NotFound: it is not the actor's.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    actor.must_be_fresh()
    async with transaction():
        account = await account_of(actor, lock=True)
        gone = (
            await Factor.delete()
            .where(Factor.id == factor_id, Factor.account == account.id)
            .returning(Factor.name, Factor.confirmed_at)
        )
        if not gone:
            raise NotFound
        if gone[0]["confirmed_at"] is None:
            await record(actor, "factor.given_up", Factor, of=factor_id)
            return
        if not await proofs.has_factor(account.id):
            await RecoveryCode.delete().where(RecoveryCode.account == account.id)
        await end_ways_in(account.id)
        await record(actor, "factor.removed", Factor, of=factor_id)
        await _tell(account, "factor_removed", factor=gone[0]["name"])


async def new_codes(actor: Actor) -> list[str]:
    """New recovery codes in place of all earlier ones; shown only this once.

    Raises:
        StepUpNeeded: the actor's last proof is too old.
        NoFactor: there is nothing that they could stand in for.
    """
    actor.must(Permission.EDIT_ACCOUNT)
    actor.must_be_fresh()
    async with transaction():
        account = await account_of(actor, lock=True)
        if not await proofs.has_factor(account.id):
            raise NoFactor
        codes = await proofs.replace_codes(account.id)
        await record(actor, "recovery_codes.made", Account, of=account.id)
        await _tell(account, "recovery_codes")
    return codes


async def reset(actor: Actor, account_id: UUID) -> None:
    """Take all factors of somebody who lost them away; all ways in end. Twice is once.

    The password alone opens the account then, and its privileged roles sleep.

    Raises:
        StepUpNeeded: the actor's last proof is too old.
        NotAboveThem: it is the actor's own account, or one whose roles the actor does not grant.
        NotFound: no such account.
    """
    actor.must(Permission.RESET_FACTORS)
    actor.must_be_fresh()
    async with transaction():
        account = await one(locked(Account.objects().where(Account.id == account_id), Account))
        rows = await RoleGrant.select(RoleGrant.role).where(RoleGrant.account == account.id)
        if not stands_above(actor, account.id, {Role(row["role"]) for row in rows}):
            raise NotAboveThem
        await drop(actor, account)


async def drop(actor: Actor, account: Account) -> None:
    """Take all factors of *account* away, in the caller's transaction; all ways in end."""
    gone = await Factor.delete().where(Factor.account == account.id).returning(Factor.id)
    if not gone:
        return
    await RecoveryCode.delete().where(RecoveryCode.account == account.id)
    await proofs.forget_tries(account)
    await end_ways_in(account.id)
    await record(actor, "factors.reset", Account, of=account.id)
    await _tell(account, "factors_reset")


async def _tell(account: Account, mail: str, *, factor: str = "") -> None:
    await write_mail(
        f"accounts/{mail}",
        to=account.email,
        account=account.id,
        name=account.legal_name,
        factor=factor,
    )
