"""Passwords, random tokens, sealed text and files."""

import asyncio
import base64
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from passlib.context import CryptContext  # type: ignore[import-untyped]

from connect.config import settings
from connect.errors import Busy

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

Result = TypeVar("Result")
MIN_PASSWORD = 15  # NIST SP 800-63B-4 3.1.1.2, for a password alone
MAX_PASSWORD = 256
CORES = os.cpu_count() or 1
MOST_WAITING = 60 * CORES  # hashes of about 17 ms: a second of work for each core
COMMON = Path(__file__).with_name("common_passwords.txt")
DISGUISES = str.maketrans("@4301!$57", "aaeoiisst")  # p@ssw0rd
RUNS = (
    "01234567890123456789|abcdefghijklmnopqrstuvwxyz|qwertyuiop|asdfghjkl|zxcvbnm"
    "|1qaz2wsx3edc4rfv5tgb6yhn7ujm|qazwsxedcrfvtgbyhnujmikolp"
)

_argon2id = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19456,  # KiB
    argon2__time_cost=2,
    argon2__parallelism=1,
)
_hashers = ThreadPoolExecutor(max_workers=CORES, thread_name_prefix="argon2")
_waiting = 0


async def hash_password(password: str) -> str:
    """The argon2id hash of *password*, made off the event loop.

    Raises:
        Busy: more hashes wait than the machine does in a second.
    """
    return await _off_loop(lambda: _argon2id.hash(_normal(password)))


async def verify_password(password: str, known: str | None) -> tuple[bool, str | None]:
    """Whether *password* fits the hash *known*, and a newer hash when *known* is outdated.

    Without *known* the same time is spent on a hash that nothing fits, so that nobody
    learns from the clock which addresses have accounts.

    Raises:
        Busy: more hashes wait than the machine does in a second.
    """
    fits, newer = await _off_loop(
        lambda: _argon2id.verify_and_update(_normal(password), known or _no_account())
    )
    return (fits and known is not None), newer


async def _off_loop(work: Callable[[], Result]) -> Result:
    global _waiting
    if _waiting >= MOST_WAITING:
        raise Busy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_hashers, work)
    finally:
        _waiting -= 1


@cache
def _no_account() -> str:
    return str(_argon2id.hash(secrets.token_urlsafe(32)))


def _normal(password: str) -> str:
    """What is hashed. The cut bounds the work; nobody has a password that is as long."""
    return unicodedata.normalize("NFKC", password)[: MAX_PASSWORD + 1]


def password_fault(password: str, *, about: tuple[str, ...] = ()) -> str:
    """Why *password* must not be used, as a sentence; empty when it may.

    There are no composition rules: length, and not being guessable from a list of common
    passwords, from a pattern, or from *about* (the person's own name and address).
    """
    normal = _normal(password)
    plain = normal.casefold()
    if len(normal) < MIN_PASSWORD:
        return f"Use at least {MIN_PASSWORD} characters. Three or four random words work well."
    if len(normal) > MAX_PASSWORD:
        return f"Use at most {MAX_PASSWORD} characters."
    if len(set(plain)) < 5 or _is_run(plain):
        return (
            "This repeats itself or runs along the keyboard. Use words that do not belong together."
        )
    own = [part.casefold() for part in about]
    words = _common() | {w for part in own for w in re.split(r"\W+", part) if len(w) > 2}
    words |= {_letters(part) for part in own}
    shown = re.sub(r"[\W\d_]{4,}", "", plain).translate(DISGUISES)  # without a year or the like
    if _is_made_of(_letters(plain), words) or _is_made_of(_letters(shown), words):
        return (
            "This is easy to guess: it is made of common passwords or of your own name or address."
        )
    return ""


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text)


def _is_run(text: str) -> bool:
    """Whether *text* repeats one piece, or runs through neighbors such as 12345 or qwerty."""
    if text in (text + text)[1:-1]:
        return True
    pieces = [text[i : i + 4] for i in range(0, len(text) - 3, 4)]
    return all(piece in RUNS or piece[::-1] in RUNS for piece in pieces)


def _is_made_of(text: str, words: set[str]) -> bool:
    reached = {0}
    for end in range(1, len(text) + 1):
        if any(text[start:end] in words for start in reached):
            reached.add(end)
    return bool(text) and len(text) in reached


@cache
def _common() -> set[str]:
    return set(COMMON.read_text().split())


def new_token() -> str:
    """256 random bits, safe in an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def seal(text: str) -> str:
    """*text* unreadable without the secret key."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text that was sealed, by the present or an earlier key."""
    return _box().decrypt(sealed.encode()).decode()


def seal_bytes(data: bytes) -> bytes:
    """*data* unreadable without the secret key; no two results are the same."""
    return _box().encrypt(data)


def unseal_bytes(sealed: bytes) -> bytes:
    """The bytes that were sealed, by the present or an earlier key."""
    return _box().decrypt(sealed)


def sign(purpose: str, statement: str) -> str:
    """*statement* with proof that it is ours, safe in an address; everybody can read it."""
    said = base64.urlsafe_b64encode(statement.encode()).decode().rstrip("=")
    return f"{said}.{_proof(settings().keys[0], purpose, said)}"


def signed(purpose: str, token: str) -> str | None:
    """The statement that was signed for *purpose*, by the present or an earlier key."""
    said, _, proof = token.partition(".")
    given = proof.encode()
    known = [_proof(key, purpose, said).encode() for key in settings().keys]
    if not any(hmac.compare_digest(given, ours) for ours in known):
        return None
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)).decode()


def _proof(key: str, purpose: str, said: str) -> str:
    secret = hashlib.sha256(b"connect sign " + key.encode()).digest()
    mark = hmac.digest(secret, f"{purpose} {said}".encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(mark).decode().rstrip("=")


@cache
def _box() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # late: only mail with a token needs it

    keys = [hashlib.sha256(b"connect seal " + k.encode()).digest() for k in settings().keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
