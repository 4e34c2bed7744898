"""The ZIP of a package, looked into without trusting anything that it says.

Its limits are those of a course's ZIP, but for names: authoring tools write spaces and accents.
"""

import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from connect.catalog import archive
from connect.catalog.archive import MANIFESTS, MOST_FILES, MOST_UNPACKED, Refused
from connect.catalog.faults import FileFaults, quoted
from connect.catalog.media import AUDIO, DOCUMENTS, IMAGES, VIDEO

MOST_PACKED = 100_000_000  # bytes of the ZIP
MOST_DEEP = 15  # names in a path
MOST_LONG = 250  # characters of a path

_PART = re.compile(r'[^<>:"|?*~][^<>:"|?*]{0,149}(?<![. ])')
_PACKERS = {"__MACOSX"}
_ZIP = b"PK\x03\x04"
_OFFICE = (".docx", ".xlsx", ".pptx")  # ZIPs themselves, which nobody unpacks
# By the end of its name, how a file of a package is given out. Nothing else is.
TYPES = {
    **IMAGES | AUDIO | VIDEO | DOCUMENTS,
    **{".html": "text/html", ".htm": "text/html", ".css": "text/css", ".vtt": "text/vtt"},
    **{".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json"},
    **{".xml": "text/xml", ".xsd": "text/xml", ".dtd": "text/plain", ".md": "text/plain"},
    **{".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf", ".otf": "font/otf"},
    **{".eot": "application/vnd.ms-fontobject", ".ico": "image/x-icon", ".bmp": "image/bmp"},
    **{".map": "application/json", ".wasm": "application/wasm", ".srt": "text/plain"},
    **{".oga": "audio/ogg", ".ogv": "video/ogg", ".m4v": "video/mp4", ".aac": "audio/aac"},
}


def type_in_package(path: str) -> str | None:
    """How a file of a package is given out; ``None``: not at all."""
    return TYPES.get(PurePosixPath(path).suffix.lower())


def read_package(data: bytes, faults: FileFaults) -> dict[str, bytes] | None:
    """Look through the ZIP *data*: its files by path, of which only manifests carry their bytes.

    Every byte is unpacked once, so that what is returned can be unpacked again.

    Returns:
        ``None`` after a fault; every fault that can be told is.
    """
    try:
        with archive.opened(data, MOST_PACKED) as opened:
            entries = _entries(opened, faults)
            return _read(opened, entries) if entries is not None else None
    except Refused as refusal:
        faults.refuse(1, str(refusal))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        faults.refuse(1, f"The ZIP is broken: {error}.")
    except (OSError, RuntimeError) as error:
        faults.refuse(1, f"The ZIP cannot be unpacked: {error}.")
    return None


def files_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each file that is given out, of a ZIP that ``read_package`` has passed."""
    with archive.opened(data, MOST_PACKED) as opened:
        for info in opened.infolist():
            path = _path(info)
            if path and not info.is_dir() and type_in_package(path):
                yield path, opened.read(info)


def _read(opened: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path, info in entries.items():
        kept: list[bytes] = []
        for number, piece in enumerate(archive.pieces(opened, info)):
            if not number and piece.startswith(_ZIP) and not path.lower().endswith(_OFFICE):
                raise Refused(f"The ZIP holds another archive, {quoted(path)}.")
            kept += [piece] if path in MANIFESTS else []
        found[path] = b"".join(kept)
    return found


def _entries(opened: zipfile.ZipFile, faults: FileFaults) -> dict[str, zipfile.ZipInfo] | None:
    found: dict[str, zipfile.ZipInfo] = {}
    seen: dict[str, str] = {}
    refused = False
    for info in opened.infolist():
        try:
            archive.refuse_entry(info)
            if path := _path(info):
                _refuse(info, path, seen)
                if not info.is_dir():
                    found[path] = info
        except Refused as refusal:
            refused = True
            faults.refuse(1, str(refusal))
    if refused:
        return None
    if len(found) > MOST_FILES:
        raise Refused(f"The ZIP holds over {MOST_FILES:,} files.")
    if sum(info.file_size for info in found.values()) > MOST_UNPACKED:
        raise Refused(f"Unpacked it would be over {MOST_UNPACKED // 1_000_000} MB.")
    archive.refuse_beneath_files(found)
    for path in found:
        if type_in_package(path) is None:
            faults.warn(1, f"{quoted(path)} is of a kind that is not given out to learners")
    return found


def _path(info: zipfile.ZipInfo) -> str:
    """The path of an entry in the package; empty for what a packing program adds of its own."""
    parts = info.filename.rstrip("/").split("/")
    if parts[0] in _PACKERS or any(part.startswith(".") for part in parts):
        return ""
    return "/".join(parts)


def _refuse(info: zipfile.ZipInfo, path: str, seen: dict[str, str]) -> None:
    name = quoted(info.filename)
    # Names that differ by capitals or by how an accent is spelled are one file on many systems.
    alike = seen.setdefault(unicodedata.normalize("NFC", path).casefold(), info.filename)
    if alike is not info.filename:
        raise Refused(f"The ZIP holds {name} and {quoted(alike)}: one name.")
    parts = path.split("/")
    if len(path) > MOST_LONG:
        raise Refused(f"In the ZIP {name} is over {MOST_LONG} characters long.")
    if len(parts) > MOST_DEEP:
        raise Refused(f"In the ZIP {name} lies over {MOST_DEEP} folders deep.")
    for part in parts:
        if not _PART.fullmatch(part) or not part.isprintable():
            raise Refused(f"In the ZIP {name} is no good name for a file that is given out.")
        if archive.is_reserved(part):
            raise Refused(f"In the ZIP {name} holds a name that some systems keep for devices.")
    if parts[-1].lower().endswith((".zip", ".jar", ".gz", ".7z", ".rar", ".tar")):
        raise Refused(f"The ZIP holds another archive, {name}.")
    archive.refuse_bomb(info)
