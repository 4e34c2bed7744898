"""What completes a course: in words, in any order of arrival, and after a full recompute."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import make
from connect.catalog.content import Purpose
from connect.learning.requirements import Fact, Record, explain, facts_from, missing, used_up

NAMES = ("one", "check", "promise", "pre", "final")
STEPS = [
    make.lesson("one", min_seconds=60),
    make.component_quiz("check", purpose=Purpose.PRACTICE, required=False),
    make.acknowledgement("promise"),
    make.component_quiz("pre", purpose=Purpose.PRE),
    make.component_quiz("final", max_attempts=3),
]
RECORDS = st.builds(
    Record,
    component=st.sampled_from(NAMES),
    opened=st.booleans(),
    seconds=st.integers(0, 400),
    done=st.booleans(),
    attempts=st.integers(0, 4),
    best=st.none() | st.integers(0, 100),
    met=st.sampled_from([False, False, True]),
    reopened=st.integers(0, 1),
    carried=st.sampled_from([False, False, True]),
)
HISTORIES = st.tuples(st.lists(RECORDS, max_size=12), st.randoms(use_true_random=False))


def any_history_completes_alike(history):
    """One history in two orders, taken in one by one and all at once."""
    records, chance = history
    content = make.content(components=STEPS)
    shuffled = list(records)
    chance.shuffle(shuffled)
    done = {r.component for r in records if r.done or r.met or r.carried}

    facts = facts_from(records)
    ends = [missing(content, facts_from(shuffled[:n])) == [] for n in range(len(shuffled) + 1)]

    assert facts_from(shuffled) == facts
    assert missing(content, facts_from(shuffled)) == missing(content, facts)
    assert ends[-1] is ({"one", "promise", "pre", "final"} <= done)
    assert ends == sorted(ends)  # a fact that is added never takes a completion away
    told = explain(content, facts)
    assert [r.component for r in told] == ["one", "promise", "pre", "final"]
    assert all(r.asked and r.recorded for r in told)
    assert {r.component for r in told if r.missing} == {r.component for r in told} - done
    assert [m.what for m in missing(content, facts)] == [r.missing for r in told if r.missing]


@settings(max_examples=1_000)
@given(HISTORIES)
def test_a_thousand_histories_complete_alike_in_any_order(history):
    any_history_completes_alike(history)


@pytest.mark.long
@settings(max_examples=10_000)
@given(HISTORIES)
def test_ten_thousand_histories_complete_alike_in_any_order(history):
    any_history_completes_alike(history)


def test_each_requirement_says_what_is_asked_recorded_and_missing():
    content = make.content(components=STEPS)
    facts = {
        "one": Fact(opened=True, seconds=59),
        "pre": Fact(done=True, attempts=1, best=50),
        "final": Fact(attempts=3, best=60),
    }

    assert [(r.title, r.asked, r.recorded, r.missing) for r in explain(content, facts)] == [
        (
            "One",
            "Finish this step, in 1 minute or more.",
            "59 seconds.",
            "1 second of reading time is missing.",
        ),
        (
            "Promise",
            "Confirm this statement.",
            "Nothing yet.",
            "You have not confirmed this statement yet.",
        ),
        (
            "Pre",
            "Submit your answers. Any score is enough.",
            "1 attempt submitted, the best with 50 %.",
            "",
        ),
        (
            "Final",
            "Pass with 80 %, in 3 attempts at most.",
            "3 attempts submitted, the best with 60 %.",
            "Your best score is 60 %. You need 80 % to pass. Attempts left: 0.",
        ),
    ]


def test_what_staff_or_an_earlier_completion_stands_for_says_so_until_it_is_really_done():
    content = make.content(components=[make.lesson("one"), make.lesson("two")])
    records = [Record(component="one", met=True), Record(component="two", carried=True)]
    really = [Record(component=name, done=True) for name in ("one", "two")]

    before = explain(content, facts_from(records))
    after = explain(content, facts_from(records + really))

    assert [(r.by_hand, r.carried, r.missing) for r in before] == [
        (True, False, ""),
        (False, True, ""),
    ]
    assert [r.recorded for r in before] == [
        "Met by hand: staff recorded it.",
        "Carried over from an earlier completion: it has not changed since.",
    ]
    assert [(r.by_hand, r.carried, r.recorded) for r in after] == [(False, False, "Done.")] * 2


@pytest.mark.parametrize(
    ("fact", "spent"),
    [
        (Fact(attempts=2), []),
        (Fact(attempts=3), ["final"]),
        (Fact(attempts=3, done=True), []),
        (Fact(attempts=3, reopened=1), []),
        (Fact(attempts=6, reopened=1), ["final"]),
    ],
)
def test_a_test_is_used_up_until_staff_open_it_again(fact, spent):
    assert used_up(make.content(components=STEPS), {"final": fact}) == spent
