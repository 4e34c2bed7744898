"""A course folder as a ZIP: unpacked without trusting anything that it says, and packed again.

Nothing here knows the database. The folder that is written is checked as any other.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from connect.catalog.faults import quoted
from connect.catalog.media import is_known, limit_of

MOST_BYTES = 32_000_000  # of the ZIP
MOST_UNPACKED = 200_000_000  # bytes of all files together
MOST_FILES = 2_000
MOST_DEEP = 6  # names in a path, the course's own with them
MOST_RATIO = 200  # bytes unpacked for one packed; text and drawings stay below 30
_RATIO_FROM = 1_000_000  # bytes unpacked; below this a ratio harms nobody
_TEXT = 300_000  # bytes of a file that is neither image nor recording; the check is stricter
MANIFESTS = ("imsmanifest.xml", "cmi5.xml")  # one of them is what makes a ZIP a package
_CHUNK = 64 * 1024
_HEADER = 30  # bytes of what stands before a file's name in the ZIP

_ENTRY = b"PK\x01\x02"  # how each line of a ZIP's list of contents begins
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(?<!\.)")
_RESERVED = re.compile(r"(?i)(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)")
_PACKERS = {"__MACOSX"}  # what a packing program adds of its own; not unpacked
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest a ZIP can say: the same files, the same bytes


class Refused(Exception):
    """Why a ZIP is not taken, as a sentence for who sent it."""


def unpack(data: bytes, into: Path) -> Path:
    """Write the one course folder that the ZIP *data* holds into the empty folder *into*.

    Returns:
        The course folder, which carries the course's slug as in the ZIP.

    Raises:
        Refused: the ZIP is broken, holds no course folder, or is made to do harm. What was
            written until then is the caller's to remove, with *into*.
    """
    try:
        with opened(data, MOST_BYTES) as archive:
            entries = _entries(archive)
            for path, info in entries.items():
                _write(archive, info, path, into / path)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise Refused(f"The ZIP is broken: {error}.") from None
    except (OSError, RuntimeError) as error:
        raise Refused(f"The ZIP cannot be unpacked: {error}.") from None
    return into / next(iter(entries)).partition("/")[0]


def pack(slug: str, files: Mapping[str, bytes]) -> bytes:
    """The ZIP of the course folder *slug*; the same files give the same bytes.

    Args:
        files: path inside the course folder to its bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(f"{slug}/{path}", _MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, files[path])
    return packed.getvalue()


