"""The closed lists: codes that requests, course files and exports share, and their labels.

Codes are stored and never change; labels may. Each dict keeps the order in which the list
is shown.
"""

import msgspec


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry of a list, in the shape that the API answers."""

    code: str
    label: str
    professional: bool | None = None  # disciplines only: whether training is counted


def _items(labels: dict[str, str]) -> dict[str, Item]:
    return {code: Item(code, label) for code, label in labels.items()}


_NOT_PROFESSIONAL = {"parent": "Parent or Caregiver", "general-public": "General Public"}

_PROFESSIONAL = {
    "law-enforcement": "Law Enforcement",
    "emergency-communications": "Emergency Communications",
    "child-welfare": "Child Welfare",
    "prosecutor": "Prosecutor",
    "public-defender": "Public Defender",
    "juvenile-justice": "Juvenile Justice",
    "probation-parole": "Probation and Parole",
    "educator": "Educator",
    "child-advocacy-center": "Child Advocacy Center",
    "medical": "Medical",
    "mental-health": "Mental Health",
    "victim-services": "Victim Services",
    "faith-based": "Faith-Based Organization",
    "nonprofit": "Nonprofit",
    "youth-serving": "Youth-Serving Organization",
    "other-professional": "Other Professional",
}

# Parents and the general public stand last and are never counted as training.
DISCIPLINES: dict[str, Item] = {
    **{code: Item(code, label, True) for code, label in _PROFESSIONAL.items()},
    **{code: Item(code, label, False) for code, label in _NOT_PROFESSIONAL.items()},
}

STATES: dict[str, Item] = _items(
    {
        "AL": "Alabama",
        "AK": "Alaska",
        "AZ": "Arizona",
        "AR": "Arkansas",
        "CA": "California",
        "CO": "Colorado",
        "CT": "Connecticut",
        "DE": "Delaware",
        "DC": "District of Columbia",
        "FL": "Florida",
        "GA": "Georgia",
        "HI": "Hawaii",
        "ID": "Idaho",
        "IL": "Illinois",
        "IN": "Indiana",
        "IA": "Iowa",
        "KS": "Kansas",
        "KY": "Kentucky",
        "LA": "Louisiana",
        "ME": "Maine",
        "MD": "Maryland",
        "MA": "Massachusetts",
        "MI": "Michigan",
        "MN": "Minnesota",
        "MS": "Mississippi",
        "MO": "Missouri",
        "MT": "Montana",
        "NE": "Nebraska",
        "NV": "Nevada",
        "NH": "New Hampshire",
        "NJ": "New Jersey",
        "NM": "New Mexico",
        "NY": "New York",
        "NC": "North Carolina",
        "ND": "North Dakota",
        "OH": "Ohio",
        "OK": "Oklahoma",
        "OR": "Oregon",
        "PA": "Pennsylvania",
        "RI": "Rhode Island",
        "SC": "South Carolina",
        "SD": "South Dakota",
        "TN": "Tennessee",
        "TX": "Texas",
        "UT": "Utah",
        "VT": "Vermont",
        "VA": "Virginia",
        "WA": "Washington",
        "WV": "West Virginia",
        "WI": "Wisconsin",
        "WY": "Wyoming",
        "AS": "American Samoa",
        "GU": "Guam",
        "MP": "Northern Mariana Islands",
        "PR": "Puerto Rico",
        "VI": "U.S. Virgin Islands",
        "ZZ": "Outside the United States",
    }
)

AGENCY_KINDS: dict[str, Item] = _items(
    {
        "law-enforcement": "Law Enforcement Agency",
        "emergency-communications": "Emergency Communications Center",
        "child-welfare": "Child Welfare Agency",
        "school": "School or School District",
        "child-advocacy-center": "Child Advocacy Center",
        "prosecutor": "Prosecutor's Office",
        "nonprofit": "Nonprofit Organization",
        "federal": "Federal Agency",
        "tribal": "Tribal Agency",
        "military": "Military Agency",
        "international": "International Agency",
        "other": "Other",
    }
)

ROSTER_CATEGORIES: dict[str, Item] = _items(
    {
        "patrol": "Patrol",
        "supervisor": "Supervisor",
        "investigator": "Investigator",
        "executive": "Executive",
        "telecommunicator": "Telecommunicator",
        "call-taker": "Call-Taker",
        "ecc-supervisor": "ECC Supervisor",
        "ecc-manager": "ECC Manager",
        "ecc-executive": "ECC Executive",
        "support": "Support Staff",
    }
)

# What speakers call their language; a code that is not here is shown as it is.
LANGUAGES = {
    "ar": "العربية",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "ht": "Kreyòl ayisyen",
    "ko": "한국어",
    "pt": "Português",
    "ru": "Русский",
    "tl": "Tagalog",
    "vi": "Tiếng Việt",
    "zh": "中文",
}
