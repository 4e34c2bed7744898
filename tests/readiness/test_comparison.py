"""Two versions of a policy beside each other."""

from hypothesis import given
from hypothesis import strategies as st

from connect.readiness.comparison import Kind, changed, compare, passages, stands_in

SENTENCES = ["A report is taken at once.", "Nobody waits.", "Enter it in NCIC.", "Call NCMEC."]


def texts(compared, kind):
    return [(one.page, one.text) for one in compared if one.kind is kind]


def test_a_text_that_was_set_anew_is_the_same_text():
    old = ["A report is taken at\nonce. Nobody\n waits.", "Enter it in\nNCIC."]
    new = ["A REPORT is taken", "at once.  Nobody waits. Enter it in NC-\nIC."]

    assert changed(old, [*new]) == []


def test_new_and_gone_passages_stand_with_their_pages():
    old = ["A report is taken at once. It covers everybody under 18."]
    new = ["A report is taken at once.", "It covers everybody under 21. Nobody waits."]

    compared = compare(old, new)

    assert texts(compared, Kind.SAME) == [(1, "A report is taken at once.")]
    assert texts(compared, Kind.NEW) == [
        (2, "It covers everybody under 21."),
        (2, "Nobody waits."),
    ]
    assert texts(compared, Kind.GONE) == [(1, "It covers everybody under 18.")]


def test_a_sentence_over_a_page_break_is_one():
    assert [
        (p.page, p.text) for p in passages(["It is entered", "within two hours. Then call."])
    ] == [
        (1, "It is entered within two hours."),
        (2, "Then call."),
    ]


def test_a_passage_stands_wherever_it_was_moved_to():
    pages = ["Enter it in NCIC.", "Nobody waits. A report is\ntaken at once."]

    assert stands_in("a report is taken at once. Enter it in NCIC.", pages)
    assert not stands_in("Reports wait for a day.", pages)


@given(st.lists(st.sampled_from(SENTENCES)), st.lists(st.sampled_from(SENTENCES)))
def test_what_stayed_and_is_new_makes_the_new_version_and_with_what_is_gone_the_old(old, new):
    compared = compare([" ".join(old)], [" ".join(new)])

    same = [t for _, t in texts(compared, Kind.SAME)]
    assert [one.text for one in compared if one.kind is not Kind.GONE] == new
    assert sorted(same + [t for _, t in texts(compared, Kind.GONE)]) == sorted(old)
