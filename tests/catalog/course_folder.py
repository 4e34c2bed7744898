"""A small course without a fault, to be written into a folder and changed in one place."""

import io
import os
import wave
from datetime import date
from pathlib import Path

from connect.catalog.check import check_course

TODAY = date(2026, 6, 1)
PREFIX = "courses/lost-at-the-fair/"

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">
  <title>Clock</title>
  <circle cx="4" cy="4" r="4"/>
</svg>
"""
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)

COURSE = """\
title = "Lost at the fair"
summary = "What a guard does when a child is lost at a fair."
language = "en"
code = "FAIR-1"
topics = ["missing-children"]
disciplines = ["law-enforcement", "educator"]
access = {disciplines = ["educator"], agency_kinds = ["school"], titles = ["Guard"]}
contact_minutes = 10
counts = true
objectives = ["Start the search at once"]
content_notes = ["No images of children"]
reviewed_on = 2026-05-01
change = "minor"

[completion]
sequence = true
pass_percent = 75
evaluation = false
valid_months = 24

[[credits]]
state = "VA"
board = "DCJS"
course_number = "12-345"
minutes = 10
valid_from = 2026-01-01

[[components]]
id = "search"
kind = "lesson"
file = "lessons/01-search.md"
minutes = 6
min_seconds = 30

[[components]]
id = "promise"
kind = "acknowledgement"
title = "Your promise"
text = "I have read the lesson."

[[components]]
id = "final"
kind = "quiz"
file = "quizzes/final.toml"
minutes = 4
"""

LESSON = """\
# Search at once

A child is lost. Start the search now.[^rule]

## The first minutes

![A clock that shows five minutes](../media/clock.svg)

Close the gates. Then take the [final test](lesson:final),
read [the first minutes](#the-first-minutes) again,
and see [the law](https://example.org/law).

| Who | What |
|-----|-----:|
| You | Ask  |

### Later

Write down what you did.[^rule]
"""

QUIZ = """\
title = "Final test"
purpose = "final"
max_attempts = 3
wait_minutes = 5
time_limit_minutes = 20
draw = 2
shuffle = true
feedback = "after_pass"

[[questions]]
id = "wait"
kind = "true_false"
text = "You wait an hour before you search."
right = false
feedback = "You *never* wait."

[[questions]]
id = "first"
kind = "choice"
text = "What comes **first**?"
choices = [
    {id = "a", text = "Close the gates", right = true, feedback = "Yes."},
    {id = "b", text = "Have lunch"},
]

[[questions]]
id = "who"
kind = "choices"
pool = "cases"
points = 2
text = "Who helps?"
image = "media/clock.svg"
alt = "A clock that shows five minutes"
choices = [
    {id = "a", text = "Guards", right = true},
    {id = "b", text = "Nobody"},
    {id = "c", text = "Parents", right = true},
]
"""

SOURCES = """\
# Sources

[^rule]: 34 U.S.C. 41308(1): no waiting period. Checked 2026-05-01.
"""

FILES: dict[str, str | bytes] = {
    "course.toml": COURSE,
    "lessons/01-search.md": LESSON,
    "quizzes/final.toml": QUIZ,
    "sources.md": SOURCES,
    "media/clock.svg": SVG,
}

PROMISE = COURSE[
    COURSE.index('[[components]]\nid = "promise"') : COURSE.index('[[components]]\nid = "final"')
]
TALK = """\
[[components]]
id = "talk"
kind = "audio"
title = "A dispatcher tells"
file = "media/talk.wav"
captions = {en = "media/talk.en.vtt"}
transcript = "media/talk.md"
minutes = 2
min_seconds = 60

[[components]]
id = "card"
kind = "download"
title = "The card"
file = "media/card.pdf"

"""
CAPTIONS = """\
WEBVTT

1
00:00.000 --> 00:02.500
<v Dispatcher>Where did you see him last?</v>

NOTE by the gate

00:03.000 --> 00:04.000 line:0
By the <i>gate</i>.
"""


def tone(seconds: int = 1) -> bytes:
    """Silence as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(1)
        made.setframerate(8000)
        made.writeframes(bytes(8000 * seconds))
    return file.getvalue()


# Files over the others: a recording and a download in place of the promise.
RECORDED = {
    "course.toml": COURSE.replace(PROMISE, TALK).replace(
        "contact_minutes = 10", "contact_minutes = 12"
    ),
    "media/talk.wav": tone(),
    "media/talk.en.vtt": CAPTIONS,
    "media/talk.md": "# A dispatcher tells\n\nWhere did you see him last? By the gate.\n",
    "media/card.pdf": b"%PDF-1.7\n%%EOF\n",
}


def write_course(folder: Path, **changes: str | bytes | None) -> Path:
    """Write the course into *folder*, by default ``courses/lost-at-the-fair`` under it.

    Args:
        changes: path to other content; ``None`` leaves the file out.
    """
    course = folder / "courses" / "lost-at-the-fair"
    for path, content in {**FILES, **changes}.items():
        if content is None:
            continue
        file = course / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return course


def changed(path: str, old: str, new: str) -> dict[str, str]:
    """The change that puts *new* in place of *old*, which stands once in the file *path*."""
    source = FILES[path]
    assert isinstance(source, str)
    assert source.count(old) == 1, f"{old!r} stands {source.count(old)} times in {path}"
    return {path: source.replace(old, new)}


def age(file: Path, *, days: float) -> None:
    """Make *file* last changed *days* before now."""
    moment = file.stat().st_mtime - days * 86400
    os.utime(file, (moment, moment))


def faults_of(course: Path, today: date = TODAY) -> list[str]:
    """The faults of the small course as lines, without the path to its folder."""
    content, faults = check_course(course, today=today)
    assert (content is None) == any(not fault.warning for fault in faults)
    return [str(fault).removeprefix(PREFIX) for fault in faults]
