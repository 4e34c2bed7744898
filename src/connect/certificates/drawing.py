"""The page of a certificate, made from its facts alone: the same facts, the same page."""

import hashlib
import io
import re
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import segno
from jinja2 import TemplateSyntaxError

from connect.certificates.rules import CREDIT_LINES
from connect.certificates.style import day_said, hours_said, style
from connect.web.templating import environment

TEXT = 200  # characters
ACKNOWLEDGEMENT = 600  # characters; the wording that grants prescribe runs to 400
MARK_SIZE = 200_000  # characters
PACKED = 700  # characters of name, title and credit lines, from which all of them shrink

# Which sister of Noto Serif sets a name; certificate.css has the fonts. Han alone may be Chinese
# or Japanese and is taken for Chinese, so kana and hangul are looked for first.
LANGUAGES = {
    "ARABIC": "ar",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
}
NAME_STEPS = (12.0, 17.0, 36.0, 60.0, 100.0)  # em; a wider name is set a size smaller
TITLE_STEPS = (40.0, 50.0)


class CertificateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a certificate says, as it stood when it was issued.

    Making one, or decoding one, raises ``ValueError`` (``msgspec.ValidationError``) when a text
    is longer than a page can bear. Nothing else is judged here.
    """

    number: str
    code: str
    name: str
    title: str
    minutes: int
    issued_on: date
    organization: str
    base_url: str
    course_version: int
    credit_lines: list[str] = []
    signatory_name: str = ""  # empty: no signatory, no line
    signatory_title: str = ""
    grant_acknowledgement: str = ""
    mark: str = ""  # the text of an SVG; empty: ours
    expires_on: date | None = None  # the first day on which it is not valid
    kind: str = "course"
    language: str = "en"
    place: str = ""  # of an event
    instructors: list[str] = []
    supersedes: str = ""  # the number of the certificate that this one replaces

    def __post_init__(self) -> None:
        longest = {"grant_acknowledgement": ACKNOWLEDGEMENT, "mark": MARK_SIZE}
        for name, value in msgspec.structs.asdict(self).items():
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and len(text) > (most := longest.get(name, TEXT)):
                    raise ValueError(f"{name} has {len(text)} characters; {most} is the most.")
        if len(self.credit_lines) > CREDIT_LINES:
            raise ValueError(f"{CREDIT_LINES} credit lines are the most.")
        if self.minutes < 0:
            raise ValueError("minutes are below zero.")

    @property
    def address(self) -> str:
        """Where anybody can check the certificate."""
        return f"{self.base_url.rstrip('/')}/verify/{self.code}"


def canonical(facts: CertificateFacts) -> bytes:
    """The facts as JSON with one spelling: sorted keys, no spaces, UTF-8, every text in NFC."""

    def composed(value: object) -> object:
        if isinstance(value, list):
            return [composed(item) for item in value]
        return unicodedata.normalize("NFC", value) if isinstance(value, str) else value

    plain = {name: composed(value) for name, value in msgspec.structs.asdict(facts).items()}
    return msgspec.json.encode(plain, order="sorted")


def digest(facts: CertificateFacts) -> str:
    """SHA-256 of the canonical facts, in hexadecimal."""
    return hashlib.sha256(canonical(facts)).hexdigest()


def printed(text: str) -> str:
    """*text* as it is set: in NFC, with single spaces, without what nobody sees.

    Left out are Hebrew points (as the look of a certificate has it), control characters and the
    marks that turn the direction of writing. Joiners stay, since they change how letters look.
    """
    kept = []
    for char in unicodedata.normalize("NFC", " ".join(text.split())):
        category = unicodedata.category(char)
        is_point = "\u0591" <= char <= "\u05c7" and category == "Mn"
        is_unseen = category in {"Cc", "Cf", "Co", "Cs"} and char not in "\u200c\u200d"
        if not is_point and not is_unseen:
            kept.append(char)
    return "".join(kept)


def language(text: str) -> str:
    """The language tag of the script that *text* needs a font for; empty if Noto Serif has it."""
    letters = (unicodedata.name(char, "") for char in text if char.isalpha())
    scripts = {name.partition(" ")[0].partition("-")[0] for name in letters}
    return next((tag for script, tag in LANGUAGES.items() if script in scripts), "")


def direction(text: str) -> str:
    """``rtl`` or ``ltr``, by the first letter that has a direction."""
    ways = (unicodedata.bidirectional(char) for char in text)
    return "rtl" if next((way for way in ways if way in {"L", "R", "AL"}), "L") != "L" else "ltr"


def step(text: str, limits: tuple[float, ...]) -> int:
    """How many of *limits* the text is wider than. Widths are in em, and estimated."""
    width = 0.0
    for char in text:
        if unicodedata.east_asian_width(char) in "WF":
            width += 1.0
        elif unicodedata.category(char) not in {"Mn", "Me"}:
            width += 0.35 if char in " .,'-fijlrt" else 0.7 if char.isupper() else 0.57
    return sum(limit < width for limit in limits)


def qr_code(address: str) -> bytes:
    """A PNG of *address*. A picture is drawn four times as fast as 300 strokes of an SVG."""
    # All eight masks can be read; looking for the prettiest takes longer than everything else.
    code = segno.make(address, error="m", micro=False, mask=2, boost_error=False)
    png = io.BytesIO()
    code.save(png, kind="png", scale=4, border=4, dark="#14284b", light="#faf7f1")
    return png.getvalue()


environment.filters |= {"printed": printed, "language": language, "direction": direction}


def page(facts: CertificateFacts) -> tuple[str, dict[str, bytes]]:
    """The HTML and its images, for ``pdf.render`` with ``stylesheet()``: one landscape Letter.

    Raises:
        jinja2.TemplateError: an organization's own template cannot be used.
    """
    said = content(facts)
    columns = 1 if len(said["credits"]) <= 4 else 2
    classes = {
        "unsigned": not facts.signatory_name,
        "granted": bool(facts.grant_acknowledgement),
        "crowded": bool(said["credits"] or said["details"]),
        "packed": len("".join((said["name"], said["title"], *said["credits"]))) > PACKED,
    }
    html = (
        style()
        .templates.get_template("certificate.html")
        .render(
            **said,
            classes=" ".join(word for word, holds in classes.items() if holds),
            name_step=step(said["name"], NAME_STEPS),
            title_step=step(said["title"], TITLE_STEPS),
            columns=columns,
        )
    )
    # Between tags, or indents are laid out, and show at <br>.
    html = re.sub(r"(?<=>)\s+|(?<!\s)\s++(?=<)", "", html)
    pictures = style().pictures()
    if facts.mark:
        pictures["mark"] = facts.mark.encode()
    used = {n: data for n, data in pictures.items() if f"connect:{n}" in html or n == "mark"}
    return html, used | {"qr": qr_code(facts.address)}  # the seal asks for the mark


def stylesheet() -> str:
    """The path of the stylesheet for ``page``."""
    return str(style().path("certificate.css"))


def content(facts: CertificateFacts) -> dict[str, Any]:
    """What every template of a certificate is given, in the certificate's own language."""
    words = style().say(facts.language, facts.kind)
    details = [printed(facts.place)] if facts.place else []
    if facts.instructors:
        details.append(f"{words['instructors']} {', '.join(map(printed, facts.instructors))}")
    if facts.expires_on:
        last = facts.expires_on - timedelta(days=1)
        details.append(f"{words['through']} {day_said(words, last)}")
    if words["note"]:
        details.append(words["note"])
    return {
        "facts": facts,
        "words": words,
        "organization": printed(facts.organization),
        "name": printed(facts.name),
        "title": printed(facts.title),
        "hours": hours_said(words, facts.minutes) if facts.minutes else "",
        "day": day_said(words, facts.issued_on),
        "details": details,
        "credits": [printed(line) for line in facts.credit_lines],
    }


def fault_said(error: Exception) -> str:
    """What is wrong with a template, with its file and line where they are known."""
    place = f"{error.name} line {error.lineno}: " if isinstance(error, TemplateSyntaxError) else ""
    frame = error.__traceback__
    while frame and not place:
        file = Path(frame.tb_frame.f_code.co_filename)
        if file.parent in style().folders and file.suffix == ".html":
            place = f"{file.name} line {frame.tb_lineno}: "
        frame = frame.tb_next
    return f"{place}{type(error).__name__}: {error}"
