"""What an account may hold. Pure."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from connect.security import password_fault


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


def faults(
    given: Mapping[str, str | None], *, password: str | None = None, field: str = "password"
) -> dict[str, str]:
    """What is wrong with the values of a profile beyond their form: field → sentence.

    Args:
        given: some of ``legal_name, certificate_name, email, time_zone``.
        password: to be judged together with the name and address, reported under *field*.
    """
    found: dict[str, str] = {}
    if "legal_name" in given and not normal_name(given["legal_name"] or ""):
        found["legal_name"] = "Write your name as it stands in your official records."
    zone = given.get("time_zone")
    if zone and zone not in zones():
        found["time_zone"] = "Choose a time zone such as America/Chicago."
    if password is not None:
        about = tuple(given.get(name) or "" for name in ("legal_name", "email"))
        if fault := password_fault(password, about=about):
            found[field] = fault
    return found
