"""What identifies an agency, and what its kind implies. Pure."""

import re
import unicodedata

from connect.lists import STATES

# The FBI's codes differ from the Postal Service's in two places.
ORI_STATES = {"NB": "NE", "GM": "GU"}
ORI_FORM = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")
PSAP_FORM = re.compile(r"\d{1,5}")
DOMAIN_FORM = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

# Anybody can have an address there, so it proves nothing.
PUBLIC_DOMAINS = frozenset(
    "gmail.com googlemail.com yahoo.com outlook.com hotmail.com live.com msn.com aol.com icloud.com"
    " me.com mac.com proton.me protonmail.com gmx.com mail.com comcast.net att.net verizon.net"
    " sbcglobal.net cox.net charter.net".split()
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
