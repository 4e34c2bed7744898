"""Evaluations as CSV: one line for each number."""

from typing import Any

from connect.csv_out import to_csv
from connect.reports.evaluations import Evaluations
from connect.reports.opinions import Part, Question

COLUMNS = ["part", "question", "text", "by", "value", "label", "measure", "number"]
WITHHELD = "withheld"


def evaluations_csv(found: Evaluations) -> str:
    """Numbers of a course's evaluations and tests; a number that is withheld says so."""
    lines: list[list[Any]] = [_line("total", measure="people", number=found.n)]
    for by, parts in found.by.items():
        lines += [
            _line("total", by=by, group=part, measure="people", number=part.n) for part in parts
        ]
    for question in found.questions:
        lines += _numbers(question, None, "")
        for by, parts in question.by.items():
            for part in parts:
                lines += _numbers(question, part, by)
    gain = found.gain
    told = {"people": gain.n, "before": gain.before, "after": gain.after, "gain": gain.gain}
    lines += [_line("gain", measure=name, number=number) for name, number in told.items()]
    lines += [
        _line("gain", measure="only_before", number=gain.only_before),
        _line("gain", measure="only_after", number=gain.only_after),
    ]
    for one in gain.questions:
        shares = {"people": one.n, "right_before": one.right_before, "right_after": one.right_after}
        lines += [
            ["gain", one.id, one.text, "", "", "", name, WITHHELD if number is None else number]
            for name, number in shares.items()
        ]
    return to_csv(COLUMNS, lines)


def _numbers(question: Question, part: Part | None, by: str) -> list[list[Any]]:
    source = part or question
    lines = [_line("question", question, by, part, "people", source.n)]
    if source.mean is not None:
        lines.append(_line("question", question, by, part, "mean", source.mean))
    lines += [
        _line("question", question, by, part, f"{option.id}: {option.text}", option.n)
        for option in source.options or []
    ]
    return lines


def _line(
    kind: str,
    question: Question | None = None,
    by: str = "",
    group: Part | None = None,
    measure: str = "",
    number: float | None = None,
) -> list[Any]:
    return [
        kind,
        question.id if question else "",
        question.text if question else "",
        by,
        (group.value or "") if group else "",
        group.label if group else "",
        measure,
        WITHHELD if number is None else number,
    ]
