"""Types of what people type: each carries the sentence that says what to do."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from connect.lists import DISCIPLINES, STATES

# Control characters (NUL fails on PostgreSQL) and marks that turn the direction of text.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_END = r"$(?!\n)"  # Python's $ alone also matches before a last line break
_PRINTABLE = rf"^[^{_UNSEEN}]*{_END}"


def _one_of(codes: Iterable[str]) -> str:
    return f"^({'|'.join(codes)}){_END}"


Name = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        pattern=rf"^[^{_UNSEEN}]*[^\s{_UNSEEN}][^{_UNSEEN}]*{_END}",
        description="Write the name in 1 to 120 characters, on one line.",
    ),
]
Line = Annotated[
    str,
    Meta(
        max_length=120, pattern=_PRINTABLE, description="Write at most 120 characters, on one line."
    ),
]
Reason = Annotated[
    str, Meta(max_length=2000, pattern=r"^[^\x00]*$", description="Write at most 2,000 characters.")
]
Email = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=r"^\s*[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\s*$",
        description="Write an e-mail address such as name@agency.example.",
    ),
]
Password = Annotated[
    str,
    Meta(
        max_length=1000,
        pattern=r"^[^\x00\ud800-\udfff]*$",
        description="Write at most 256 characters.",
    ),
]
Token = Annotated[str, Meta(max_length=200, description="Use the link from the mail as it is.")]
Discipline = Annotated[
    str, Meta(pattern=_one_of(DISCIPLINES), description="Choose a discipline from the list.")
]
State = Annotated[str, Meta(pattern=_one_of(STATES), description="Choose a state from the list.")]
Zone = Annotated[
    str, Meta(max_length=60, description="Choose a time zone such as America/Chicago.")
]
Key = Annotated[
    str,
    Meta(pattern=rf"^[a-z0-9-]{{1,60}}{_END}", description="Use the id as the course gives it."),
]
