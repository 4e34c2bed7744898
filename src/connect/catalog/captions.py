"""Checking captions: WebVTT (W3C, 2019), as far as captions of a recording need it."""

import re

from connect.catalog.faults import FileFaults, quoted

_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+.*)?")
_TAG = re.compile(r"<[^<>]*>")
_ALLOWED = re.compile(r"</?(?:b|i|u|v|lang)(?:[ .][^<>]*)?>")


def check_captions(source: str | None, faults: FileFaults) -> None:
    """Refuse captions that a browser would not show, or not as they are meant.

    Args:
        source: the text of the file with ``\\n`` between its lines; ``None``: it could not be
            read, which is a fault already.
    """
    if source is None:
        return
    lines = source.split("\n")
    if not re.fullmatch(r"WEBVTT(?:[ \t].*)?", lines[0]):
        faults.refuse(1, 'captions begin with a line "WEBVTT"')
        return
    blocks = list(_blocks(lines))
    shown = 0
    last = -1
    for number, block in blocks:
        if block[0].startswith("NOTE"):
            continue
        if block[0].startswith(("STYLE", "REGION")):
            faults.refuse(number, f"captions hold no {block[0].split()[0]} here")
            continue
        place = 0 if "-->" in block[0] else 1  # a cue may have a name before its times
        times = _TIMING.fullmatch(block[place].strip()) if len(block) > place else None
        if times is None:
            faults.refuse(number, "expected times such as 00:01.000 --> 00:04.000")
            continue
        begin, end = _milliseconds(times.groups()[:4]), _milliseconds(times.groups()[4:])
        if end <= begin:
            faults.refuse(number + place, "the caption ends before it begins")
        if begin < last:
            faults.refuse(number + place, "the caption begins before the one above it")
        last = begin
        shown += 1
        _check_words(block[place + 1 :], number + place + 1, faults)
    if not shown:
        faults.refuse(1, "there is no caption in the file")


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """The blocks below the header, each with the number of its first line."""
    found: list[tuple[int, list[str]]] = []
    inside = True  # lines right below the header belong to it
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            inside = False
        elif inside and found:
            found[-1][1].append(line)
        elif not inside:
            found.append((number, [line]))
            inside = True
    return found


def _milliseconds(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, rest = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


def _check_words(lines: list[str], number: int, faults: FileFaults) -> None:
    if not any(_TAG.sub("", line).strip() for line in lines):
        faults.refuse(number - 1, "the caption has no words")
    for place, line in enumerate(lines):
        for tag in _TAG.findall(line):
            if not _ALLOWED.fullmatch(tag):
                faults.refuse(number + place, f"captions may not hold {quoted(tag)}")
