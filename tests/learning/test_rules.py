"""Time, draws, scores and completion, from values alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import make
from connect.catalog.content import FeedbackPolicy, Item, Purpose
from connect.learning import rules
from connect.learning.answers import Given
from connect.learning.rules import ComponentState, Fact

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def ago(seconds):
    return NOON - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("last", "counted_until", "closing", "minutes", "expected"),
    [
        (None, None, False, 3, 0),  # nothing is open
        (ago(30), None, False, 3, 30),  # a heartbeat
        (ago(600), None, False, 3, 600),  # silence up to the cut-off counts
        (ago(3600), None, False, 3, 600),  # a longer one counts as the cut-off
        (ago(3600), None, True, 3, 180),  # no script: up to the component's own length
        (ago(3600), None, True, 25, 1500),
        (ago(3600), None, True, None, 600),  # no length is known: the cut-off
        (ago(30), ago(10), False, 3, 10),  # another tab counted the first twenty seconds
        (ago(30), NOON, False, 3, 0),
        (NOON + timedelta(seconds=5), None, False, 3, 0),  # the clock went back
    ],
)
def test_only_time_that_was_not_counted_counts(last, counted_until, closing, minutes, expected):
    seconds = rules.counted_seconds(
        last=last,
        counted_until=counted_until,
        now=NOON,
        closing_without_beats=closing,
        minutes=minutes,
    )

    assert seconds == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 400)), max_size=60))
def test_parallel_tabs_never_count_more_than_the_clock(events):
    """Tabs 0 to 3 beat in any order; their sum is at most the time that went by."""
    now, counted_until = NOON, None
    last = {}
    total = 0
    for tab, wait in events:
        now += timedelta(seconds=wait)
        total += (
            seconds := rules.counted_seconds(
                last=last.get(tab),
                counted_until=counted_until,
                now=now,
                closing_without_beats=False,
                minutes=None,
            )
        )
        last[tab] = now
        if seconds:
            counted_until = now

    assert total <= (now - NOON).total_seconds()


def test_in_a_sequence_a_step_opens_when_the_required_one_before_it_is_done():
    content = make.content(
        components=[
            make.lesson("one"),
            make.component_quiz("check", purpose=Purpose.PRACTICE, required=False),
            make.lesson("two"),
            make.component_quiz("final"),
        ]
    )

    at_first = rules.states(content, {})
    after_one = rules.states(content, {"one": Fact(done=True)})

    assert at_first == {
        "one": ComponentState.OPEN,
        "check": ComponentState.LOCKED,
        "two": ComponentState.LOCKED,
        "final": ComponentState.LOCKED,
    }
    assert after_one == {
        "one": ComponentState.DONE,
        "check": ComponentState.OPEN,
        "two": ComponentState.OPEN,
        "final": ComponentState.LOCKED,
    }


def test_without_a_sequence_everything_is_open():
    content = make.content(sequence=False, components=[make.lesson("a"), make.lesson("b")])

    assert set(rules.states(content, {}).values()) == {ComponentState.OPEN}


def test_missing_names_each_requirement_and_why():
    content = make.content(
        components=[
            make.lesson("one", min_seconds=60),
            make.acknowledgement("promise"),
            make.component_quiz("final", pass_percent=80, max_attempts=3),
            make.lesson("extra", required=False),
        ]
    )
    facts = {
        "one": Fact(opened=True, seconds=20),
        "final": Fact(attempts=1, best=60),
    }

    assert [(m.component, m.what) for m in rules.missing(content, facts)] == [
        ("one", "40 seconds of reading time are missing."),
        ("promise", "You have not confirmed this statement yet."),
        ("final", "Your best score is 60 %. You need 80 % to pass. Attempts left: 2."),
    ]


FACTS = st.fixed_dictionaries(
    {},
    optional={
        name: st.builds(Fact, done=st.booleans(), opened=st.booleans(), seconds=st.integers(0, 99))
        for name in ("one", "check", "two", "final")
    },
)


@given(FACTS)
def test_complete_means_every_required_component_is_done(facts):
    content = make.content(
        components=[
            make.lesson("one"),
            make.component_quiz("check", purpose=Purpose.PRACTICE, required=False),
            make.lesson("two"),
            make.component_quiz("final"),
        ]
    )
    done = all(facts.get(c, rules.NOTHING).done for c in ("one", "two", "final"))

    assert (rules.missing(content, facts) == []) == done
    assert (rules.progress_percent(content, facts) == 100) == done
    assert (rules.next_component(content, facts, None) is None) <= done


@pytest.mark.parametrize(
    ("done", "last", "expected"),
    [
        ([], None, "one"),
        ([], "one", "one"),  # where the learner stopped
        (["one"], "one", "check"),  # an optional step is offered
        (["one"], "two", "two"),  # and not forced
        (["one", "two"], "two", "final"),
        (["one", "check", "two"], "final", "final"),
        (["one", "check", "two", "final"], "final", None),
        (["one", "two", "final"], "final", None),  # the passed-over optional step is not missing
    ],
)
def test_the_learner_goes_on_where_she_stopped(done, last, expected):
    content = make.content(
        components=[
            make.lesson("one"),
            make.component_quiz("check", purpose=Purpose.PRACTICE, required=False),
            make.lesson("two"),
            make.component_quiz("final"),
        ]
    )

    facts = {component: Fact(done=True) for component in done}

    assert rules.next_component(content, facts, last) == expected


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"q1": {"a"}, "q2": {"a", "b"}}, 100),
        ({"q1": {"a"}, "q2": {"a"}}, 33),  # half of a question earns nothing
        ({"q1": {"a"}, "q2": {"a", "b", "c"}}, 33),  # nor does choosing everything
        ({"q2": {"a", "b"}}, 66),  # two points of three, rounded down
        ({"q1": {"a"}, "q9": {"a"}}, 33),
        ({}, 0),
    ],
)
def test_score_counts_only_fully_right_questions(answers, expected):
    questions = [
        make.question("q1", right={"a"}),
        make.question("q2", right={"a", "b"}, points=2),
    ]

    given = {name: Given(choices=sorted(chosen)) for name, chosen in answers.items()}
    assert rules.score(questions, given) == expected


def test_a_quiz_without_questions_cannot_be_graded():
    with pytest.raises(ValueError, match="at least one"):
        rules.score([], {})


@given(st.integers(0, 2**60), st.integers(1, 12), st.sets(st.integers(0, 11)))
def test_a_draw_is_repeatable_and_prefers_unseen_questions(seed, many, seen):
    quiz = make.quiz(questions=[make.question(f"q{i}") for i in range(12)], draw=many)
    known = {f"q{i}" for i in seen}

    drawn = rules.draw(quiz, seed=seed, seen=known)

    ids = [question for question, _ in drawn]
    assert drawn == rules.draw(quiz, seed=seed, seen=known)
    assert len(ids) == len(set(ids)) == many
    assert len(set(ids) - known) == min(many, 12 - len(known))
    assert all(sorted(choices) == ["a", "b", "c"] for _, choices in drawn)


def test_a_draw_by_pool_takes_as_many_of_each():
    questions = [make.question(f"f{i}", pool="facts") for i in range(5)]
    questions += [make.question(f"c{i}", pool="cases") for i in range(5)]
    quiz = make.quiz(questions=questions, draw={"facts": 2, "cases": 3})

    ids = [question for question, _ in rules.draw(quiz, seed=7)]

    assert sorted(i[0] for i in ids) == ["c", "c", "c", "f", "f"]


def test_without_shuffle_the_order_is_the_authors():
    quiz = make.quiz(questions=[make.question(f"q{i}") for i in range(5)], shuffle=False)

    drawn = rules.draw(quiz, seed=1)

    assert drawn == [(f"q{i}", ["a", "b", "c"]) for i in range(5)]


@given(st.integers(0, 2**60), st.booleans())
def test_orders_and_matches_are_always_mixed_and_never_shown_as_they_are_right(seed, shuffle):
    quiz = make.quiz(questions=make.every_kind(), shuffle=shuffle)

    drawn = dict(rules.draw(quiz, seed=seed))

    order, match = drawn["order"], drawn["match"]
    assert sorted(order) == ["answer", "end", "intake"]
    assert order != ["intake", "answer", "end"]
    assert sorted(match) == ["l0", "l1", "l2", "r0", "r1", "r2"]
    assert {name[0] for name in match[:3]} == {"l"}
    assert [name[1:] for name in match[:3]] != [name[1:] for name in match[3:]]
    assert drawn["true-false"] == ["true", "false"]


def test_what_has_one_order_only_is_shown_in_it():
    one = make.question("one", kind="order", choices=[], items=[Item("a", "A")])

    assert rules.draw(make.quiz(questions=[one]), seed=1) == [("one", ["a"])]


@pytest.mark.parametrize(
    ("policy", "passed", "last", "told", "key"),
    [
        (FeedbackPolicy.AFTER_SUBMISSION, False, False, True, False),
        (FeedbackPolicy.AFTER_SUBMISSION, True, False, True, True),
        (FeedbackPolicy.AFTER_SUBMISSION, False, True, True, True),
        (FeedbackPolicy.AFTER_PASS, False, True, False, False),
        (FeedbackPolicy.AFTER_PASS, True, False, True, True),
        (FeedbackPolicy.NEVER, True, True, False, False),
    ],
)
def test_feedback_tells_what_the_policy_allows(policy, passed, last, told, key):
    question = make.question("q1", right={"a"})
    quiz = make.quiz(questions=[question], feedback=policy)

    answers = {"q1": Given(choices=["b"])}
    shown = rules.feedback(quiz, [question], answers, passed=passed, last=last)

    assert bool(shown) == told
    if told:
        assert shown[0].right is False
        assert shown[0].text == "Because of a rule. Not quite."
        assert (shown[0].key == ["a"]) == key
        assert (shown[0].right_answer == ["a"]) == key


def test_waits_and_limits_of_attempts():
    quiz = make.quiz(max_attempts=3, wait_minutes=10)

    assert [rules.attempts_left(quiz, ended) for ended in (0, 2, 3, 4)] == [3, 1, 0, 0]
    assert rules.attempts_left(make.quiz(max_attempts=0), 99) is None
    assert rules.may_start_at(quiz, NOON) == NOON + timedelta(minutes=10)
    assert rules.may_start_at(quiz, None) is None
