"""Proofs of who somebody is, besides the password: each is good once."""

import hashlib
import hmac
import secrets
from typing import Annotated
from uuid import UUID

import msgspec
import pyotp
from msgspec import Meta

from connect import clock, limits, security
from connect.accounts import passkeys
from connect.accounts.tables import Account, Factor, FactorKind, RecoveryCode
from connect.agencies.rules import CODE_ALPHABET, normal_code
from connect.audit import record
from connect.db import transaction
from connect.errors import Forbidden
from connect.mail.actions import write_mail
from connect.policy import Actor

WARN_AFTER = 5  # wrong codes
MOST_TRIES = 100  # of codes, without a right one among them
STEP = 30  # seconds that a code of an authenticator app lasts (RFC 6238)
RECOVERY_CODES = 10
RECOVERY_LENGTH = 24  # characters of 5 bits: 120 are too many to be guessed from a backup
Otp = Annotated[
    str,
    Meta(
        max_length=60,
        pattern=r"^[^\x00\ud800-\udfff]*$",
        description="Write the six digits of your app, or a recovery code.",
    ),
]


class Proof(msgspec.Struct, forbid_unknown_fields=True):
    """A code or a passkey's answer; one of them."""

    otp: Otp = ""
    credential: passkeys.Credential | None = None


class WrongOtp(Forbidden):
    status = 401
    message = (
        "This code is not right, or it was used before. Wait for the next one in your app, or use "
        "another recovery code."
    )


class CodesLocked(Forbidden):
    message = (
        "Too many wrong codes in a row. Use a passkey; or sign out, set a new password by mail, "
        "and codes work again."
    )


async def factors_of(account: UUID, kind: FactorKind | None = None) -> list[Factor]:
    """The confirmed factors of *account*, oldest first."""
    query = Factor.objects().where(Factor.account == account, Factor.confirmed_at.is_not_null())
    if kind:
        query = query.where(Factor.kind == kind)
    return await query.order_by(Factor.id)


async def has_factor(account: UUID) -> bool:
    """Whether *account* needs more than its password to get in."""
    return await Factor.exists().where(Factor.account == account, Factor.confirmed_at.is_not_null())


async def count_try(account: Account, proof: Proof, network: str = "") -> None:
    """Count a try of a second factor, by the same limits as one of a password.

    Also over all networks, and codes in a row without a right one over all time (NIST SP
    800-63B-4 3.2.2): only who knows the password comes as far as this, so nobody else can use
    an owner's tries up. The owner is told early, since somebody does know the password.

    Args:
        network: left out where the try of a password was counted in the same request.

    Raises:
        TooMany: tries are used up for now.
        CodesLocked: they are used up.
    """
    here = (("sign_in", f"{account.email} {network}"), ("network", network)) if network else ()
    await limits.hit(("sign_in", f"factor {account.id}"), *here)
    if proof.credential is not None:  # nobody guesses a signature
        return
    async with transaction():
        counted = (
            await Account.update({Account.code_tries: Account.code_tries + 1})
            .where(Account.id == account.id, Account.code_tries < MOST_TRIES)
            .returning(Account.code_tries)
        )
        if not counted:
            raise CodesLocked
        if counted[0]["code_tries"] == WARN_AFTER + 1:
            await record(Actor(account_id=account.id), "codes.wrong", Account, of=account.id)
            await write_mail(
                "accounts/wrong_codes",
                to=account.email,
                account=account.id,
                name=account.legal_name,
            )


async def forgive(account: Account, network: str) -> None:
    """Forget the tries before one that was right."""
    await limits.forgive("sign_in", f"{account.email} {network}")
    await limits.forgive("sign_in", f"factor {account.id}")
    await forget_tries(account)


async def forget_tries(account: Account) -> None:
    """Count codes from nothing again, as after a new password."""
    await Account.update({Account.code_tries: 0}).where(
        Account.id == account.id, Account.code_tries > 0
    )


async def holds(actor: Actor, account: Account, proof: Proof) -> bool:
    """Whether *proof* shows that *actor* is the owner of *account*; it is used up by that.

    In the caller's transaction, after ``count_try``.
    """
    if proof.credential is not None:
        return await passkeys.use(actor, account, proof.credential)
    digits = "".join(proof.otp.split())
    if len(digits) == 6 and digits.isascii() and digits.isdigit():
        return await _use_app(account, digits)
    return await _use_recovery_code(account, proof.otp)


async def _use_app(account: Account, digits: str) -> bool:
    for factor in await factors_of(account.id, FactorKind.TOTP):
        step = fitting_step(factor, digits)
        if step is None:
            continue
        spent = (
            await Factor.update({Factor.last_step: step, Factor.used_at: clock.now()})
            .where(Factor.id == factor.id, Factor.last_step < step)
            .returning(Factor.id)
        )
        if spent:
            return True
    return False


def fitting_step(factor: Factor, digits: str) -> int | None:
    """The step of 30 seconds whose code *digits* is; one step before and after now counts."""
    app = pyotp.TOTP(security.unseal(factor.secret), digest=hashlib.sha1)
    now = int(clock.now().timestamp()) // STEP
    return next((n for n in (now, now - 1, now + 1) if _is_same(app.generate_otp(n), digits)), None)


def _is_same(code: str, typed: str) -> bool:
    return hmac.compare_digest(code.encode(), typed.encode("utf-8", "replace"))


async def _use_recovery_code(account: Account, typed: str) -> bool:
    spent = (
        await RecoveryCode.update({RecoveryCode.used_at: clock.now()})
        .where(
            RecoveryCode.account == account.id,
            RecoveryCode.code_hash == security.token_hash(normal_code(typed)),
            RecoveryCode.used_at.is_null(),
        )
        .returning(RecoveryCode.id)
    )
    if not spent:
        return False
    owner = Actor(account_id=account.id)
    await record(owner, "recovery_code.used", RecoveryCode, of=spent[0]["id"])
    left = await codes_left(account.id)
    await write_mail(
        "accounts/recovery_code_used",
        to=account.email,
        account=account.id,
        name=account.legal_name,
        left=left,
    )
    return True


async def codes_left(account: UUID) -> int:
    """How many recovery codes of *account* can still be used."""
    return int(
        await RecoveryCode.count().where(
            RecoveryCode.account == account, RecoveryCode.used_at.is_null()
        )
    )


async def replace_codes(account: UUID) -> list[str]:
    """New recovery codes in place of all earlier ones, in the caller's transaction.

    They are kept nowhere: they are shown once.
    """
    codes = [
        "".join(secrets.choice(CODE_ALPHABET) for _ in range(RECOVERY_LENGTH))
        for _ in range(RECOVERY_CODES)
    ]
    await RecoveryCode.delete().where(RecoveryCode.account == account)
    await RecoveryCode.insert(
        *(RecoveryCode(account=account, code_hash=security.token_hash(code)) for code in codes)
    )
    return ["-".join(code[n : n + 4] for n in range(0, RECOVERY_LENGTH, 4)) for code in codes]
