"""Answers of every kind, from values alone: what is kept, what is right, what is said."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import make
from connect.catalog.content import Number
from connect.learning import answers
from connect.learning.answers import Given

KINDS = {question.id: question for question in make.every_kind()}
RIGHT = {
    "choice": Given(choices=["a"]),
    "choices": Given(choices=["a", "c"]),
    "true-false": Given(choices=["true"]),
    "numeric": Given(number=Decimal(2)),
    "short": Given(text="Hotline"),
    "order": Given(order=["intake", "answer", "end"]),
    "match": Given(pairs={"l0": "r0", "l1": "r1", "l2": "r2"}),
    "cloze": Given(gaps={"hours": "2", "age": "21"}),
}
EMPTY = {
    **dict.fromkeys(("choice", "choices", "true-false"), Given(choices=[])),
    "numeric": Given(number=None),
    "short": Given(text=" "),
    "order": Given(order=[]),
    "match": Given(pairs={}),
    "cloze": Given(gaps={"hours": "", "age": " "}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_right_answer_is_right_and_an_empty_or_no_answer_is_not(kind):
    question = KINDS[kind]

    assert answers.is_right(question, RIGHT[kind])
    assert not answers.is_right(question, EMPTY[kind])
    assert not answers.is_right(question, None)
    assert answers.is_answered(question, RIGHT[kind])
    assert not answers.is_answered(question, EMPTY[kind])
    assert not answers.is_answered(question, None)
    assert answers.faults(question, RIGHT[kind]) == {}
    assert answers.faults(question, EMPTY[kind]) == {}


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("choices", Given(choices=["a"])),
        ("choices", Given(choices=["a", "b", "c"])),
        ("order", Given(order=["intake", "end", "answer"])),
        ("match", Given(pairs={"l0": "r0", "l1": "r2", "l2": "r1"})),
        ("match", Given(pairs={"l0": "r0", "l1": "r1"})),
        ("cloze", Given(gaps={"hours": "2", "age": "18"})),
        ("cloze", Given(gaps={"hours": "2"})),
        ("short", Given(text="1-800")),
    ],
)
def test_what_is_right_in_part_is_not_right(kind, wrong):
    assert not answers.is_right(KINDS[kind], wrong)
    assert answers.faults(KINDS[kind], wrong) == {}


@pytest.mark.parametrize(
    ("right", "tolerance", "number", "expected"),
    [
        ("2", "0", "2", True),
        ("2", "0", "2.0", True),
        ("2", "0", "2.000000001", False),
        ("0.3", "0", "0.3", True),
        ("0.3", "0.1", "0.2", True),  # in binary fractions 0.3 - 0.2 is less, 0.3 + 0.1 is more
        ("0.3", "0.1", "0.4", True),
        ("0.3", "0.1", "0.4000000001", False),
        ("1000", "0", "1e3", True),
        ("-5", "0", "5", False),
        ("0", "0", "-0", True),
        ("999999999999999", "0", "999999999999998", False),
        ("0.000000000000001", "0", "0", False),
    ],
)
def test_numbers_are_compared_in_decimals(right, tolerance, number, expected):
    asked = Number(Decimal(right), Decimal(tolerance))
    question = make.question("q", kind="numeric", choices=[], number=asked)

    assert answers.is_right(question, Given(number=Decimal(number))) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1-800-THE-LOST", True),
        ("  1-800-the-lost ", True),
        ("HOTLINE", True),
        ("\uff28otline", True),  # a full-width H
        ("Hot line", False),
        ("Hotline.", False),
        ("", False),
    ],
)
def test_texts_are_compared_without_case_and_spaces_at_the_ends(text, expected):
    assert answers.is_right(KINDS["short"], Given(text=text)) is expected
    gapped = make.question("q", kind="cloze", choices=[], gaps={"g": KINDS["short"].accept})
    assert answers.is_right(gapped, Given(gaps={"g": text})) is expected


def test_double_spaces_count_once():
    question = make.question("q", kind="short", choices=[], accept=["First  response"])

    assert answers.is_right(question, Given(text="first response"))
    assert answers.is_right(question, Given(text="FIRST \u00a0 RESPONSE"))
    assert not answers.is_right(question, Given(text="firstresponse"))


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert answers.folded(answers.folded(text)) == answers.folded(text)


@given(st.text(min_size=1, max_size=40), st.text(" \t\u00a0", max_size=3))
def test_any_text_answers_itself_in_another_case_and_with_spaces(text, spaces):
    question = make.question("q", kind="short", choices=[], accept=[text])

    assert answers.is_right(question, Given(text=f"{spaces}{text.swapcase()}{spaces}")) or (
        answers.folded(text.swapcase()) != answers.folded(text)  # as of the dotless i
    )
    assert answers.is_right(question, Given(text=f"{spaces}{text}{spaces}"))


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("choice", Given(), {"choices": answers.HOW["choices"]}),
        ("numeric", Given(), {"number": answers.HOW["number"]}),
        (
            "order",
            Given(text="x", choices=["a"]),
            {
                "choices": 'Leave it out: this question takes "order".',
                "text": 'Leave it out: this question takes "order".',
                "order": answers.HOW["order"],
            },
        ),
        ("choice", Given(choices=["z"]), {"choices": "Use the ids of this question's choices."}),
        (
            "true-false",
            Given(choices=["true", "false"]),
            {"choices": "Choose one: this question has one right answer."},
        ),
        *(
            (
                "numeric",
                Given(number=Decimal(number)),
                {"number": "Write a number of at most 15 digits, such as 2 or 2.5."},
            )
            for number in ("nan", "inf", "1e99999999", "0.1234567890123456")
        ),
        ("short", Given(text="a" * 501), {"text": "Write at most 500 characters."}),
        (
            "short",
            Given(text="a\x00"),
            {"text": "Write it on one line, in letters, digits and signs."},
        ),
        (
            "cloze",
            Given(gaps={"hours": "2", "age": "a" * 501}),
            {"gaps": "Write at most 500 characters."},
        ),
        ("cloze", Given(gaps={"days": "2"}), {"gaps": "Use the names of this question's gaps."}),
        (
            "order",
            Given(order=["intake", "answer"]),
            {"order": "Give each of the 3 items a place of its own."},
        ),
        (
            "order",
            Given(order=["intake", "intake", "end"]),
            {"order": "Give each of the 3 items a place of its own."},
        ),
        (
            "order",
            Given(order=["intake", "answer", "later"]),
            {"order": "Use the ids of this question's items."},
        ),
        (
            "match",
            Given(pairs={"l0": "r1", "l1": "r1"}),
            {"pairs": "Choose each partner once: no two lines have the same one."},
        ),
        *(
            (
                "match",
                Given(pairs=pairs),
                {"pairs": "Use the ids of this question: one of the left, then one of the right."},
            )
            for pairs in ({"l0": "l1"}, {"r0": "r1"}, {"": "r1"}, {"l0": ""})
        ),
    ],
)
def test_what_cannot_be_kept_is_said_by_field(kind, given, expected):
    assert answers.faults(KINDS[kind], given) == expected


def given_of_any_shape():
    some = st.text(max_size=3) | st.sampled_from(["a", "l0", "r0", "intake", "hours", "true"])
    return st.builds(
        Given,
        choices=st.just(msgspec.UNSET) | st.lists(some, max_size=3),
        text=st.just(msgspec.UNSET) | st.text(max_size=20),
        number=st.just(msgspec.UNSET) | st.none() | st.decimals(),
        order=st.just(msgspec.UNSET) | st.lists(some, max_size=4),
        pairs=st.just(msgspec.UNSET) | st.dictionaries(some, some, max_size=3),
        gaps=st.just(msgspec.UNSET) | st.dictionaries(some, st.text(max_size=9), max_size=3),
    )


@given(st.sampled_from(sorted(KINDS)), given_of_any_shape())
def test_what_can_be_kept_can_be_stored_graded_and_said(kind, any_answer):
    question = KINDS[kind]

    if not answers.faults(question, any_answer):
        stored = msgspec.json.decode(msgspec.json.encode(any_answer), type=Given)
        assert stored == any_answer
        assert answers.is_right(question, stored) <= answers.is_answered(question, stored)
        assert all(isinstance(part, str) for part in answers.in_words(question, stored))


@pytest.mark.parametrize("seed", [1, 2**60])
@pytest.mark.parametrize("kind", ["order", "match"])
def test_ids_of_an_attempt_tell_nothing_and_lead_back(kind, seed):
    question = KINDS[kind]

    ids = answers.shown_ids(question, seed)

    assert len(set(ids.values())) == len(ids) == len(answers.names(question))
    assert set(ids.values()).isdisjoint(answers.shown_ids(question, seed + 1).values())
    assert all(name not in shown for name, shown in ids.items())
    back = {shown: name for name, shown in ids.items()}
    assert answers.renamed(answers.renamed(RIGHT[kind], ids), back) == RIGHT[kind]


@pytest.mark.parametrize("kind", ["order", "match"])
def test_names_of_the_course_are_no_ids_of_an_attempt(kind):
    question = KINDS[kind]
    back = {shown: name for name, shown in answers.shown_ids(question, 7).items()}

    assert answers.faults(question, answers.renamed(RIGHT[kind], back)) != {}


def test_open_attempts_keep_their_ids():
    assert answers.shown_ids(KINDS["order"], 7)["intake"] == "3edfe9b4fd56"


def test_answers_and_keys_are_said_in_words():
    given = {
        **RIGHT,
        "order": Given(order=["end", "intake", "answer"]),
        "match": Given(pairs={"l2": "r0", "l0": "r2"}),
        "cloze": Given(gaps={"age": "18"}),
        "numeric": Given(number=Decimal("1E+3")),
    }

    said = {kind: answers.in_words(KINDS[kind], given[kind]) for kind in KINDS}
    right = {kind: answers.key_in_words(KINDS[kind]) for kind in KINDS}

    assert said == {
        "choice": ["a"],
        "choices": ["a", "c"],
        "true-false": ["true"],
        "numeric": ["1000"],
        "short": ["Hotline"],
        "order": ["1. End", "2. Intake", "3. Answer"],
        "match": ["Dispatcher: Care", "Nurse: Call"],
        "cloze": ["Gap 1: none", "Gap 2: 18"],
    }
    assert right == {
        "choice": ["a"],
        "choices": ["a", "c"],
        "true-false": ["true"],
        "numeric": ["2, or up to 0.5 off"],
        "short": ["1-800-THE-LOST"],
        "order": ["1. Intake", "2. Answer", "3. End"],
        "match": ["Dispatcher: Call", "Chief: Team", "Nurse: Care"],
        "cloze": ["Gap 1: 2", "Gap 2: 21"],
    }
    assert [answers.in_words(KINDS[kind], None) for kind in KINDS] == [[]] * 8
