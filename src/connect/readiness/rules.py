"""Who on an agency's roster needs which training, and how far the agency is (R16, R17). Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from connect import clock
from connect.lists import ROSTER_CATEGORIES
from connect.readiness.criteria import RequirementSet, TrainingRule
from connect.readiness.tables import Exemption

NEW_HIRE = timedelta(days=180)
LONGEST_MONTHS = 24  # that somebody may be exempt from today on
FIRST_DAY = date(1950, 1, 1)
ERASED = "Somebody who was erased"  # whose name is gone

Need = tuple[str, int]  # id of a training rule, and which of its lists of courses


class Rostered(msgspec.Struct, frozen=True, kw_only=True):
    """One person on a roster on a day, over all categories."""

    key: str  # the account's id, or a typed name
    name: str
    asked: frozenset[str] = frozenset()  # categories without an exemption
    exempt: frozenset[str] = frozenset()  # categories with one; those in ``asked`` do not count
    done: frozenset[Need] = frozenset()
    shares: bool = True  # False: a typed name, or no consent; whatever was completed (R30)


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those who are asked have what is asked of them."""

    satisfied: int
    required: int  # without those who are exempt
    exempt: int
    missing: list[str]  # names
    exempted: list[str]
    unverified: list[str]  # those of ``missing`` of whom nothing is known

    @property
    def percent(self) -> float:
        """Of 100, to one place, never rounded up; 100 when nobody is left to train."""
        return self.satisfied * 1000 // self.required / 10 if self.required else 100.0


class Criterion(msgspec.Struct, frozen=True, kw_only=True):
    """How far an agency is with one training rule."""

    rule: str
    title: str
    satisfied: int
    required: int
    exempt: int
    percent: float
    missing: list[str]
    exempted: list[str]
    unverified: list[str]
    met: bool


def is_exempt(
    on: date, *, exemption: str | None, exempt_until: date | None, hired_on: date | None
) -> bool:
    """Whether a line asks for nothing yet on a day: by its exemption, or by itself (R16)."""
    if exemption is not None and exempt_until is not None and exempt_until >= on:
        return True
    return hired_on is not None and last_day_of_a_new_hire(hired_on) >= on


def last_day_of_a_new_hire(hired_on: date) -> date:
    """The last day on which somebody is exempt by itself."""
    return hired_on + NEW_HIRE - timedelta(days=1)


def needs_of(rules: Iterable[TrainingRule]) -> frozenset[Need]:
    """Everything that *rules* ask together."""
    return frozenset((rule.id, n) for rule in rules for n in range(len(rule.every)))


def covered(
    people: Iterable[Rostered], categories: Iterable[str], needs: frozenset[Need]
) -> Covered:
    """Those of *people* in any of *categories*, each once: asked when any line of them is."""
    wanted = frozenset(categories)
    satisfied = 0
    missing, exempted, unverified = [], [], []
    for person in people:
        if person.asked & wanted:
            if needs <= person.done and (person.shares or not needs):
                satisfied += 1
                continue
            missing.append(person.name)
            if not person.shares:
                unverified.append(person.name)
        elif person.exempt & wanted:
            exempted.append(person.name)
    return Covered(
        satisfied=satisfied,
        required=satisfied + len(missing),
        exempt=len(exempted),
        missing=missing,
        exempted=exempted,
        unverified=unverified,
    )


def criteria_of(people: Sequence[Rostered], asked: RequirementSet) -> list[Criterion]:
    """How far an agency is with each rule. Met: nobody is missing, and enough are there."""
    found = []
    for rule in asked.training:
        its = covered(people, rule.categories, needs_of([rule]))
        enough = its.required + its.exempt >= rule.least and bool(people)
        found.append(
            Criterion(
                rule=rule.id,
                title=rule.title,
                satisfied=its.satisfied,
                required=its.required,
                exempt=its.exempt,
                percent=its.percent if enough else 0.0,
                missing=its.missing,
                exempted=its.exempted,
                unverified=its.unverified,
                met=enough and not its.missing,
            )
        )
    return found


def by_category(people: Sequence[Rostered], asked: RequirementSet) -> dict[str, Covered]:
    """How far each category is in which somebody stands; of each all that it is asked."""
    there = frozenset[str]().union(*(p.asked | p.exempt for p in people))
    return {
        category: covered(people, [category], needs_in(category, asked))
        for category in ROSTER_CATEGORIES
        if category in there
    }


def needs_in(category: str, asked: RequirementSet) -> frozenset[Need]:
    """Everything that is asked of one category."""
    return needs_of(rule for rule in asked.training if category in rule.categories)


class LineState(StrEnum):
    """Of one line of a roster."""

    SATISFIED = "satisfied"
    MISSING = "missing"
    EXEMPT = "exempt"
    UNVERIFIED = "unverified"  # an account that does not share its training with the agency
    UNMATCHED = "unmatched"  # a typed name


def line_state(
    person: Rostered, category: str, asked: RequirementSet, *, has_account: bool
) -> LineState:
    """How a person stands in one category."""
    if category not in person.asked:
        return LineState.EXEMPT
    needs = needs_in(category, asked)
    if not needs:
        return LineState.SATISFIED
    if not person.shares:
        return LineState.UNVERIFIED if has_account else LineState.UNMATCHED
    return LineState.SATISFIED if needs <= person.done else LineState.MISSING


def line_faults(
    today: date,
    *,
    category: str,
    exemption: str | None,
    exempt_until: date | None,
    hired_on: date | None,
) -> dict[str, str]:
    """What is wrong with a line of a roster: field → sentence."""
    found = {}
    if category not in ROSTER_CATEGORIES:
        found["category"] = "Choose a category from the list."
    if hired_on is not None and not FIRST_DAY <= hired_on <= today:
        found["hired_on"] = "Write the first day of work: not a day to come, and not before 1950."
    if exemption is not None and exemption not in set(Exemption):
        found["exemption"] = "Choose a reason from the list."
    last = clock.months_after(today, LONGEST_MONTHS)
    if exemption is None and exempt_until is not None:
        found["exemption"] = "Choose why, or leave the last day empty."
    elif exemption is not None and exempt_until is None:
        found["exempt_until"] = "Write the last day of the exemption."
    elif exempt_until is not None and exempt_until > last:
        found["exempt_until"] = f"Write a day within {LONGEST_MONTHS} months from today."
    elif (
        exemption == Exemption.NEW_HIRE
        and exempt_until is not None
        and exempt_until > last_day_of_a_new_hire(hired_on or today)
    ):
        found["exempt_until"] = "A new hire is exempt for 180 days from the first day of work."
    return found


def plain_name(name: str) -> str:
    """A name as two spellings of it are compared: in any case, with single spaces."""
    return " ".join(name.split()).casefold()
