"""A checked course, in the shape that a course version stores as JSON."""

import html
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from urllib.parse import unquote

import msgspec

from connect.catalog.evaluations import Evaluation
from connect.catalog.package_content import Package


class ComponentKind(StrEnum):
    LESSON = "lesson"
    QUIZ = "quiz"
    ACKNOWLEDGEMENT = "acknowledgement"
    VIDEO = "video"
    AUDIO = "audio"
    DOWNLOAD = "download"
    PACKAGE = "package"
    EVALUATION = "evaluation"  # the last one of a course whose completion asks for it


RECORDINGS = {ComponentKind.VIDEO, ComponentKind.AUDIO}


class QuestionKind(StrEnum):
    CHOICE = "choice"
    CHOICES = "choices"
    TRUE_FALSE = "true_false"
    NUMERIC = "numeric"
    SHORT = "short"
    ORDER = "order"
    MATCH = "match"
    CLOZE = "cloze"


# Answered by ids of choices.
CHOSEN = {QuestionKind.CHOICE, QuestionKind.CHOICES, QuestionKind.TRUE_FALSE}


class Purpose(StrEnum):
    PRACTICE = "practice"
    PRE = "pre"
    POST = "post"
    FINAL = "final"


class FeedbackPolicy(StrEnum):
    AFTER_SUBMISSION = "after_submission"
    AFTER_PASS = "after_pass"  # noqa: S105 -- no password
    NEVER = "never"


class Change(StrEnum):
    """Whom a new version of a course concerns."""

    MINOR = "minor"
    NEW_LEARNERS = "new-learners"
    EVERYONE = "everyone"


class OpenTo(StrEnum):
    PUBLIC = "public"
    VERIFIED = "verified"


class Audience(msgspec.Struct, frozen=True):
    """Who may take a restricted course; an empty list asks nothing, at least one is filled."""

    disciplines: list[str] = []
    agency_kinds: list[str] = []
    titles: list[str] = []  # a person's title, as free text


class Credit(msgspec.Struct, frozen=True):
    """Continuing-education credit that a state board gives for the course."""

    state: str
    board: str
    minutes: int
    course_number: str = ""
    valid_from: date | None = None


class Media(msgspec.Struct, frozen=True):
    sha256: str  # 64 hexadecimal digits
    size: int  # bytes
    content_type: str


class Choice(msgspec.Struct, frozen=True):
    """``html`` and ``feedback_html`` are sanitized; the others are the same as plain text."""

    id: str
    html: str
    text: str
    right: bool
    feedback: str = ""
    feedback_html: str = ""


class Number(msgspec.Struct, frozen=True):
    """What ``numeric`` asks for, in decimals as they were written."""

    right: Decimal
    tolerance: Decimal = Decimal(0)  # how far off an answer may be, to either side


class Item(msgspec.Struct, frozen=True):
    id: str
    text: str  # plain


class Pair(msgspec.Struct, frozen=True):
    left: str  # plain, as ``right`` is; no two alike on one side
    right: str


class Question(msgspec.Struct, frozen=True):
    """One question and its key, which is the field of its kind.

    A ``true_false`` question has the choices ``true`` and ``false``, in this order, so that it
    is graded as ``choice`` and ``choices`` are, by the set of right choices. The text of a
    ``cloze`` holds each of its ``gaps`` once, in braces.
    """

    id: str
    kind: QuestionKind
    html: str
    text: str
    choices: list[Choice]  # choice, choices, true_false
    pool: str = "main"
    points: int = 1
    image: str | None = None  # a key of ``CourseContent.media``
    alt: str = ""
    feedback: str = ""
    feedback_html: str = ""
    number: Number | None = None  # numeric
    accept: list[str] = []  # short: any of them is right
    items: list[Item] = []  # order: in the right order
    pairs: list[Pair] = []  # match
    gaps: dict[str, list[str]] = {}  # cloze: name of the gap to what is right in it


class Quiz(msgspec.Struct, frozen=True):
    title: str
    purpose: Purpose
    pass_percent: int
    questions: list[Question]
    max_attempts: int = 0  # 0: no limit
    wait_minutes: int = 0  # between attempts
    time_limit_minutes: int = 0  # 0: no limit
    draw: int | dict[str, int] | None = None  # in all, or by pool; None: every question
    shuffle: bool = True
    feedback: FeedbackPolicy = FeedbackPolicy.AFTER_SUBMISSION


class ChoiceWords(msgspec.Struct, frozen=True):
    """A choice in another language; fields as in ``Choice``."""

    html: str
    text: str
    feedback: str = ""
    feedback_html: str = ""


