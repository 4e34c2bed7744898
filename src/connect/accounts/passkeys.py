"""Passkeys: what a browser is asked for, and whether its answer holds (W3C Web Authentication).

Name and origin of the site come from the settings alone, never from a request.
"""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec

from connect import audit, clock
from connect.accounts.tables import Account, Factor, FactorKind
from connect.config import settings
from connect.policy import Actor

# webauthn is imported late: it takes 0.2 s, and few requests need it.
SLOT = 300  # seconds; a challenge is good in the one in which it was made, and in the next
Credential = dict[str, Any]  # as PublicKeyCredential.toJSON() has it


def site() -> tuple[str, str]:
    """The id under which browsers keep this site's passkeys, and the origin that they name."""
    url = urlsplit(settings().base_url)
    usual = {"https": 443, "http": 80}.get(url.scheme)
    host = url.netloc.rpartition(":")[0] if url.port == usual else url.netloc
    return url.hostname or "", f"{url.scheme}://{host.lower()}"


def has_name() -> bool:
    """Whether the site has a host name: browsers keep no passkeys for a bare IP address."""
    try:
        ip_address(site()[0])
    except ValueError:
        return True
    return False


def creation_options(factor: Factor, account: Account, present: list[Factor]) -> Credential:
    """What ``navigator.credentials.create`` is asked for *factor*, which is not confirmed yet.

    Args:
        present: the account's passkeys; the device of one of them is not taken twice.
    """
    from webauthn import generate_registration_options

    options = generate_registration_options(
        rp_id=site()[0],
        rp_name=settings().organization,
        user_id=account.id.bytes,
        user_name=account.email,
        user_display_name=account.legal_name,
        challenge=_creation_challenge(factor),
        exclude_credentials=_descriptors(present),
    )
    return _plain(options)


def created(factor: Factor, answer: Credential) -> bool:
    """Whether *answer* makes a passkey for *factor*, which takes its id and public key over."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    rp_id, origin = site()
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=_creation_challenge(factor),
            expected_rp_id=rp_id,
            expected_origin=origin,
        )
    except Exception:  # what comes from outside fails in many ways, and none of them is a passkey
        return False
    factor.credential = bytes_to_base64url(made.credential_id)
    factor.public_key = bytes_to_base64url(made.credential_public_key)
    factor.sign_count = made.sign_count
    return True


def request_options(actor: Actor, passkeys: list[Factor]) -> Credential | None:
    """What ``navigator.credentials.get`` is asked, to prove who *actor* is; None without passkeys.

    Nothing is stored: the challenge is made of the secret key, the session or token, the moment
    of its last proof and the time. A proof that holds changes that moment, so each is good once.
    """
    if not passkeys:
        return None
    from webauthn import generate_authentication_options

    options = generate_authentication_options(
        rp_id=site()[0],
        challenge=_challenges(actor)[0],
        allow_credentials=_descriptors(passkeys),
    )
    return _plain(options)


async def use(actor: Actor, account: Account, answer: Credential) -> bool:
    """Whether *answer* proves by a passkey of *account* who *actor* is. Notes its use.

    In the caller's transaction, which has to end the session or set its moment of proof anew.
    """
    if not isinstance(answer.get("id"), str):
        return False
    factor = (
        await Factor.objects()
        .where(
            Factor.account == account.id,
            Factor.kind == FactorKind.PASSKEY,
            Factor.confirmed_at.is_not_null(),
            Factor.credential == answer["id"].replace("\x00", ""),
        )
        .first()
    )
    count = _counted(actor, factor, answer) if factor else None
    if factor is None or count is None:
        return False
    noted = (
        await Factor.update({Factor.sign_count: count, Factor.used_at: clock.now()})
        .where(Factor.id == factor.id, Factor.sign_count == factor.sign_count)
        .returning(Factor.id)
    )
    return bool(noted)


def _counted(actor: Actor, factor: Factor, answer: Credential) -> int | None:
    """How often *factor* was used, as its *answer* says; None when that does not hold."""
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes

    rp_id, origin = site()
    for challenge in _challenges(actor):
        try:
            verified = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=rp_id,
                expected_origin=origin,
                credential_public_key=base64url_to_bytes(factor.public_key),
                credential_current_sign_count=factor.sign_count,
            )
        except Exception:  # noqa: S112 -- as above
            continue
        return int(verified.new_sign_count)
    return None


def _creation_challenge(factor: Factor) -> bytes:
    """Good while *factor* waits: it is confirmed once, and swept soon."""
    return audit.keyed_hash(f"passkey {factor.id}").encode()


def _challenges(actor: Actor) -> list[bytes]:
    """The present challenge and the one before it."""
    slot = int(clock.now().timestamp()) // SLOT
    about = f"proof {actor.session} {actor.fresh_until}"
    return [audit.keyed_hash(f"{about} {n}").encode() for n in (slot, slot - 1)]


def _descriptors(passkeys: list[Factor]) -> list[Any]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential)) for row in passkeys
    ]


def _plain(options: Any) -> Credential:
    from webauthn import options_to_json

    return msgspec.json.decode(options_to_json(options), type=Credential)
