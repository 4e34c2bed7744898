"""Two versions of a policy: which passages stayed, which are new, which are gone. Pure.

A passage is a sentence, compared in any case and spacing: a text that was set anew, with other line
and page breaks, is the same text.
"""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum

import msgspec

from connect.readiness.passages import plain

MOST = 5_000  # passages that are put into order beside each other; of more, new ones come first
END = re.compile(r"(?<=[.;:!?])\s+|\n\s*\n")
HYPHEN = re.compile(r"(?<=\w)[-\u00ad\u2010]\s*(?=\w)")  # at a line's end it may be one or none
SPACE = re.compile(r"\s+")
BROKEN = re.compile(r"(?<=\w)[-\u00ad]\s*\n\s*(?=[a-z])")  # a word that a line break cut in two


class Kind(StrEnum):
    SAME = "same"  # also where it stands at another place now
    NEW = "new"
    GONE = "gone"


class Passage(msgspec.Struct, frozen=True):
    page: int  # on which it begins, from 1; of one that is gone, in the old version
    text: str


class Compared(msgspec.Struct, frozen=True):
    kind: Kind
    page: int
    text: str


def normal(text: str) -> str:
    """A text as two versions of it are compared."""
    return HYPHEN.sub("", plain(text))


def passages(pages: Sequence[str]) -> list[Passage]:
    """The sentences of a document; one that runs on over a page break is one."""
    found: list[Passage] = []
    for number, page in enumerate(pages, 1):
        pieces = [SPACE.sub(" ", p).strip() for p in END.split(BROKEN.sub("", page))]
        for place, piece in enumerate([piece for piece in pieces if piece]):
            runs_on = place == 0 and found and not found[-1].text.endswith((*".;:!?",))
            if runs_on:
                found[-1] = Passage(found[-1].page, f"{found[-1].text} {piece}")
            else:
                found.append(Passage(number, piece))
    return found


def compare(old: Sequence[str], new: Sequence[str]) -> list[Compared]:
    """Each passage of the new version in its order, with those that are gone where they stood.

    Args:
        old, new: the text of each page.
    """
    before, after = passages(old), passages(new)
    a, b = [normal(p.text) for p in before], [normal(p.text) for p in after]
    kept_new, kept_old = Counter(a), Counter(b)
    found: list[Compared] = []
    if max(len(a), len(b)) > MOST:
        steps = [("replace", 0, len(a), 0, len(b))]
    else:
        steps = [*SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes()]
    for _, first, last, begin, end in steps:
        for place in range(begin, end):
            kind = Kind.SAME if kept_new[b[place]] > 0 else Kind.NEW
            kept_new[b[place]] -= 1
            found.append(Compared(kind, after[place].page, after[place].text))
        for place in range(first, last):
            if kept_old[a[place]] <= 0:
                found.append(Compared(Kind.GONE, before[place].page, before[place].text))
            kept_old[a[place]] -= 1
    return found


def changed(old: Sequence[str], new: Sequence[str]) -> list[Compared]:
    """As ``compare``, without what stayed."""
    return [one for one in compare(old, new) if one.kind is not Kind.SAME]


def stands_in(text: str, pages: Sequence[str]) -> bool:
    """Whether all of *text* still stands in a document, wherever."""
    whole = normal("\n".join(pages))
    if normal(text) in whole:
        return True
    return all(normal(p.text) in whole for p in passages([text]))
