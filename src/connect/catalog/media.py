"""Media files: their kinds and limits, and whether one is what its name says."""

import re
from pathlib import Path, PurePosixPath
from typing import NoReturn
from xml.parsers import expat

from connect.catalog.faults import FileFaults, quoted

IMAGES = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
AUDIO = {".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".ogg": "audio/ogg", ".wav": "audio/wav"}
VIDEO = {".mp4": "video/mp4", ".webm": "video/webm"}
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCUMENTS = {
    ".pdf": "application/pdf",
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".txt": "text/plain",
    ".csv": "text/csv",
}
_OTHER = {".vtt": "text/vtt", ".zip": "application/zip", ".md": "text/markdown"}
_TYPES = IMAGES | AUDIO | VIDEO | DOCUMENTS | _OTHER

_MP4 = re.compile(rb"....ftyp", re.DOTALL)
_ZIP = re.compile(rb"PK\x03\x04")
# What the bytes of a file begin with; a length stands in the dots.
_BEGINNINGS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "audio/mpeg": re.compile(rb"ID3|\xff[\xe2-\xfb]"),
    "audio/mp4": _MP4,
    "audio/ogg": re.compile(rb"OggS"),
    "audio/wav": re.compile(rb"RIFF....WAVE", re.DOTALL),
    "video/mp4": _MP4,
    "video/webm": re.compile(rb"\x1aE\xdf\xa3"),
    "application/pdf": re.compile(rb"%PDF-"),
    DOCUMENTS[".docx"]: _ZIP,
    DOCUMENTS[".xlsx"]: _ZIP,
    DOCUMENTS[".pptx"]: _ZIP,
}

_XLINK = "http://www.w3.org/1999/xlink "
_XML = "http://www.w3.org/XML/1998/namespace "
_SVG = "http://www.w3.org/2000/svg "
_XHTML = "http://www.w3.org/1999/xhtml "
_ACTIVE = {
    *("script", "foreignobject", "iframe", "object", "embed", "link", "base", "audio"),
    *("video", "canvas", "handler", "listener"),
}
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,")
_OUTWARD = re.compile(
    r"url\(\s*+(?![\"']?#)|image-set\(|\bsrc\(|@import|javascript:", re.IGNORECASE
)


def type_of(path: str) -> str:
    """The media type by the end of the name, ``application/octet-stream`` for an unknown one."""
    return _TYPES.get(PurePosixPath(path).suffix.lower(), "application/octet-stream")


def is_known(path: str) -> bool:
    """Whether some file of a course ends like this one."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix in _TYPES or suffix == ".toml"


def limit_of(path: str) -> int | None:
    """Most bytes that a media file may have; ``None`` for texts that are read whole elsewhere."""
    limits = {"image": 2_000_000, "audio": 50_000_000, "video": 500_000_000}
    kind = type_of(path)
    return 20_000_000 if kind in DOCUMENTS.values() else limits.get(kind.partition("/")[0])


def check_media(path: str, file: Path, faults: FileFaults) -> None:
    """Check the size of a media file, and its content as far as names can lie about it."""
    kind = type_of(path)
    try:
        limit = limit_of(path)
        if limit is not None and file.stat().st_size > limit:
            faults.refuse(1, f"the file is over the limit of {limit // 1_000_000} MB")
        elif kind == "image/svg+xml":
            check_svg(file.read_bytes(), faults)
        elif beginning := _BEGINNINGS.get(kind):
            with file.open("rb") as opened:
                if not beginning.match(opened.read(16)):
                    faults.refuse(1, f"the content is not {kind}, as its name says")
    except OSError as error:
        faults.refuse(1, f"the file cannot be read ({error.strerror})")


class _Refused(Exception):
    """Ends the parsing of an SVG file, whose declarations could fill the memory."""


def check_svg(data: bytes, faults: FileFaults) -> None:
    """Refuse an SVG that could run a script, load something, or is not well-formed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.refuse(data.count(b"\n", 0, error.start) + 1, "the file is not UTF-8 here")
        return
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    names: list[str] = []
    style: list[str] = []  # joined before the search, since a comment can cut a word in two

    def refuse(message: str) -> None:
        faults.refuse(parser.CurrentLineNumber, message)

    def declaration(*_: object) -> NoReturn:
        refuse("an SVG may not declare a DOCTYPE or entities")
        raise _Refused

    def element(name: str, attributes: dict[str, str]) -> None:
        if not names and name != f"{_SVG}svg":
            refuse('the first element is not <svg xmlns="http://www.w3.org/2000/svg">')
        names.append(name)
        local = name.rpartition(" ")[2]
        if local.lower() in _ACTIVE or name.startswith(_XHTML):
            refuse(f"an SVG may not hold <{local}>")
        for key, value in attributes.items():
            if problem := _attribute_problem(key, value):
                refuse(problem)

    def end(name: str) -> None:
        if names.pop() == f"{_SVG}style" and _loads("".join(style)):
            refuse("an SVG may not load anything from outside")
            style.clear()

    def characters(text: str) -> None:
        if names[-1] == f"{_SVG}style":
            style.append(text)

    parser.StartDoctypeDeclHandler = declaration
    parser.ProcessingInstructionHandler = lambda *_: refuse("an SVG may not name a stylesheet")
    parser.StartElementHandler = element
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(text, True)
    except _Refused:
        return
    except expat.ExpatError as error:
        faults.refuse(error.lineno, f"not well-formed XML: {expat.ErrorString(error.code)}")


def _loads(style: str) -> bool:
    # A backslash could spell any of the words in another way.
    return "\\" in style or bool(_OUTWARD.search(style))


def _attribute_problem(key: str, value: str) -> str | None:
    local = key.rpartition(" ")[2].lower()
    value = value.strip()
    if local.startswith("on"):
        return f"an SVG may not hold the event attribute {quoted(local)}"
    if key in {"href", "src", f"{_XLINK}href"} and not (
        value.startswith("#") or _EMBEDDED.match(value)
    ):
        return f"an SVG may not refer to {quoted(value)}"
    if key == f"{_XML}base" or (" " not in key and _loads(value)):
        return f"an SVG may not load anything from outside: {quoted(value)}"
    if local == "attributename" and value.rpartition(":")[2].lower() in {"href", "src"}:
        return "an SVG may not animate a reference"
    return None
