"""What people knew before and after a course. Pure: no database, no clock, no await."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from connect.reports.withholding import LEAST, whole_days

DEFINITION = (
    "The first attempt at the test before and the first at the test after, of one enrollment; a "
    "person counts once, with the first enrollment that has both. The gain is the mean score after "
    "less the mean score before, of the same people. A question is compared over those who were "
    "asked it both times. Fewer than five people are withheld."
)


class Sitting(msgspec.Struct, frozen=True):
    """One first attempt."""

    day: date
    score: int  # per cent
    right: Mapping[str, bool]  # question id → whether it was answered rightly


class Cycle(msgspec.Struct, frozen=True):
    """One enrollment's tests, as far as they were taken."""

    learner: str
    before: Sitting | None = None
    after: Sitting | None = None


Both = tuple[Sitting, Sitting]  # of one person, before and after


class QuestionGain(msgspec.Struct):
    """Shares in whole per cent of the same people; withheld without numbers."""

    id: str
    text: str
    withheld: bool
    n: int | None = None
    right_before: int | None = None
    right_after: int | None = None


class Gain(msgspec.Struct):
    """Means in per cent to one decimal; None where fewer than five took both tests."""

    definition: str
    withheld: bool
    n: int | None  # people with both tests
    only_before: int
    only_after: int
    before: float | None = None
    after: float | None = None
    gain: float | None = None  # percentage points
    questions: list[QuestionGain] = []


def measure(cycles: Iterable[Cycle], texts: Mapping[str, str], since: date, until: date) -> Gain:
    """The gain of the people whose test after lies in the period.

    Args:
        cycles: oldest first.
        texts: id of each question to compare → its words.
    """
    chosen: dict[str, Cycle] = {}
    for cycle in cycles:
        known = chosen.get(cycle.learner)
        if known is None or (not _has_both(known) and _has_both(cycle)):
            chosen[cycle.learner] = cycle
    ever = [
        (cycle.before, cycle.after)
        for cycle in chosen.values()
        if cycle.before is not None and cycle.after is not None
    ]
    both = _within(ever, since, until)
    alone = [cycle for cycle in chosen.values() if not _has_both(cycle)]
    found = Gain(
        DEFINITION,
        withheld=len(both) < LEAST,
        n=None,
        only_before=sum(c.before is not None and since <= c.before.day <= until for c in alone),
        only_after=sum(c.after is not None and since <= c.after.day <= until for c in alone),
    )
    if found.withheld:
        return found
    total = sum(before.score for before, _ in both), sum(after.score for _, after in both)
    found.n = len(both)
    found.before, found.after = (round(score / len(both), 1) for score in total)
    found.gain = round((total[1] - total[0]) / len(both), 1)
    for name, text in texts.items():
        asked = [(b, a) for b, a in ever if name in b.right and name in a.right]
        found.questions.append(_question(name, text, _within(asked, since, until)))
    return found


def _has_both(cycle: Cycle) -> bool:
    return cycle.before is not None and cycle.after is not None


def _within(both: Sequence[Both], since: date, until: date) -> list[Both]:
    """Those of *both* in the period, as whole spans of these people."""
    whole = whole_days([after.day for _, after in both], since, until)
    return [(before, after) for before, after in both if after.day in whole]


def _question(name: str, text: str, both: Sequence[Both]) -> QuestionGain:
    if len(both) < LEAST:
        return QuestionGain(name, text, withheld=True)
    before, after = (
        round(100 * sum(tests[place].right[name] for tests in both) / len(both)) for place in (0, 1)
    )
    return QuestionGain(name, text, False, len(both), before, after)
