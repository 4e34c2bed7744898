"""Checking videos, audio and downloads: the file, its captions and its transcript."""

from pathlib import PurePosixPath

from msgspec.structs import replace

from connect.catalog.captions import check_captions
from connect.catalog.content import Component, ComponentKind, Recording
from connect.catalog.faults import quoted
from connect.catalog.lesson_check import Surroundings, check_lesson
from connect.catalog.media import AUDIO, DOCUMENTS, IMAGES, VIDEO
from connect.catalog.toml_table import LANGUAGE, TITLE, Table

# An SVG is a page of its own when it is opened, so it is shown and never handed out.
_DOWNLOADS = DOCUMENTS | {end: kind for end, kind in IMAGES.items() if end != ".svg"}
_ENDS = {
    ComponentKind.VIDEO: VIDEO,
    ComponentKind.AUDIO: AUDIO,
    ComponentKind.DOWNLOAD: _DOWNLOADS,
}


def check_media_component(table: Table, course: Surroundings, component: Component) -> Component:
    """Check a component that is a recording or a download, and the files that it names."""
    component = replace(component, title=table.text("title", required=True, most=TITLE))
    path = _file(table, course, component.kind)
    if component.kind is ComponentKind.DOWNLOAD:
        return replace(component, download=path)
    captions = _captions(table, course)
    transcript = _transcript(table, course, component.id)
    return replace(component, recording=Recording(path or "", captions, transcript))


def _file(table: Table, course: Surroundings, kind: ComponentKind) -> str | None:
    written = table.text("file", required=True)
    path = course.folder.find(written, "", table.faults, table.line("file")) if written else None
    if path is None:
        return None
    if PurePosixPath(path).suffix.lower() not in _ENDS[kind]:
        ends = ", ".join(sorted(_ENDS[kind]))
        name = kind if kind is ComponentKind.AUDIO else f"a {kind}"
        table.refuse(f'"file": {name} is one of {ends}', "file")
        return None
    course.shown.add(path)
    return path


def _captions(table: Table, course: Surroundings) -> dict[str, str]:
    captions = table.table("captions")
    found: dict[str, str] = {}
    for language in captions.keys():  # noqa: SIM118 -- a Table, not a dict
        if not LANGUAGE.fullmatch(language):
            captions.refuse(f"{quoted(language)} is no language; use a code such as en", language)
        written = captions.text(language, required=True)
        line = captions.line(language)
        path = course.folder.find(written, "", table.faults, line) if written else None
        if path and PurePosixPath(path).suffix != ".vtt":
            captions.refuse('"captions": expected the name of a .vtt file', language)
        elif path:
            check_captions(course.folder.read(path), course.folder.faults(path))
            course.shown.add(path)
            found[language] = path
    if course.language not in captions.keys():  # noqa: SIM118
        table.refuse(f"no captions in {quoted(course.language)}", "captions")
    return found


def _transcript(table: Table, course: Surroundings, component: str) -> str:
    written = table.text("transcript")
    if not written:
        table.refuse(f"no transcript in {quoted(course.language)}")
        return ""
    path = course.folder.find(written, "", table.faults, table.line("transcript"))
    if path and PurePosixPath(path).suffix != ".md":
        table.refuse('"transcript": expected the name of a .md file', "transcript")
    elif path:
        checked = check_lesson(course, path, f"{component}-transcript", course.language)
        return checked.html if checked else ""
    return ""
