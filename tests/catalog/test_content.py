"""What a checked course becomes, and the hash that names its version."""

import hashlib
import os
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.course_folder import LESSON, QUIZ, SVG, TODAY, age, changed, write_course
from connect.catalog.check import check_course
from connect.catalog.content import (
    Audience,
    Change,
    Choice,
    ComponentKind,
    CourseContent,
    Credit,
    FeedbackPolicy,
    Item,
    Media,
    Number,
    OpenTo,
    Pair,
    Purpose,
    Question,
    QuestionKind,
    is_plain,
    with_components,
    with_media,
)
from connect.catalog.folder import content_hash


def content_of(folder, **changes) -> CourseContent:
    content, faults = check_course(write_course(folder, **changes), today=TODAY)
    assert content is not None, faults
    return content


def test_the_course_reads_as_written(tmp_path):
    content = content_of(tmp_path)

    assert msgspec.structs.replace(content, components=[], media={}, hash="") == CourseContent(
        "lost-at-the-fair",
        "",
        "Lost at the fair",
        "What a guard does when a child is lost at a fair.",
        "en",
        10,
        ["law-enforcement", "educator"],
        [],
        code="FAIR-1",
        topics=["missing-children"],
        access=Audience(["educator"], ["school"], ["Guard"]),
        counts=True,
        objectives=["Start the search at once"],
        content_notes=["No images of children"],
        reviewed_on=date(2026, 5, 1),
        change=Change.MINOR,
        sequence=True,
        pass_percent=75,
        valid_months=24,
        credits=[Credit("VA", "DCJS", 10, "12-345", date(2026, 1, 1))],
    )
    assert [(one.id, one.kind, one.title, one.minutes) for one in content.components] == [
        ("search", ComponentKind.LESSON, "Search at once", 6),
        ("promise", ComponentKind.ACKNOWLEDGEMENT, "Your promise", None),
        ("final", ComponentKind.QUIZ, "Final test", 4),
    ]
    assert content.components[0].min_seconds == 30
    assert content.components[1].text == "I have read the lesson."


KINDS = """
[[questions]]
id = "hours"
kind = "numeric"
text = "How many hours?"
right = 0.3
tolerance = 0.1

[[questions]]
id = "hotline"
kind = "short"
text = "Which number?"
accept = ["1-800-THE-LOST", "18008435678"]

[[questions]]
id = "phases"
kind = "order"
text = "In which order?"
items = [{id = "intake", text = "*Intake*"}, {id = "response", text = "First response"}]

[[questions]]
id = "roles"
kind = "match"
text = "Who does what?"
pairs = [{left = "Dispatcher", right = "Takes the call"}, {left = "Detective", right = "Leads"}]

[[questions]]
id = "entry"
kind = "cloze"
text = "Within {gap1} hours for *anybody* under {gap2}."
gaps = {gap2 = ["21"], gap1 = ["2", "two"]}
"""


def test_each_kind_of_question_reads_as_written(tmp_path):
    content = content_of(tmp_path, **{"quizzes/final.toml": QUIZ + KINDS})

    numeric, short, order, match, cloze = content.components[2].quiz.questions[3:]
    assert numeric.number == Number(Decimal("0.3"), Decimal("0.1"))
    assert short.accept == ["1-800-THE-LOST", "18008435678"]
    assert order.items == [Item("intake", "Intake"), Item("response", "First response")]
    assert match.pairs == [Pair("Dispatcher", "Takes the call"), Pair("Detective", "Leads")]
    assert cloze.text == "Within {gap1} hours for anybody under {gap2}."
    assert cloze.html == "Within {gap1} hours for <em>anybody</em> under {gap2}."
    assert cloze.gaps == {"gap2": ["21"], "gap1": ["2", "two"]}
    assert msgspec.json.decode(msgspec.json.encode(content), type=CourseContent) == content


