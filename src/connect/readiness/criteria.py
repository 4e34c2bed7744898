"""Requirement sets: what the readiness program asks of each kind of agency, as versioned files.

``criteria/*.toml`` hold them. An application is judged by the set it was opened under, whatever
is published later, so a file that was used is never changed.
"""

import hashlib
import tomllib
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

import msgspec

from connect.lists import AGENCY_KINDS, ROSTER_CATEGORIES

FOLDER = Path(__file__).parent / "criteria"


class FactKind(StrEnum):
    """How an answer on the form is written, and checked."""

    TEXT = "text"
    COUNT = "count"  # a whole number, 0 or more
    YEAR = "year"
    DAY = "day"
    CHOICE = "choice"
    ORI = "ori"
    PSAP = "psap"


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question of the form. All answers are what an executive affirms."""

    id: str
    label: str
    kind: FactKind
    help: str = ""
    required: bool = True
    choices: list[str] = []


class TrainingRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What everybody in some roster categories has to have completed.

    ``every`` is a list of alternatives: of each inner list one course, by its code, is enough.
    ``months`` limits the age of a completion on the day of the decision (R17); None: none.
    ``least`` is how many people there have to be in these categories, such as one chief.
    """

    id: str
    title: str
    categories: list[str]
    every: list[list[str]]
    months: int | None = None
    least: int = 0


class PolicyElement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the agency's policy has to say; a critical one decides (R18)."""

    id: str
    title: str
    text: str
    critical: bool
    basis: str = ""  # the statute or standard behind it


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an executive affirms (R20)."""

    id: str
    text: str


class RequirementSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that is asked of one kind of agency, in one version."""

    name: str
    version: str
    title: str
    agency_kinds: list[str]
    edition: str  # of the standard
    effective_from: date
    quality_assurance: bool
    facts: list[Asked]
    training: list[TrainingRule]
    elements: list[PolicyElement]
    statements: list[Statement]

    @property
    def key(self) -> str:
        """What an application keeps: ``law-enforcement/2026.1``."""
        return f"{self.name}/{self.version}"


class BadCriteria(ValueError):
    """A file of criteria that cannot be used; the message names file and fault."""


@cache
def requirement_sets(folder: Path = FOLDER) -> dict[str, RequirementSet]:
    """Every set by its key.

    Raises:
        BadCriteria: naming every fault of every file.
    """
    found: dict[str, RequirementSet] = {}
    faults: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            one = msgspec.convert(tomllib.loads(path.read_text("utf-8")), RequirementSet)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
            faults.append(f"{path.name}: {error}")
            continue
        faults += [f"{path.name}: {fault}" for fault in faults_of(one)]
        if one.key in found:
            faults.append(f"{path.name}: the set {one.key} stands in another file, too")
        found[one.key] = one
    if faults:
        raise BadCriteria("\n".join(faults))
    return found


@cache
def digest_of(key: str, folder: Path = FOLDER) -> str:
    """SHA-256 of the file that the set *key* stands in, as hex."""
    return next(
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.toml"))
        if msgspec.convert(tomllib.loads(path.read_text("utf-8")), RequirementSet).key == key
    )


def faults_of(one: RequirementSet) -> list[str]:
    """What is wrong with a set beyond its shape, in sentences."""
    found = [
        f"{kind!r} is no kind of agency" for kind in one.agency_kinds if kind not in AGENCY_KINDS
    ]
    for rule in one.training:
        found += [
            f"{rule.id!r}: {category!r} is no roster category"
            for category in rule.categories
            if category not in ROSTER_CATEGORIES
        ]
        if not rule.categories or not rule.every or not all(rule.every):
            found.append(f"{rule.id!r} asks nobody or nothing")
        if rule.months is not None and rule.months < 1:
            found.append(f"{rule.id!r}: months are 1 or more")
    for fact in one.facts:
        if (fact.kind is FactKind.CHOICE) != bool(fact.choices):
            found.append(f"{fact.id!r}: choices belong to a choice, and to nothing else")
    for part in (one.facts, one.training, one.elements, one.statements):
        ids = [item.id for item in part]
        found += [
            f"the id {i!r} stands twice" for i in sorted({i for i in ids if ids.count(i) > 1})
        ]
    if not one.elements or not one.statements or not one.agency_kinds:
        found.append("elements, statements and agency_kinds are never empty")
    return found


def current_set(agency_kind: str, on: date) -> RequirementSet | None:
    """The set that is in force for a kind of agency on a day; None: the program has none."""
    fitting = [
        one
        for one in requirement_sets().values()
        if agency_kind in one.agency_kinds and one.effective_from <= on
    ]
    return max(fitting, key=lambda one: (one.effective_from, one.version), default=None)
