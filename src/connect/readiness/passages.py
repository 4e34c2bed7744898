"""Finding the words of a policy again on its pages. Pure."""

import re
import unicodedata
from collections.abc import Sequence

QUOTES = str.maketrans(
    "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2013\u2014", "''''" + 4 * '"' + "--"
)
LEAST = 8  # characters: fewer would be found anywhere


def plain(text: str) -> str:
    """Text as passages are compared: without line breaks, case, kinds of quotes and dashes.

    A word that is broken at the end of a line is one word again.
    """
    joined = re.sub(r"(?<=\w)[-\u00ad]\s*\n\s*(?=[a-z])", "", text)
    folded = unicodedata.normalize("NFKC", joined).translate(QUOTES).casefold()
    return " ".join(folded.replace("\u00ad", "").split())


def page_with(pages: Sequence[str], passage: str, *, page: int | None = None) -> int | None:
    """The number of the page, from 1, on which a passage begins; None: it is nowhere.

    A passage may go on upon the next page.

    Args:
        page: the only one on which it is looked for.
    """
    wanted = plain(passage)
    if not wanted:
        return None
    numbers = [page] if page else list(range(1, len(pages) + 1))
    for number in numbers:
        if 1 <= number <= len(pages) and wanted in plain(pages[number - 1]):
            return number
    for number in numbers:
        if 1 <= number < len(pages):
            both = plain(pages[number - 1] + "\n" + pages[number])
            at = both.find(wanted)
            if 0 <= at < len(plain(pages[number - 1])):
                return number
    return None


def passage_fault(pages: Sequence[str], passage: str, page: int | None) -> dict[str, str]:
    """What is wrong with a place in a policy: field → sentence.

    Args:
        pages: the text of each; none when the text of the document is not read.
    """
    if not pages:
        return {} if page is None or page >= 1 else {"page": "Write the number of a page, from 1."}
    if page is not None and not 1 <= page <= len(pages):
        return {"page": f"Write a page from 1 to {len(pages)}."}
    if not plain(passage):
        return {}
    if len(plain(passage)) < LEAST:
        return {"passage": "Copy a few words more, so that the place is found."}
    if page_with(pages, passage, page=page) is not None:
        return {}
    if page is not None and not plain(pages[page - 1]):
        return {"passage": f"Page {page} is a picture without text. Leave the passage empty."}
    where = f"on page {page}" if page else "in this document"
    elsewhere = page_with(pages, passage)
    hint = f" They stand on page {elsewhere}." if elsewhere else " Copy them from it."
    return {"passage": f"These words do not stand {where}.{hint}"}
