"""Second factors in tests: an authenticator app, and a device that keeps passkeys."""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from httpx import AsyncClient

import make
from accounts.people import elsewhere
from connect import clock, security
from connect.accounts.passkeys import site
from connect.accounts.proofs import replace_codes
from connect.accounts.tables import Account, Factor, FactorKind

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40  # flags of an authenticator's data


def code(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or *steps* of 30 seconds later."""
    return pyotp.TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + steps)


async def app_of(account: Account) -> str:
    """Give *account* an authenticator app; its secret."""
    secret = pyotp.random_base32()
    await Factor(
        account=account.id,
        kind=FactorKind.TOTP,
        name="Phone",
        secret=security.seal(secret),
        confirmed_at=clock.now(),
    ).save()
    return secret


async def codes_of(account: Account) -> list[str]:
    """Give *account* recovery codes."""
    return await replace_codes(account.id)


async def half_open(app: Any, account: Account) -> AsyncClient:
    """A browser in which the password of *account*, which has a factor, was given."""
    browser = elsewhere(app, headers={"Sec-Fetch-Site": "same-origin"})
    asked = {"email": account.email, "password": make.PASSWORD}
    assert (await browser.post("/login", data=asked)).status_code == 303
    return browser


class Device:
    """Keeps one passkey, as a phone or a security key does."""

    def __init__(self, *, counts: bool = True) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.counts = counts
        self.uses = 0

    def create(self, options: dict[str, Any], *, origin: str = "") -> dict[str, Any]:
        """The answer to ``navigator.credentials.create``."""
        public = self._key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)}
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            clientDataJSON=self._client("webauthn.create", options["challenge"], origin),
            attestationObject=cbor2.dumps(statement),
        )

    def get(self, options: dict[str, Any], *, origin: str = "") -> dict[str, Any]:
        """The answer to ``navigator.credentials.get``."""
        self.uses += self.counts
        client = self._client("webauthn.get", options["challenge"], origin)
        data = self._data(options["rpId"])
        signed = data + hashlib.sha256(client).digest()
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=self._key.sign(signed, ec.ECDSA(hashes.SHA256())),
        )

    def _data(self, rp_id: str, flags: int = 0) -> bytes:
        start = hashlib.sha256(rp_id.encode()).digest()
        return start + bytes([flags | PRESENT | VERIFIED]) + self.uses.to_bytes(4)

    def _client(self, act: str, challenge: str, origin: str) -> bytes:
        said = {"type": act, "challenge": challenge, "origin": origin or site()[1]}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> dict[str, Any]:
        name = text(self.id)
        plain = {part: text(value) for part, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": plain}


def text(data: bytes) -> str:
    """Bytes as base64url."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
