"""What a SCORM package may hand in, what it says by that, and what it is given at its start.

Pure: no database, no clock, no await. What a package says is the learner's own claim.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from connect.catalog.package_content import Standard, Unit
from connect.learning.requirements import Told
from connect.packages.elements import element_of, value_fault

MOST_ELEMENTS = 5_000  # that one part keeps
MOST_CHARACTERS = 400_000  # of all values together
LOGGED = 500  # characters of a value in the log
MOST_SECONDS = 360_000  # 100 hours: what a package may say of one launch

Values = Mapping[str, str]  # element of the data model → its value
_SPAN = re.compile(r"(\d{2,4}):(\d\d):(\d\d)(?:\.\d{1,2})?", re.ASCII)
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?",
    re.ASCII,
)
_UNITS = (31_536_000, 2_592_000, 86_400, 3600, 60, 1)  # seconds; a year of 365 days, a month of 30
# Said in one launch; not kept for the next.
_PASSING = {
    *("cmi.core.exit", "cmi.core.session_time", "cmi.exit", "cmi.session_time", "adl.nav.request"),
}


class Taken(NamedTuple):
    values: dict[str, str]  # what is kept now
    refused: dict[str, str]  # element → why
    seconds: int | None  # session time, when it was given


def take(standard: Standard, kept: Values, given: Values) -> Taken:
    """What is kept after a package handed in *given*.

    An element that is refused harms no other: what is right is kept.
    """
    values = dict(kept)
    refused: dict[str, str] = {}
    seconds = None
    for name, value in given.items():
        element = element_of(standard, name)
        if element is None:
            refused[name] = "is no element of the data model"
        elif "w" not in element.access:
            refused[name] = "is for reading only"
        elif "\x00" in value:
            refused[name] = "holds a NUL"
        elif fault := value_fault(element, value):
            refused[name] = fault
        elif name.endswith(".session_time"):
            seconds = seconds_of(value)
        elif name not in _PASSING:
            values[name] = value
    if len(values) > MOST_ELEMENTS or sum(map(len, values.values())) > MOST_CHARACTERS:
        return Taken(dict(kept), {name: "is more than is kept" for name in given}, seconds)
    return Taken(values, refused, seconds)


def shortened(given: Values) -> dict[str, str]:
    """*given* as the log keeps it: suspended data comes again and again, and is long."""
    return {
        name[:200]: value
        if len(value) <= LOGGED
        else f"{value[:LOGGED]}… ({len(value):,} characters)"
        for name, value in given.items()
    }


def seconds_of(span: str) -> int:
    """Whole seconds of a span of either standard, 100 hours at most; 0 when it is none."""
    if found := _SPAN.fullmatch(span):
        hours, minutes, seconds = map(int, found.groups())
        return min(hours * 3600 + minutes * 60 + seconds, MOST_SECONDS)
    if found := _DURATION.fullmatch(span):
        parts = (min(int(part[:12]), MOST_SECONDS) if part else 0 for part in found.groups())
        return min(sum(a * b for a, b in zip(parts, _UNITS, strict=True)), MOST_SECONDS)
    return 0


def told(standard: Standard, unit: Unit, values: Values) -> Told:
    """How far the learner is, as the package says.

    SCORM 1.2 (RTE 3.4.4.4): ``passed`` and ``completed`` finish; a score against the manifest's
    mastery score goes before the status. SCORM 2004 (RTE 4.2.4, 4.2.22): completed, by status or
    by measure, and not failed; a scaled score against the passing score goes before the status.
    """
    if standard is Standard.SCORM_12:
        status = values.get("cmi.core.lesson_status", "")
        raw = _number(values.get("cmi.core.score.raw"))
        if status in ("passed", "completed", "failed") and None not in (raw, unit.pass_score):
            status = "passed" if _at_least(raw, unit.pass_score) else "failed"
        finished, failed = status in ("passed", "completed"), status == "failed"
    else:
        success = values.get("cmi.success_status", "unknown")
        scaled = _number(values.get("cmi.score.scaled"))
        if None not in (scaled, unit.pass_score):
            success = "passed" if _at_least(scaled, unit.pass_score) else "failed"
        completion = values.get("cmi.completion_status", "unknown")
        measure = _number(values.get("cmi.progress_measure"))
        if None not in (measure, unit.completion_threshold):
            done = _at_least(measure, unit.completion_threshold)
            completion = "completed" if done else "incomplete"
        # A package that says nothing of completion but that it is passed has said enough.
        finished = completion == "completed" or (completion == "unknown" and success == "passed")
        failed = success == "failed"
    if failed:
        return Told.FAILED
    return Told.FINISHED if finished else Told.UNFINISHED


def told_by_all(told_now: Sequence[Told]) -> Told:
    """What the parts of a package say together: every one has to be finished."""
    for first in (Told.FAILED, Told.UNFINISHED, Told.NOTHING):
        if first in told_now:
            mixed = first is Told.NOTHING and any(told_now)
            return Told.UNFINISHED if mixed else first
    return Told.FINISHED


def score(standard: Standard, values: Values) -> str:
    """The score that a package reports, in per cent from 0 to 100; empty when it reports none."""
    if standard is Standard.SCORM_12:
        found = _number(values.get("cmi.core.score.raw"))
    else:
        scaled = _number(values.get("cmi.score.scaled"))
        found = scaled * 100 if scaled is not None else None
    if found is None or not 0 <= found <= 100:
        return ""
    return f"{found.quantize(Decimal('0.01')).normalize():f}"


class Learner(NamedTuple):
    """Who takes the package, as it is told."""

    id: str  # of the enrollment: nothing that another course could know
    name: str
    ended: bool  # the enrollment has ended; nothing is recorded any more


def start(
    standard: Standard, unit: Unit, values: Values, seconds: int, learner: Learner
) -> dict[str, str]:
    """What a package can read at its start.

    Args:
        seconds: what it said of earlier launches.
    """
    entry = "resume" if values else "ab-initio"
    mode, credit = ("review", "no-credit") if learner.ended else ("normal", "credit")
    passes = "" if unit.pass_score is None else f"{unit.pass_score:f}"
    if standard is Standard.SCORM_12:
        return {
            "cmi.core.lesson_status": "not attempted",
            **{f"cmi.core.{name}": "" for name in ("lesson_location", "score.raw")},
            **{f"cmi.core.score.{name}": "" for name in ("max", "min")},
            **{"cmi.suspend_data": "", "cmi.comments": "", "cmi.comments_from_lms": ""},
            **{f"cmi.student_preference.{name}": "0" for name in ("audio", "speed", "text")},
            "cmi.student_preference.language": "",
            **values,
            "cmi.core.student_id": learner.id,
            "cmi.core.student_name": learner.name,
            "cmi.core.credit": credit,
            "cmi.core.entry": entry,
            "cmi.core.lesson_mode": mode,
            "cmi.core.total_time": _as_span(seconds),
            "cmi.launch_data": unit.launch_data,
            "cmi.student_data.mastery_score": passes,
            "cmi.student_data.max_time_allowed": "",
            "cmi.student_data.time_limit_action": "",
        }
    given = {
        "cmi._version": "1.0",
        **{f"cmi.{name}_status": "unknown" for name in ("completion", "success")},
        **{f"cmi.learner_preference.{name}": "1" for name in ("audio_level", "delivery_speed")},
        "cmi.learner_preference.language": "",
        "cmi.learner_preference.audio_captioning": "0",
        **values,
        "cmi.learner_id": learner.id,
        "cmi.learner_name": learner.name,
        "cmi.credit": credit,
        "cmi.entry": entry,
        "cmi.mode": mode,
        "cmi.total_time": f"PT{seconds // 3600}H{seconds // 60 % 60}M{seconds % 60}S",
        "cmi.time_limit_action": "continue,no message",
        "adl.nav.request": "_none_",
    }
    if unit.launch_data:
        given["cmi.launch_data"] = unit.launch_data
    if passes:
        given["cmi.scaled_passing_score"] = passes
    if unit.completion_threshold is not None:
        given["cmi.completion_threshold"] = f"{unit.completion_threshold:f}"
    return given


def _as_span(seconds: int) -> str:
    return f"{seconds // 3600:04}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _number(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _at_least(value: Decimal | None, least: Decimal | None) -> bool:
    return value is not None and least is not None and value >= least