def test_a_version_stored_before_there_were_other_kinds_is_still_read():
    stored = (
        b'{"id":"q1","kind":"true_false","html":"Is it?","text":"Is it?","choices":[{"id":"true",'
        b'"html":"True","text":"True","right":true,"feedback":"","feedback_html":""}],'
        b'"pool":"main","points":1,"image":null,"alt":"","feedback":"","feedback_html":""}'
    )

    question = msgspec.json.decode(stored, type=Question)

    assert question.choices == [Choice("true", "True", "True", True)]
    assert (question.number, question.accept, question.items) == (None, [], [])
    assert (question.pairs, question.gaps) == ([], {})


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("0", True),
        ("-0.000", True),
        ("123456789012345", True),
        ("1234567890123456", False),
        ("1000000000000000", False),  # a one, sixteen places from the point
        ("0.000000000000001", True),
        ("0.0000000000000001", False),
        ("2.50000000000000000000", True),
        ("2.50000000000000000001", False),
        ("1e3", True),
        ("1e999999999", False),
        ("0e999999999", False),
        ("nan", False),
        ("-inf", False),
    ],
)
def test_numbers_that_every_program_reads_alike_are_plain(written, plain):
    assert is_plain(Decimal(written)) == plain


def test_what_is_not_written_is_assumed(tmp_path):
    least = """
title = "A"
summary = "B."
language = "en"
contact_minutes = 1
disciplines = ["medical"]
components = [{id = "q", kind = "quiz", file = "q.toml"}]
"""
    quiz = """
title = "C"
purpose = "practice"
questions = [{id = "a", kind = "true_false", text = "D", right = true}]
"""
    unused = dict.fromkeys(["lessons/01-search.md", "sources.md", "media/clock.svg"])
    content = content_of(
        tmp_path, **unused, **{"course.toml": least, "q.toml": quiz, "quizzes/final.toml": None}
    )

    assert (content.access, content.counts, content.change) == (OpenTo.PUBLIC, True, Change.MINOR)
    assert (content.sequence, content.pass_percent, content.valid_months) == (True, 80, None)
    component = content.components[0]
    assert (component.required, component.min_seconds, component.minutes) == (True, 0, None)
    quiz = component.quiz
    assert quiz is not None
    assert (quiz.pass_percent, quiz.max_attempts, quiz.draw, quiz.shuffle) == (80, 0, None, True)
    assert (quiz.wait_minutes, quiz.time_limit_minutes) == (0, 0)
    assert quiz.feedback == FeedbackPolicy.AFTER_SUBMISSION
    assert (quiz.questions[0].points, quiz.questions[0].pool) == (1, "main")


def test_the_quiz_reads_as_written(tmp_path):
    quiz = content_of(tmp_path).components[2].quiz

    assert quiz is not None
    assert (quiz.purpose, quiz.pass_percent, quiz.max_attempts) == (Purpose.FINAL, 75, 3)
    assert (quiz.wait_minutes, quiz.time_limit_minutes, quiz.draw) == (5, 20, 2)
    assert (quiz.shuffle, quiz.feedback) == (True, FeedbackPolicy.AFTER_PASS)
    wait, first, who = quiz.questions
    assert wait.kind is QuestionKind.TRUE_FALSE
    assert wait.choices == [
        Choice("true", "True", "True", False),
        Choice("false", "False", "False", True),
    ]
    assert (wait.feedback, wait.feedback_html) == ("You never wait.", "You <em>never</em> wait.")
    assert (first.text, first.html) == (
        "What comes first?",
        "What comes <strong>first</strong>?",
    )
    assert first.choices[0] == Choice(
        "a", "Close the gates", "Close the gates", True, "Yes.", "Yes."
    )
    assert (who.pool, who.points, who.image) == ("cases", 2, "media/clock.svg")
    assert who.alt == "A clock that shows five minutes"
    assert [choice.right for choice in who.choices] == [True, False, True]


@pytest.mark.parametrize("draw", [{"main": 2, "cases": 1}, 3])
def test_a_draw_is_in_all_or_by_pool(tmp_path, draw):
    written = "{main = 2, cases = 1}" if isinstance(draw, dict) else str(draw)
    quiz = content_of(tmp_path, **changed("quizzes/final.toml", "draw = 2", f"draw = {written}"))

    assert quiz.components[2].quiz.draw == draw


def test_true_and_false_are_worded_in_the_language_of_the_course(tmp_path):
    content = content_of(tmp_path, **changed("course.toml", '"en"', '"es-MX"'))

    assert [c.text for c in content.components[2].quiz.questions[0].choices] == [
        "Verdadero",
        "Falso",
    ]