class QuestionWords(msgspec.Struct, frozen=True):
    """A question in another language; fields as in ``Question``. The key stays the original's."""

    html: str
    text: str
    choices: dict[str, ChoiceWords] = {}  # by id
    items: dict[str, str] = {}  # by id
    pairs: list[Pair] = []  # in the order of the original
    alt: str = ""
    feedback: str = ""
    feedback_html: str = ""


class Translation(msgspec.Struct, frozen=True):
    """A component in another language; ``html`` and ``text`` as in ``Component``."""

    title: str
    html: str = ""
    text: str = ""
    questions: dict[str, QuestionWords] = {}  # by id
    older: bool = False  # whether its original was changed since


class CourseWords(msgspec.Struct, frozen=True):
    """What ``course.toml`` says, in another language."""

    title: str
    summary: str
    objectives: list[str] = []  # as many as the original has
    content_notes: list[str] = []
    older: bool = False


class Recording(msgspec.Struct, frozen=True):
    """What is seen or heard, and the words that stand for it.

    ``captions`` and ``transcript_html`` are in the languages of the course and of its
    translations; ``transcript_html`` is as ``Component.html``.
    """

    file: str  # a key of ``CourseContent.media``, as the captions are
    captions: dict[str, str]  # language code to the WebVTT file
    transcript_html: str


class Component(msgspec.Struct, frozen=True):
    """One step of a course.

    ``html`` (lessons) is sanitized and has no heading of the first level, which is ``title``.
    Its media and its links to other components are placeholders; ``with_media`` and
    ``with_components`` put the addresses in. ``text`` (acknowledgements) is plain.
    """

    id: str
    kind: ComponentKind
    title: str
    minutes: int | None = None
    required: bool = True
    min_seconds: int = 0
    html: str = ""
    text: str = ""
    quiz: Quiz | None = None
    evaluation: Evaluation | None = None
    translations: dict[str, Translation] = {}  # by language code
    recording: Recording | None = None
    download: str | None = None  # a key of ``CourseContent.media``
    package: Package | None = None


class CourseContent(msgspec.Struct, frozen=True):
    slug: str
    hash: str  # 64 hexadecimal digits, see ``folder.content_hash``
    title: str
    summary: str
    language: str
    contact_minutes: int
    disciplines: list[str]
    components: list[Component]
    code: str | None = None
    topics: list[str] = []
    access: OpenTo | Audience = OpenTo.PUBLIC
    counts: bool = True
    objectives: list[str] = []
    content_notes: list[str] = []
    reviewed_on: date | None = None
    change: Change = Change.MINOR
    sequence: bool = True
    pass_percent: int = 80
    valid_months: int | None = None
    evaluation: str | None = None  # its name; its questions stand in the last component
    credits: list[Credit] = []
    media: dict[str, Media] = {}  # path inside the course folder to the file
    translations: dict[str, CourseWords] = {}  # by language code


MOST_DIGITS = 15  # of a number; so many are exact in every program that reads JSON


def is_plain(number: Decimal) -> bool:
    """Whether *number* is finite and has at most 15 digits, none more than 15 from the point."""
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or abs(exponent) > 100 or len(digits) > 100:
        return False
    written = "".join(map(str, digits)).lstrip("0")
    kept = written.rstrip("0")
    last = exponent + len(written) - len(kept)  # the power of ten of the last digit
    if not kept:
        return True
    return len(kept) <= MOST_DIGITS and -MOST_DIGITS <= last <= MOST_DIGITS - len(kept)


# A tag that the renderer wrote begins with exactly these bytes; in prose "<" is escaped.
_MEDIA = re.compile(r'(?<=<img src=")media/[^"]+(?=")')
_COMPONENT = re.compile(r'(?<=<a href=")#lesson:([a-z0-9-]+)(?=")')


def with_media(source: str, url_of: Callable[[str], str]) -> str:
    """*source*, a ``Component.html``, with the address of every image.

    Args:
        url_of: a key of ``CourseContent.media`` to its URL, not yet escaped for HTML.
    """
    return _MEDIA.sub(lambda found: html.escape(url_of(unquote(html.unescape(found[0])))), source)


def with_components(source: str, url_of: Callable[[str], str]) -> str:
    """*source* with the address of every ``lesson:id`` link.

    Args:
        url_of: the id of a component of the same course to its URL, not yet escaped for HTML.
    """
    return _COMPONENT.sub(lambda found: html.escape(url_of(found[1])), source)
