"""What an account may hold. Pure."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from connect.security import password_fault

NAMES = ("legal_name", "certificate_name", "title")
LONGEST_NAME = 120
SESSION = timedelta(days=30)
# For whoever holds a role, as NIST SP 800-63B-4 has it for AAL2.
PRIVILEGED_SESSION = timedelta(hours=24)
IDLE = timedelta(hours=1)


@cache
def zones() -> frozenset[str]:
    """Names of the time zones that a person may choose."""
    return frozenset(available_timezones())


def normal_email(typed: str) -> str:
    """The form under which an address is stored and looked up."""
    return typed.strip().lower()


def normal_name(typed: str) -> str:
    """A name in NFC with single spaces, as it is printed."""
    return " ".join(unicodedata.normalize("NFC", typed).split())


def faults(given: Mapping[str, str | None], *, password: str | None = None) -> dict[str, str]:
    """What is wrong with the values of a profile beyond their form: field → sentence.

    Args:
        given: some of ``NAMES``, ``email``, ``time_zone``.
        password: to be judged together with the name and address.
    """
    found: dict[str, str] = {}
    for name in NAMES:
        if len(normal_name(given.get(name) or "")) > LONGEST_NAME:
            found[name] = f"Write at most {LONGEST_NAME} characters, on one line."
    if "legal_name" in given and not normal_name(given["legal_name"] or ""):
        found["legal_name"] = "Write your name as it stands in your official records."
    if "time_zone" in given and given["time_zone"] not in zones():
        found["time_zone"] = "Choose a time zone such as America/Chicago."
    if password is not None:
        about = tuple(given.get(name) or "" for name in ("legal_name", "email"))
        if fault := password_fault(password, about=about):
            found["password"] = fault
    return found


def is_over(now: datetime, *, made_at: datetime, last_seen_at: datetime) -> bool:
    """Whether the session of somebody who holds a role has ended, by age or by silence."""
    return now - made_at > PRIVILEGED_SESSION or now - last_seen_at > IDLE
