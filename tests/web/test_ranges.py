"""Which part of a file a Range header asks for (RFC 9110, 14.1.2 and 14.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connect.web.ranges import span_of


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=2-4", (2, 4)),
        ("bytes=2-", (2, 9)),
        ("bytes=-3", (7, 9)),
        ("bytes=-30", (0, 9)),
        ("bytes=5-99", (5, 9)),
        ("bytes= 1-2 ", (1, 2)),
        ("bytes=4-2", None),  # cannot be read, so the whole file
        ("bytes=0-1,4-5", None),
        ("bytes=-", None),
        ("items=0-1", None),
        ("", None),
    ],
)
def test_a_header_asks_for_a_span_or_the_whole(header, span):
    assert span_of(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-11", "bytes=-0"])
def test_a_span_behind_the_end_cannot_be_given(header):
    with pytest.raises(ValueError):
        span_of(header, 10)


@given(st.binary(max_size=40), st.integers(0, 50), st.integers(0, 50))
def test_a_span_is_what_a_slice_gives(data, first, last):
    header = f"bytes={first}-{last}"
    if first >= len(data) and last >= first:
        with pytest.raises(ValueError):
            span_of(header, len(data))
        return

    span = span_of(header, len(data))

    wanted = None if last < first else data[first : last + 1]
    assert (data[span[0] : span[1] + 1] if span else None) == wanted