def test_media_in_use_are_listed_with_digest_size_and_type(tmp_path):
    content = content_of(tmp_path)

    digest = hashlib.sha256(SVG.encode()).hexdigest()
    assert content.media == {"media/clock.svg": Media(digest, len(SVG), "image/svg+xml")}


def test_a_translation_is_drawn_beside_its_original(tmp_path):
    spanish = LESSON.replace("Search at once", "Buscar ya")
    content = content_of(tmp_path, **{"lessons/01-search.es.md": spanish})

    lesson = content.components[0]
    assert lesson.title == "Search at once"
    assert list(lesson.translations) == ["es"]
    assert lesson.translations["es"].title == "Buscar ya"
    assert 'aria-label="Volver al texto"' in lesson.translations["es"].html


def test_stored_content_reads_back_the_same(tmp_path):
    content = content_of(tmp_path, **{"lessons/01-search.es.md": LESSON})

    stored = msgspec.json.encode(content)

    assert msgspec.json.decode(stored, type=CourseContent) == content
    assert msgspec.json.encode(msgspec.json.decode(stored, type=CourseContent)) == stored


def test_addresses_take_the_place_of_media_and_component_links(tmp_path):
    html = content_of(tmp_path).components[0].html

    html = with_media(html, lambda path: f"/files?of={path}&v=1")
    html = with_components(html, lambda component: f"/learn/{component}")

    assert '<img src="/files?of=media/clock.svg&amp;v=1" alt=' in html
    assert '<a href="/learn/final">final test</a>' in html


def test_prose_that_looks_like_a_placeholder_stays(tmp_path):
    prose = '<img src="media/a.svg"> and <a href="#lesson:final">'
    source = LESSON.replace("### Later", f"`{prose}`")
    html = content_of(tmp_path, **{"lessons/01-search.md": source}).components[0].html

    addressed = with_components(with_media(html, lambda _: "/wrong"), lambda _: "/wrong")

    assert addressed.count("/wrong") == 2  # the image and the link of the small course
    assert '&lt;img src="media/a.svg"&gt; and &lt;a href="#lesson:final"&gt;' in addressed


def test_the_hash_is_that_of_the_files_alone(tmp_path):
    first = content_of(tmp_path / "one")
    second = write_course(tmp_path / "two", **{".hidden": "x"})
    for number, file in enumerate(path for path in second.rglob("*") if path.is_file()):
        age(file, days=number)

    assert check_course(second, today=TODAY).content.hash == first.hash


@pytest.mark.parametrize(
    "change",
    [
        {"README.md": "# Hi"},
        {"media/clock.svg": SVG + "\n"},
        changed("course.toml", "Lost at the fair", "Lost at a fair"),
    ],
)
def test_another_content_has_another_hash(tmp_path, change):
    before = content_of(tmp_path / "one").hash

    assert content_of(tmp_path / "two", **change).hash != before


def test_the_hash_has_the_form_that_is_written_down():
    digest = "ab" * 32
    records = f"B\0{digest}\na-1\0{digest}\na/b\0{digest}\n"

    assert content_hash({}) == hashlib.sha256(b"").hexdigest()
    assert (
        content_hash(dict.fromkeys(["a/b", "a-1", "B"], digest))
        == hashlib.sha256(records.encode()).hexdigest()
    )


paths = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,20}", fullmatch=True)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.dictionaries(paths, digests), st.dictionaries(paths, digests), st.randoms())
@settings(deadline=None)
def test_equal_files_and_only_they_have_an_equal_hash(one, other, random):
    shuffled = list(one.items())
    random.shuffle(shuffled)

    assert content_hash(dict(shuffled)) == content_hash(one)
    assert (content_hash(other) == content_hash(one)) == (other == one)


def test_checking_twice_gives_the_same_bytes(tmp_path):
    course = write_course(tmp_path)
    first = msgspec.json.encode(check_course(course, today=TODAY).content)
    os.utime(course / "course.toml", (0, 0))

    assert msgspec.json.encode(check_course(course, today=TODAY).content) == first
