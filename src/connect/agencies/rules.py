"""What identifies an agency, and what its kind implies. Pure."""

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from connect.lists import AGENCY_KINDS, STATES


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The FBI's codes differ from the Postal Service's in two places.
ORI_STATES = {"NB": "NE", "GM": "GU"}
ORI_FORM = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")
PSAP_FORM = re.compile(r"[0-9]{1,5}")
DOMAIN_FORM = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

FACTS = ("kind", "name", "state", "county", "ori", "psap_id")
LONGEST_NAME = 200
LONGEST_COUNTY = 120
MOST_DOMAINS = 20
FIRST_YEAR = 1990
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
CODE_LENGTH = 10
# What only a registrar changes: it decides what working there proves.
IDENTITY = frozenset({"kind", "state", "ori", "psap_id", "parent"})
NUMBERS = (
    "population",
    "employees",
    "sworn",
    "yearly_calls",
    "positions",
    "work_stations",
    "agencies_served",
)
ECC_ONLY = frozenset(
    {"psap_level", "ecc_scope", "yearly_calls", "positions", "work_stations", "agencies_served"}
)
COMMON_WORDS = _words(
    "a and center city college communications county department district for of office police"
    " public safety school sheriff sheriffs s state the town township university"
)

# Anybody can have an address there, so it proves nothing.
PUBLIC_DOMAINS = _words(
    "gmail.com googlemail.com yahoo.com outlook.com hotmail.com live.com msn.com aol.com icloud.com"
    " me.com mac.com proton.me protonmail.com gmx.com mail.com comcast.net att.net verizon.net"
    " sbcglobal.net cox.net charter.net"
)

# What working there proves about somebody's discipline; other kinds employ several.
IMPLIED_DISCIPLINE = {
    "law-enforcement": "law-enforcement",
    "emergency-communications": "emergency-communications",
    "child-welfare": "child-welfare",
    "school": "educator",
    "child-advocacy-center": "child-advocacy-center",
    "prosecutor": "prosecutor",
}


def normal_ori(typed: str) -> str:
    """An ORI as it is stored."""
    return re.sub(r"[\s-]", "", typed).upper()


def ori_fault(ori: str, state: str) -> str:
    """Why *ori* cannot be the ORI of an agency in *state*; empty when it can.

    An ORI has nine characters and begins with the FBI's code of the state.
    """
    if not ORI_FORM.fullmatch(ori):
        return "An ORI has nine letters and digits and begins with the state, such as IA0070100."
    of_state = ORI_STATES.get(ori[:2], ori[:2])
    if of_state in STATES and of_state != state:
        return f"This ORI belongs to {STATES[of_state].label}. Check it, or the state."
    return ""


def normal_state(typed: str) -> str:
    """A state's postal code, also where the FBI's own code was given."""
    code = typed.strip().upper()
    return ORI_STATES.get(code, code)


def normal_domain(typed: str) -> str:
    """A domain as it is stored: lower case, without what stands before or behind it."""
    return typed.strip().lower().removeprefix("@").rstrip(".")


def domain_fault(domain: str) -> str:
    """Why *domain* cannot prove employment; empty when it can."""
    if not DOMAIN_FORM.fullmatch(domain) or len(domain) > 253:
        return "Write a domain such as cedarfallspd.example."
    if domain in PUBLIC_DOMAINS:
        return "Anybody can have an address there, so it proves nothing."
    return ""


def identity_faults(
    *, kind: str, state: str, ori: str | None, psap_id: str | None
) -> dict[str, str]:
    """What is wrong with an agency's identifiers: field → sentence."""
    found: dict[str, str] = {}
    if ori:
        if kind not in ("law-enforcement", "federal", "tribal", "military", "school"):
            found["ori"] = "Only agencies with law enforcement powers have an ORI. Leave it empty."
        elif fault := ori_fault(ori, state):
            found["ori"] = fault
    if psap_id:
        if kind != "emergency-communications":
            found["psap_id"] = "Only 911 centers have a PSAP ID. Leave it empty."
        elif not PSAP_FORM.fullmatch(psap_id):
            found["psap_id"] = "An FCC PSAP ID is a number of up to five digits."
    return found