def opened(data: bytes, most: int) -> zipfile.ZipFile:
    """The ZIP *data*, whose list of contents fits what it holds.

    Args:
        most: bytes that *data* may have.

    Raises:
        Refused: it is too large, or no plain ZIP.
        zipfile.BadZipFile: it is broken.
    """
    if len(data) > most:
        raise Refused(f"The ZIP is over the limit of {most // 1_000_000} MB.")
    if not data:
        raise Refused("The file is empty.")
    if not data.startswith(b"PK"):
        raise Refused("The file is no ZIP.")
    # Counted before it is opened: the list of contents would fill the memory.
    if data.count(_ENTRY) > MOST_FILES:
        raise Refused(f"The ZIP holds over {MOST_FILES:,} files.")
    archive = zipfile.ZipFile(io.BytesIO(data))
    ends = 0
    for info in sorted(archive.infolist(), key=lambda one: one.header_offset):
        if info.header_offset < ends:
            raise Refused(f"In the ZIP {quoted(info.filename)} lies over another file.")
        if not ends and info.header_offset:
            raise Refused("The ZIP holds something before its first file.")
        ends = info.header_offset + _HEADER + len(info.filename) + info.compress_size
    if ends > archive.start_dir:
        raise Refused("The ZIP says of a file that it is longer than the ZIP itself.")
    return archive


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files to write, by their path; every entry was looked at, also those passed over."""
    found: dict[str, zipfile.ZipInfo] = {}
    seen: dict[str, str] = {}
    for info in archive.infolist():
        refuse_entry(info)
        parts = info.filename.rstrip("/").split("/")
        # Two names that differ by their capitals only are one file on many systems.
        alike = seen.setdefault("/".join(parts).lower(), info.filename)
        if alike is not info.filename:
            raise Refused(f"The ZIP holds {quoted(info.filename)} and {quoted(alike)}: one name.")
        if parts[0] in _PACKERS or any(part.startswith(".") for part in parts):
            continue  # as in a folder: what begins with a dot belongs to no course
        _refuse_name(info, parts)
        if not info.is_dir():
            found["/".join(parts)] = info
    tops = {path.partition("/")[0] for path in found}
    if not found:
        raise Refused("The ZIP holds no files.")
    if "course.toml" in tops:
        raise Refused(
            "The files lie loose in the ZIP. Pack the course's folder itself, whose name is the "
            "course's address."
        )
    if len(tops) > 1:
        raise Refused(f"The ZIP holds {len(tops)} folders or files. Pack one course folder only.")
    if any("/" not in path for path in found):
        raise Refused("The ZIP holds a file but no course folder.")
    total = sum(info.file_size for info in found.values())
    if total > MOST_UNPACKED:
        raise Refused(f"Unpacked it would be over {MOST_UNPACKED // 1_000_000} MB.")
    refuse_beneath_files(found)
    return found


def refuse_entry(info: zipfile.ZipInfo) -> None:
    """What no entry may be, whatever its name.

    Raises:
        Refused: always with the entry's name.
    """
    name = quoted(info.filename)
    if info.orig_filename != info.filename or any(ord(c) < 32 for c in info.filename):
        raise Refused(f"A name in the ZIP holds a control character: {quoted(info.orig_filename)}.")
    if info.filename.startswith("/") or re.match(r"[A-Za-z]:|~", info.filename):
        raise Refused(f"In the ZIP {name} is an absolute path.")
    if "\\" in info.filename:
        raise Refused(f"In the ZIP {name} holds a backslash.")
    if ".." in info.filename.split("/"):
        raise Refused(f"In the ZIP {name} leads out of the course folder.")
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise Refused(f"In the ZIP {name} is a link.")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Refused(f"In the ZIP {name} is a device, not a file.")
    if mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
        raise Refused(f"In the ZIP {name} carries the rights of another user.")
    if info.flag_bits & 0x41:  # the second bit: strongly encrypted
        raise Refused(f"In the ZIP {name} is encrypted. Pack it without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused(f"In the ZIP {name} is packed in an unusual way. Use an ordinary ZIP.")
    if info.is_dir() and info.file_size:
        raise Refused(f"In the ZIP {name} is a folder with content of its own.")


def _refuse_name(info: zipfile.ZipInfo, parts: list[str]) -> None:
    name = quoted(info.filename)
    if len(parts) > MOST_DEEP:
        raise Refused(f"In the ZIP {name} lies over {MOST_DEEP} folders deep.")
    for part in parts:
        if not _NAME.fullmatch(part):
            raise Refused(
                f"In the ZIP {name} is no good name: use up to 100 of a to z, A to Z, 0 to 9, dot, "
                "dash and underscore."
            )
        if is_reserved(part):
            raise Refused(f"In the ZIP {name} holds a name that some systems keep for devices.")
    if info.is_dir():
        return
    if parts[-1].lower().endswith(".zip") and parts[1:-1] != ["media"]:
        raise Refused(f"The ZIP holds another ZIP, {name}.")
    if not is_known(parts[-1]):
        raise Refused(f"In the ZIP {name} is of a kind that no course holds.")
    if info.file_size > _most(parts[-1]):
        raise Refused(f"In the ZIP {name} is over the limit of {_most(parts[-1]):,} bytes.")
    refuse_bomb(info)


def refuse_bomb(info: zipfile.ZipInfo) -> None:
    """Refuse an entry that says to unpack to far more than it is packed in.

    Raises:
        Refused: it does.
    """
    if info.file_size > max(_RATIO_FROM, info.compress_size * MOST_RATIO):
        name = quoted(info.filename)
        raise Refused(f"In the ZIP {name} would grow over {MOST_RATIO} times: a bomb.")


def is_reserved(name: str) -> bool:
    """Whether some systems keep *name* for a device."""
    return bool(_RESERVED.match(name))


def _most(name: str) -> int:
    return limit_of(name) or _TEXT


def refuse_beneath_files(paths: Iterable[str]) -> None:
    """Refuse paths of which one is a file and a folder at once.

    Raises:
        Refused: there is one.
    """
    files = {path.lower() for path in paths}
    for path in paths:
        for parent in PurePosixPath(path.lower()).parents:
            if str(parent) in files:
                raise Refused(f"In the ZIP {quoted(path)} lies under a file, not a folder.")


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    is_package = path.lower().endswith(".zip")
    may_be_zip = is_package or path.lower().endswith((".docx", ".xlsx", ".pptx"))
    with to.open("xb") as target:
        for piece in pieces(archive, info):
            if not target.tell() and piece.startswith(b"PK\x03\x04") and not may_be_zip:
                raise Refused(f"The ZIP holds another ZIP, {quoted(path)}.")
            target.write(piece)
    if is_package and not _has_manifest(to):
        raise Refused(f"The ZIP holds another ZIP, {quoted(path)}, that is no package.")


def pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of an entry, a piece at a time.

    Raises:
        Refused: they are more or fewer than the entry says.
        zipfile.BadZipFile, zlib.error: they are broken, which the last piece may tell.
    """
    left = info.file_size
    with archive.open(info) as source:
        while piece := source.read(_CHUNK):  # ends with a fault when the checksum is wrong
            left -= len(piece)
            if left < 0:
                raise Refused(f"In the ZIP {quoted(info.filename)} is larger than it says.")
            yield piece
    if left:
        raise Refused(f"In the ZIP {quoted(info.filename)} is smaller than it says.")


def _has_manifest(file: Path) -> bool:
    """Whether a ZIP in a course is perhaps a package, which the check of the course then reads."""
    if file.read_bytes().count(_ENTRY) > MOST_FILES:
        return False
    with zipfile.ZipFile(file) as archive:
        return any(info.filename in MANIFESTS for info in archive.infolist())
