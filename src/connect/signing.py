"""The key that certificates are signed with, and the public certificates of all that ever were.

Nobody stands above the key: its X.509 certificate is signed by itself and published, and whoever
checks a PDF compares with that. It is RSA with 3072 bits, which every PDF reader accepts.
"""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from connect import clock
from connect.config import keep_once, settings

BITS = 3072
LIFE = timedelta(days=15 * 365)  # what is signed on the last day before a rotation should last
SOON = timedelta(days=5 * 365)
EARLIER = timedelta(days=1)  # a clock may be behind
PEM = serialization.Encoding.PEM


class GivenKey(Exception):
    """The key comes from the settings, and is changed there."""


class SigningKey(msgspec.Struct, frozen=True):
    """A key with its certificate. ``pem`` holds the private key; ``certificate`` is public."""

    pem: str
    certificate: str  # PEM
    fingerprint: str  # SHA-256 of the certificate, in hexadecimal
    ends: datetime


def folder() -> Path:
    """Where the keys are kept: a part of the data folder that belongs into every backup."""
    return Path(settings().data_dir) / "signing"


def signing_key() -> SigningKey:
    """The key that signs now: the given one, or that of the data folder, made at first use.

    Takes a second when it is made; call it off the event loop.

    Raises:
        OSError: the data folder takes no file.
        ValueError: what is there is no key.
    """
    if given := settings().signing_key:
        return read_key(given)
    folder().mkdir(parents=True, exist_ok=True)
    key = read_key(keep_once(folder() / "key.pem", new_pem))
    _publish(key)
    return key


def rotate() -> SigningKey:
    """Make another key, which signs from now on. The public certificate of the old one stays.

    Raises:
        GivenKey: the settings name the key.
    """
    if settings().signing_key:
        raise GivenKey("CONNECT_SIGNING_KEY names the key. Put another one there.")
    signing_key()
    fresh = folder() / f"key-{secrets.token_hex(8)}.pem"
    keep_once(fresh, new_pem)
    fresh.replace(folder() / "key.pem")
    return signing_key()


def own_certificates() -> list[str]:
    """The public certificates that this machine knows, as PEM; none is made."""
    texts = [path.read_text() for path in sorted(folder().glob("*.crt"))]
    if given := settings().signing_key:
        texts.append(read_key(given).certificate)
    return texts


def read_key(pem: str) -> SigningKey:
    """A key and its certificate from their PEM.

    Raises:
        ValueError: one of them is missing or cannot be read.
    """
    found = x509.load_pem_x509_certificate(pem.encode())
    return SigningKey(
        pem,
        found.public_bytes(PEM).decode(),
        found.fingerprint(hashes.SHA256()).hex(),
        found.not_valid_after_utc,
    )


def new_pem() -> str:
    """A new private key with its certificate, in the organization's name."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    organization = settings().organization[:64]  # as X.509 has it
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{organization[:51]} certificates"),
        ]
    )
    now = clock.now().astimezone(UTC)
    uses = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign"), False
    ) | dict.fromkeys(("crl_sign", "encipher_only", "decipher_only"), False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, **uses), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode() + certificate.public_bytes(PEM).decode()


def _publish(key: SigningKey) -> None:
    """Keep the public certificate beside the key: it stays when the key is gone."""
    path = folder() / f"{key.fingerprint[:16]}.crt"
    if not path.exists():
        fresh = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
        fresh.write_text(key.certificate)
        fresh.replace(path)
