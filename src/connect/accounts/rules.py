"""What an account may hold. Pure."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from connect import clock
from connect.accounts.tables import AccountStatus
from connect.policy import UNPRIVILEGED, Role
from connect.security import password_fault

NAMES = ("legal_name", "certificate_name", "title")
LONGEST_NAME = 120
SESSION = timedelta(days=30)
HALF_OPEN = timedelta(minutes=10)  # a session that waits for the second factor
GRACE = timedelta(hours=24)  # in which a new role works without a second factor
FRESH = timedelta(minutes=10)  # how long a proof counts for the most sensitive acts
# For whoever holds a privileged role, as NIST SP 800-63B-4 has it for AAL2.
PRIVILEGED_SESSION = timedelta(hours=24)
IDLE = timedelta(hours=1)

VERIFIED_FOR = 24  # months
ADULTS_ONLY = "Accounts are for people of 18 or older. Tick the box if you are."


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
    """Whether a session with a privileged role has ended, by age or by silence."""
    return now - made_at > PRIVILEGED_SESSION or now - last_seen_at > IDLE


def is_privileged(role: Role) -> bool:
    """Whether *role* needs a second factor and a shorter session."""
    return role not in UNPRIVILEGED


def sleeps(role: Role, *, granted_at: datetime, with_factor: bool, now: datetime) -> bool:
    """Whether *role* rests until its holder signs in with a second factor.

    Args:
        with_factor: the session or token was opened with one.
    """
    return is_privileged(role) and not with_factor and now - granted_at >= GRACE


# First that fits: most browsers also name those that they descend from.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "Chromebook",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


def browser_of(user_agent: str) -> str:
    """A browser in words that its owner knows, such as ``Firefox on Windows``."""
    browser = next((words for sign, words in BROWSERS.items() if sign in user_agent), "")
    system = next((words for sign, words in SYSTEMS.items() if sign in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or "An unknown browser"


def status_of(*, proved: bool, verified: bool, reverify: bool) -> AccountStatus:
    """What an account is when nothing else stands in its way."""
    if not proved:
        return AccountStatus.PENDING_EMAIL
    if verified:
        return AccountStatus.ACTIVE_VERIFIED
    return AccountStatus.REVERIFY_DUE if reverify else AccountStatus.ACTIVE_UNVERIFIED


def is_reverify_due(now: datetime, *, verified_at: datetime, worked_until: date | None) -> bool:
    """Whether a verification has run out: by age, or since the work ended that it was about.

    Args:
        worked_until: last day of the last affiliation, when none is current.
    """
    if worked_until is not None and worked_until >= verified_at.date():
        return True
    return verified_at < months_before(now, VERIFIED_FOR)


def months_before(moment: datetime, months: int) -> datetime:
    """The same day *months* earlier; from a day that is not there the last of its month."""
    return datetime.combine(clock.months_after(moment.date(), -months), moment.timetz())
