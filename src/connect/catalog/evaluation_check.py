"""Checking ``courses/_evaluations/<name>.toml`` and its translations beside it."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from connect.catalog.evaluations import SCALE, Ask, AskKind, Evaluation, Option, Wording
from connect.catalog.faults import Fault, quoted
from connect.catalog.folder import Folder
from connect.catalog.prose import warn_about_sentences
from connect.catalog.toml_reader import read_toml
from connect.catalog.toml_table import LANGUAGE, SLUG, SLUG_RULE, TITLE, Table, refuse_equal_ids
from connect.catalog.translations import SAME_MOMENT

FOLDER = "_evaluations"
README = "README.md"
MOST = 40  # questions, and options of one; more is a survey of its own


class CheckedEvaluation(NamedTuple):
    """``evaluation`` is ``None`` exactly when one of the faults is more than a warning."""

    evaluation: Evaluation | None
    digests: dict[str, str]  # path from a course folder to the SHA-256 of each of its files
    faults: list[Fault]


def names_in(evaluations: Path) -> list[str]:
    """The evaluations of the folder *evaluations*; none when it is not there."""
    if not evaluations.is_dir():
        return []
    return sorted(p.stem for p in evaluations.glob("*.toml") if "." not in p.stem)


def check_evaluations(courses: Path) -> list[Fault]:
    """Every fault of every evaluation in *courses*, whether or not a course uses it."""
    root = courses / FOLDER
    names = names_in(root)
    found = [fault for name in names for fault in check_evaluation(root, name).faults]
    for file in sorted(root.iterdir()) if root.is_dir() else ():
        if not file.name.startswith(".") and file.name != README and not _belongs(file, names):
            path = f"{courses.absolute().name}/{FOLDER}/{file.name}"
            found.append(Fault(path, 1, "an evaluation is a file name.toml, or name.es.toml"))
    return found


def _belongs(file: Path, names: list[str]) -> bool:
    name, _, language = file.stem.partition(".")
    named = name in names and (not language or bool(LANGUAGE.fullmatch(language)))
    return file.suffix == ".toml" and named


def check_evaluation(evaluations: Path, name: str) -> CheckedEvaluation:
    """Check the evaluation *name*, whose file is there, with every translation of it."""
    everything: list[Fault] = []
    folder = Folder(evaluations, everything)
    own = f"{name}.toml"
    if not SLUG.fullmatch(name):
        folder.faults(own).refuse(1, f"the name of the file is no slug: {SLUG_RULE}")
    language, original = _read(folder, own)
    wordings = {language: original} if original else {}
    paths = [own]
    for path in sorted(folder.files):
        middle = path.removeprefix(f"{name}.").removesuffix(".toml")
        if path != f"{name}.{middle}.toml" or not LANGUAGE.fullmatch(middle):
            continue
        paths.append(path)
        _, translated = _read(folder, path, language=middle)
        if middle == language:
            folder.faults(path).refuse(1, f"{quoted(middle)} is the language of {quoted(own)}")
        elif translated and original:
            _compare(folder, path, original, translated)
            wordings[middle] = translated
            if _changed(folder, own) - _changed(folder, path) > SAME_MOMENT:
                folder.faults(path).warn(1, f"the translation is older than {quoted(own)}")
    shown = {folder.shown(path) for path in paths}
    faults = sorted({fault for fault in everything if fault.path in shown})
    if not all(fault.warning for fault in faults):
        return CheckedEvaluation(None, {}, faults)
    digests = {
        f"../{FOLDER}/{path}": hashlib.sha256(folder.files[path].read_bytes()).hexdigest()
        for path in paths
    }
    return CheckedEvaluation(Evaluation(name, language, wordings), digests, faults)


def _changed(folder: Folder, path: str) -> float:
    return folder.files[path].stat().st_mtime


def _read(folder: Folder, path: str, language: str = "") -> tuple[str, Wording | None]:
    """The language and the words of one file; the language of a translation is in its name."""
    faults = folder.faults(path)
    if path not in folder.files:  # as a link that leads out of the folder; that was refused
        return language, None
    source = folder.read(path)
    table = read_toml(source, faults) if source is not None else None
    if table is None:
        return language, None
    written = table.text(
        "language", required=True, pattern=LANGUAGE, rule="use a code such as en, es or pt-BR"
    )
    if language and written and written != language:
        table.refuse(f'"language" is {quoted(written)}, in the file\'s name {language}', "language")
    asked = table.tables("questions", required=True)
    if len(asked) > MOST:
        table.refuse(f"{len(asked)} questions, over {MOST}", "questions")
    questions = [_question(one) for one in asked]
    refuse_equal_ids(asked, [question.id for question in questions])
    wording = Wording(
        table.text("title", required=True, most=TITLE),
        table.text("intro", lines=True),
        questions,
    )
    warn_about_sentences(table.line("intro"), wording.intro, faults)
    table.close()
    return written, wording


def _question(table: Table) -> Ask:
    kind = table.pick("kind", AskKind, None, required=True)
    text = table.text("text", required=True, lines=True)
    warn_about_sentences(table.line("text"), text, table.faults)
    question = Ask(
        table.text("id", required=True, pattern=SLUG, rule=SLUG_RULE),
        kind or AskKind.TEXT,
        text,
        table.flag("required", kind is not AskKind.TEXT),
        _options(table, kind),
    )
    table.close(also=() if kind else ("labels", "choices"))
    return question


def _options(table: Table, kind: AskKind | None) -> list[Option]:
    if kind is AskKind.SCALE:
        labels = table.texts("labels")
        if len(labels) != SCALE:
            table.refuse(f'"labels" has {len(labels)} of {SCALE} words, from low to high', "labels")
        return [Option(str(place), label) for place, label in enumerate(labels, start=1)]
    if kind not in (AskKind.CHOICE, AskKind.CHOICES):
        return []
    given = table.tables("choices", required=True)
    options = [
        Option(
            one.text("id", required=True, pattern=SLUG, rule=SLUG_RULE),
            one.text("text", required=True),
        )
        for one in given
    ]
    for one in given:
        one.close()
    refuse_equal_ids(given, [option.id for option in options])
    if given and not 2 <= len(options) <= MOST:
        table.refuse(f"a question needs 2 to {MOST} choices, found {len(options)}", "choices")
    return options


def _compare(folder: Folder, path: str, original: Wording, translated: Wording) -> None:
    """Refuse a translation that asks anything else than its original."""
    asked = [(question.shape, question.required) for question in original.questions]
    here = [(question.shape, question.required) for question in translated.questions]
    if asked == here:
        return
    wanted = next(
        (q.id for q, a in zip(original.questions, asked, strict=True) if a not in here), ""
    )
    where = f"; look at {quoted(wanted)}" if wanted else ""
    folder.faults(path).refuse(
        1, f"the translation does not ask the same questions in the same order{where}"
    )
