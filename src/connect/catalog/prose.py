"""How easily a text reads: sentences that are too long, and the reading grade."""

import re
from collections.abc import Iterator, Sequence

from connect.catalog.faults import FileFaults, quoted

MOST_WORDS = 35  # in a sentence
MOST_GRADE = 12
LEAST_WORDS = 30  # below, the grade says nothing

_WORD = re.compile(r"[^\W_]++(?:['\u2019.,/-][^\W_]++)*+")
_END = re.compile(r"[.!?…][\"'\u201d\u2019\u00bb)\]]*+\s++")
_VOWELS = re.compile(r"[aeiouy]+")


def warn_about_sentences(line: int, text: str, faults: FileFaults) -> None:
    """Warn about each sentence of *text*, which begins on *line*, that has too many words."""
    for start, words in sentences(text):
        if len(words) > MOST_WORDS:
            at = line + text.count("\n", 0, start)
            beginning = quoted(" ".join(words[:5]) + " …")
            faults.warn(at, f"a sentence of {len(words)} words (over {MOST_WORDS}): {beginning}")


def warn_about_grade(texts: Sequence[str], faults: FileFaults) -> None:
    """Warn once about English *texts* that want more than twelve years of school."""
    counted = [words for text in texts for _, words in sentences(text)]
    if sum(map(len, counted)) >= LEAST_WORDS and (grade := reading_grade(counted)) > MOST_GRADE:
        faults.warn(1, f"reading grade {grade:.1f} (over {MOST_GRADE}): shorten words, sentences")


def sentences(text: str) -> Iterator[tuple[int, list[str]]]:
    """Where each sentence of *text* begins, and its words.

    A period ends a sentence unless a small letter follows. ``U.S.C. 41308`` therefore ends
    one too, which errs on the side of shorter sentences.
    """
    start = 0
    for end in _END.finditer(text):
        if not text[end.end() : end.end() + 1].islower():
            yield start, _WORD.findall(text[start : end.end()])
            start = end.end()
    if words := _WORD.findall(text[start:]):
        yield start, words


def reading_grade(counted: Sequence[Sequence[str]]) -> float:
    """Flesch-Kincaid grade, in years of school, of sentences given as their words.

    Raises:
        ZeroDivisionError: there are no words.
    """
    words = [word for sentence in counted for word in sentence]
    sentence_count = sum(1 for sentence in counted if sentence)
    per_word = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / sentence_count + 11.8 * per_word - 15.59


def syllables(word: str) -> int:
    """About how many syllables an English *word* has: groups of vowels, a silent e left out."""
    word = word.lower()
    silent = word.endswith("e") and not word.endswith("le")
    return max(1, len(_VOWELS.findall(word)) - silent)