def search_words(*parts: str | None) -> str:
    """What the search looks through: lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", " ".join(p for p in parts if p).casefold())
    kept = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join(kept.split())


def agency_words(facts: Mapping[str, Any]) -> str:
    """What the search looks through for an agency with these facts."""
    return search_words(*(facts[name] for name in ("name", "county", "ori", "psap_id")))


def agency_faults(
    *, kind: str, name: str, state: str, county: str, ori: str | None, psap_id: str | None
) -> dict[str, str]:
    """What is wrong with the facts of an agency, in their normal forms: field → sentence."""
    found: dict[str, str] = {}
    if kind not in AGENCY_KINDS:
        found["kind"] = "Choose a kind from the list."
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        found["name"] = f"Write the agency's full name in 1 to {LONGEST_NAME} characters."
    if state not in STATES:
        found["state"] = "Choose a state from the list."
    if len(county) > LONGEST_COUNTY or not county.isprintable():
        found["county"] = f"Write at most {LONGEST_COUNTY} characters, on one line."
    return found | identity_faults(kind=kind, state=state, ori=ori, psap_id=psap_id)


def normal_domains(typed: Sequence[str]) -> list[str]:
    """Domains as they are stored, each once."""
    return list(dict.fromkeys(d for t in typed if (d := normal_domain(t))))


def domains_fault(domains: Sequence[str]) -> str:
    """What is wrong with the first bad one of *domains*; empty when they can all be listed."""
    if len(domains) > MOST_DOMAINS:
        return f"List at most {MOST_DOMAINS} domains."
    return next((f"{d}: {fault}" for d in domains if (fault := domain_fault(d))), "")


def profile_faults(
    facts: Mapping[str, Any], *, kind: str, as_of: date, today: date
) -> dict[str, str]:
    """What is wrong with a profile beyond the form of its values: field → sentence."""
    found: dict[str, str] = {}
    given = {name: value for name, value in facts.items() if value not in (None, "")}
    if not any(name in given for name in NUMBERS):
        found["population"] = "Give at least one number."
    if as_of > today:
        found["as_of"] = "Use today or an earlier day."
    if "population" in given:
        if "population_source" not in given:
            found["population_source"] = "Say where the number comes from, such as U.S. Census."
        if not FIRST_YEAR <= given.get("population_year", 0) <= today.year:
            found["population_year"] = f"Say of which year it is: {FIRST_YEAR} to {today.year}."
    if given.get("sworn", 0) > given.get("employees", given.get("sworn", 0)):
        found["sworn"] = "There cannot be more sworn officers than employees."
    if kind != "emergency-communications":
        for name in sorted(ECC_ONLY & given.keys()):
            found[name] = "Only 911 centers have this. Leave it empty."
    return found


def days_waiting(since: datetime, now: datetime) -> int:
    """For how many whole days something has waited."""
    return (now - since).days


def normal_line(typed: str) -> str:
    """A name in NFC with single spaces."""
    return " ".join(unicodedata.normalize("NFC", typed).split())


def new_code() -> str:
    """A code that an agency hands to its people: 50 random bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def normal_code(typed: str) -> str:
    """A code as it was made: case, spaces and dashes do not matter; O is 0, I and L are 1."""
    kept = "".join(c for c in typed.upper() if c.isalnum())
    return kept.translate(str.maketrans("OIL", "011"))


def grouped_code(code: str) -> str:
    """A code as it is shown: two groups that an eye can keep."""
    return f"{code[:5]}-{code[5:]}"


def telling_words(name: str) -> list[str]:
    """The words of an agency's name that tell it from others; all of them when none does."""
    words = search_words(name).split()
    return [w for w in words if w not in COMMON_WORDS] or words
