"""Cursors: what was made here is read back; everything else is refused."""

import base64
from datetime import date
from uuid import UUID

import pytest

from connect.errors import Invalid
from connect.paging import cursor, cut, read_cursor

ROW = UUID("01956000-0000-7000-8000-000000000001")


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (ROW, UUID),
        ("first-response", str),
        ("Grüße 100%", str),
        ((date(2026, 2, 28), ROW), tuple[date, UUID]),
        (0, int),
    ],
)
def test_what_was_made_here_is_read_back(value, form):
    made = cursor(value)

    assert read_cursor(made, form) == value
    assert set(made) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def encoded(text):
    return base64.urlsafe_b64encode(text).decode()


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "!!!!",
        "ü",
        "\x00",
        "=" * 5,
        str(ROW),
        encoded(b""),
        encoded(b"null"),
        encoded(b"7"),
        encoded(b'"not an id"'),
        encoded(b'["a"]'),
        encoded(b"\xff\xfe"),
        encoded(b"[" * 5000),
        cursor(ROW)[:-5],
        cursor((date(2026, 2, 28), ROW)),
    ],
)
def test_what_was_not_made_here_is_refused(after):
    with pytest.raises(Invalid) as refusal:
        read_cursor(after, UUID)

    assert refusal.value.errors == {"after": "Use the `next` of the page before."}


@pytest.mark.parametrize("text", [rb'"\u0000"', rb'"a\u0000b"', b'"\x00"', b'"\\ud800"'])
def test_no_text_comes_in_that_a_database_refuses(text):
    with pytest.raises(Invalid):
        read_cursor(encoded(text), str)


@pytest.mark.parametrize(
    ("rows", "kept", "following"),
    [([], [], None), ([1], [1], None), ([1, 2], [1, 2], None), ([1, 2, 3], [1, 2], 20)],
)
def test_one_row_more_than_wanted_means_there_is_a_next_piece(rows, kept, following):
    found, after = cut(rows, 2, lambda row: row * 10)

    assert found == kept
    assert (read_cursor(after, int) if after else None) == following
