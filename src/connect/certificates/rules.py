"""Numbers, codes and terms of certificates. Pure."""

import secrets
import unicodedata
from datetime import date

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
CREDIT_LINES = 8  # that a page has room for
LENGTH = 26  # 130 bits, of which 128 are random


def new_code() -> str:
    """128 random bits as 26 characters."""
    number = secrets.randbits(128)
    return "".join(ALPHABET[number >> 5 * i & 31] for i in reversed(range(LENGTH)))


def normal_code(typed: str) -> str:
    """A code as it is stored: case, spaces and dashes do not matter; O is 0, I and L are 1."""
    kept = "".join(c for c in typed.upper() if c.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def grouped(code: str) -> str:
    """A code as it is printed, in groups that an eye can keep."""
    return "-".join(code[i : i + 5] for i in range(0, len(code), 5))


def number_of(year: int, counter: int) -> str:
    """C-2026-000001."""
    return f"C-{year}-{counter:06}"


def has_ended(ends: date | None, today: date) -> bool:
    """Whether a term is over. Its last day is the one before *ends* (R21)."""
    return ends is not None and today >= ends


def is_nameless(name: str) -> bool:
    """Whether the holder was erased: nothing else takes a name from a certificate."""
    return not name


def same_last_name(name: str, typed: str) -> bool:
    """Whether *typed* is the last part of *name*, whatever case and accents."""
    wanted = _plain(typed).split()
    return bool(wanted) and _plain(name).split()[-len(wanted) :] == wanted


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))
