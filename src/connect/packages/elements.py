"""The data models of SCORM 1.2 and SCORM 2004 as tables: the one source for server and browser.

After *SCORM 1.2 Run-Time Environment*, 3.4, and *SCORM 2004 4th Edition Run-Time Environment*, 4.2.
Lengths are those that a system has to take at least; suspended data of 1.2 may be as long as
that of 2004, since tools write more than the 4,096 characters of the standard.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from connect.catalog.package_content import Standard

INDEX = re.compile(r"\.\d+(?=\.|$)")  # in an element's name: which of several
MOST_INDEX = 999


class Element(NamedTuple):
    access: str  # "r", "w" or "rw", as the package sees it
    kind: str  # a key of FORMATS, "text", or "words"
    least: Decimal | None = None  # of a number
    most: Decimal | None = None  # of a number; of a text, characters
    words: tuple[str, ...] = ()


# Patterns that Python and JavaScript read alike, anchored at both ends.
FORMATS = {
    "number": r"-?\d{1,12}(\.\d{1,12})?",
    "span": r"\d{2,4}:\d\d:\d\d(\.\d{1,2})?",
    "time": r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,2})?",
    "duration": r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d{1,2})?S)?)?",
    "moment": r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d(\.\d{1,2}(Z|[+-]\d\d(:\d\d)?)?)?)?)?)?)?)?",
    "id": r"\S{1,4000}",
}

_KINDS = "true-false|choice|fill-in|matching|performance|sequencing|likert|numeric"
_DONE = "completed|incomplete|not attempted|unknown"
_STATUS = "passed|completed|failed|incomplete|browsed"
_ABOUT = {
    Standard.SCORM_12: f"""
        cmi.core.student_id r text 255
        cmi.core.student_name r text 255
        cmi.core.lesson_location rw text 1000
        cmi.core.credit r text 10
        cmi.core.lesson_status rw words {_STATUS}
        cmi.core.entry r text 10
        cmi.core.score.raw rw number 0 100
        cmi.core.score.max rw number 0 100
        cmi.core.score.min rw number 0 100
        cmi.core.total_time r text 20
        cmi.core.lesson_mode r text 10
        cmi.core.exit w words time-out|suspend|logout|
        cmi.core.session_time w span
        cmi.suspend_data rw text 64000
        cmi.launch_data r text 4096
        cmi.comments rw text 4096
        cmi.comments_from_lms r text 4096
        cmi.objectives.n.id rw id
        cmi.objectives.n.score.raw rw number 0 100
        cmi.objectives.n.score.max rw number 0 100
        cmi.objectives.n.score.min rw number 0 100
        cmi.objectives.n.status rw words {_STATUS}|not attempted
        cmi.student_data.mastery_score r text 20
        cmi.student_data.max_time_allowed r text 20
        cmi.student_data.time_limit_action r text 20
        cmi.student_preference.audio rw number -1 100
        cmi.student_preference.language rw text 255
        cmi.student_preference.speed rw number -100 100
        cmi.student_preference.text rw number -1 1
        cmi.interactions.n.id w id
        cmi.interactions.n.objectives.n.id w id
        cmi.interactions.n.time w time
        cmi.interactions.n.type w words {_KINDS}
        cmi.interactions.n.correct_responses.n.pattern w text 4000
        cmi.interactions.n.weighting w number
        cmi.interactions.n.student_response w text 4000
        cmi.interactions.n.result w words correct|wrong|unanticipated|neutral|#
        cmi.interactions.n.latency w span
    """,
    Standard.SCORM_2004: f"""
        cmi._version r text 10
        cmi.comments_from_learner.n.comment rw text 4000
        cmi.comments_from_learner.n.location rw text 250
        cmi.comments_from_learner.n.timestamp rw moment
        cmi.completion_status rw words {_DONE}
        cmi.completion_threshold r text 20
        cmi.credit r text 10
        cmi.entry r text 10
        cmi.exit w words time-out|suspend|logout|normal|
        cmi.interactions.n.id rw id
        cmi.interactions.n.type rw words {_KINDS}|long-fill-in|other
        cmi.interactions.n.objectives.n.id rw id
        cmi.interactions.n.timestamp rw moment
        cmi.interactions.n.correct_responses.n.pattern rw text 4000
        cmi.interactions.n.weighting rw number
        cmi.interactions.n.learner_response rw text 4000
        cmi.interactions.n.result rw words correct|incorrect|unanticipated|neutral|#
        cmi.interactions.n.latency rw duration
        cmi.interactions.n.description rw text 250
        cmi.launch_data r text 4096
        cmi.learner_id r text 255
        cmi.learner_name r text 255
        cmi.learner_preference.audio_level rw number 0
        cmi.learner_preference.language rw text 250
        cmi.learner_preference.delivery_speed rw number 0
        cmi.learner_preference.audio_captioning rw words -1|0|1
        cmi.location rw text 1000
        cmi.max_time_allowed r text 20
        cmi.mode r text 10
        cmi.objectives.n.id rw id
        cmi.objectives.n.score.scaled rw number -1 1
        cmi.objectives.n.score.raw rw number
        cmi.objectives.n.score.min rw number
        cmi.objectives.n.score.max rw number
        cmi.objectives.n.success_status rw words passed|failed|unknown
        cmi.objectives.n.completion_status rw words {_DONE}
        cmi.objectives.n.progress_measure rw number 0 1
        cmi.objectives.n.description rw text 250
        cmi.progress_measure rw number 0 1
        cmi.scaled_passing_score r text 20
        cmi.score.scaled rw number -1 1
        cmi.score.raw rw number
        cmi.score.min rw number
        cmi.score.max rw number
        cmi.session_time w duration
        cmi.success_status rw words passed|failed|unknown
        cmi.suspend_data rw text 64000
        cmi.time_limit_action r text 40
        cmi.total_time r text 40
        adl.nav.request rw text 250
    """,
}


def _element(line: str) -> tuple[str, Element]:
    name, access, kind, *rest = line.strip().split(" ", 3)
    said = rest[0] if rest else ""
    if kind == "words":
        return name, Element(access, kind, words=tuple(said.split("|")))
    numbers = [Decimal(number) for number in said.split()]
    if kind == "text":
        return name, Element(access, kind, most=numbers[0])
    least, most = [*numbers, None, None][:2]
    return name, Element(access, kind, least, most)


# Name, with "n" for an index → what it takes.
ELEMENTS: dict[Standard, dict[str, Element]] = {
    standard: dict(_element(line) for line in lines.strip().splitlines())
    for standard, lines in _ABOUT.items()
}


def element_of(standard: Standard, name: str) -> Element | None:
    """What the element *name* takes; ``None``: the standard has no such element."""
    found = [int(index[1:]) for index in INDEX.findall(name) if len(index) <= len("1000")]
    if len(found) != len(INDEX.findall(name)) or any(index > MOST_INDEX for index in found):
        return None
    return ELEMENTS[standard].get(INDEX.sub(".n", name))


def value_fault(element: Element, value: str) -> str:
    """Why *value* is not of the element's type, in words; empty when it is."""
    if element.kind == "words":
        return "" if value in element.words else "is none of the words that are allowed"
    if element.kind == "text":
        most = int(element.most or 0)
        return "" if len(value) <= most else f"is over {most:,} characters long"
    if element.kind == "number" and not value:
        return ""  # SCORM 1.2 lets a number be blank
    if not re.fullmatch(FORMATS[element.kind], value, re.ASCII):
        return f"is no {element.kind}"
    return _range_fault(element, value) if element.kind == "number" else ""


def _range_fault(element: Element, value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return "is no number"
    if element.least is not None and number < element.least:
        return f"is below {element.least}"
    if element.most is not None and number > element.most:
        return f"is over {element.most}"
    return ""
