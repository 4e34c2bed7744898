"""The files of one course folder: finding, reading, and hashing them."""

import hashlib
import os
import posixpath
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from connect.catalog.faults import Fault, FileFaults, quoted

TEXT_LIMIT = 64_000  # bytes of a Markdown file
TOML_LIMIT = 256_000  # bytes; a bank of several hundred questions

# Other characters are stored differently by different systems, which would change the hash.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_OUTSIDE = re.compile(r"/|\\|[A-Za-z]:|~")


class Folder:
    """The files of a course, by their path inside the folder with ``/`` between.

    Files and folders whose name begins with a dot are left out.
    """

    def __init__(self, root: Path, found: list[Fault]) -> None:
        root = root.absolute()
        self.slug = root.name
        self.files: dict[str, Path] = {}
        self.used: set[str] = set()
        self.unread = False  # whether some lesson or quiz could not be read
        self._refused: set[str] = set()
        self._prefix = posixpath.join(root.parent.name, root.name)
        self._found = found
        self._collect(root)

    def faults(self, path: str) -> FileFaults:
        """Where faults of the file *path* go; it need not exist."""
        return FileFaults(self.shown(path), self._found)

    def shown(self, path: str) -> str:
        """The file *path* as faults name it."""
        return quoted(f"{self._prefix}/{path}", most=500)[1:-1]

    def read(self, path: str) -> str | None:
        """The text of a file with ``\\n`` between its lines, or ``None`` after a fault.

        A byte order mark at the beginning is dropped, since some editors write one.
        """
        faults = self.faults(path)
        limit = TOML_LIMIT if path.endswith(".toml") else TEXT_LIMIT
        try:
            with self.files[path].open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            faults.refuse(1, f"the file cannot be read ({error.strerror})")
            return None
        if len(data) > limit:
            faults.refuse(1, f"the file is over the limit of {limit // 1000} kB")
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            faults.refuse(data.count(b"\n", 0, error.start) + 1, "the file is not UTF-8 here")
            return None
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if wrong := _CONTROL.search(text):
            line = text.count("\n", 0, wrong.start()) + 1
            faults.refuse(line, f"a control character (U+{ord(wrong[0]):04X})")
            return None
        return text

    def find(self, written: str, base: str, faults: FileFaults, line: int) -> str | None:
        """The path in this folder that *written* leads to; the file is then used.

        Args:
            written: a path as an author writes it, with ``/`` between.
            base: the folder from which it counts, "" for the course folder itself.
            faults, line: where a path that leaves the folder or leads to nothing is a fault.
        """
        path = posixpath.normpath(posixpath.join(base, written))
        if _OUTSIDE.match(written) or path == ".." or path.startswith("../"):
            faults.refuse(line, f"the path {quoted(written)} leaves the course folder")
            return None
        if path in self._refused:
            return None
        if path not in self.files:
            alike = [known for known in self.files if known.lower() == path.lower()]
            advice = f"; mind the capitals of {quoted(alike[0])}" if alike else ""
            faults.refuse(line, f"the file {quoted(path)} is not there{advice}")
            return None
        self.used.add(path)
        return path

    def refuse_unused(self, allowed: Iterable[str]) -> None:
        for path in sorted(self.files.keys() - self.used - set(allowed)):
            if self.unread and path.startswith("media/"):
                continue  # perhaps what could not be read shows it
            self.faults(path).refuse(1, "nothing in the course uses this file")

    def digests(self) -> dict[str, str] | None:
        """Path to SHA-256 of every file, ``None`` after a file that cannot be read, a fault."""
        found: dict[str, str] = {}
        for path, file in self.files.items():
            try:
                with file.open("rb") as opened:
                    found[path] = hashlib.file_digest(opened, "sha256").hexdigest()
            except OSError as error:
                self.faults(path).refuse(1, f"the file cannot be read ({error.strerror})")
        return found if found.keys() == self.files.keys() else None

    def _collect(self, root: Path) -> None:
        real = root.resolve()
        for parent, folders, files in os.walk(root):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            inside = Path(parent).relative_to(root)
            for name in sorted([*files, *folders]):
                if name.startswith("."):
                    continue
                path = (inside / name).as_posix()
                problem = _problem(Path(parent) / name, real, is_folder=name in folders)
                if problem:
                    self._refused.add(path)
                    self.faults(path).refuse(1, problem)
                elif name not in folders:
                    self.files[path] = Path(parent) / name


def _problem(path: Path, real: Path, *, is_folder: bool) -> str | None:
    """Why *path* cannot be part of a course whose folder is really at *real*, if so."""
    if not _NAME.fullmatch(path.name):
        return "a name takes a to z, A to Z, 0 to 9, dot, dash and underscore only"
    try:
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(real):
            return "the link leaves the course folder"
        if is_folder:
            return "a link to a folder; put the files here" if path.is_symlink() else None
        if not stat.S_ISREG(path.stat().st_mode):
            return "not an ordinary file"
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    return None


def content_hash(digests: dict[str, str]) -> str:
    """The name of a version: equal files give an equal hash, in whatever order and at any time.

    It is the SHA-256 of one record for each file, sorted by the bytes of the path: the path in
    UTF-8, a zero byte, the SHA-256 of the file's bytes as 64 lower-case hexadecimal digits, and
    a newline. A path holds neither zero bytes nor newlines, so no two sets of files give the
    same records.

    Args:
        digests: path inside the course folder, with ``/`` between, to the file's SHA-256. The
            files of an evaluation stand beside them as ``../_evaluations/name.toml`` when the
            course uses it, so that another evaluation is another version; a course without
            one has the hash of its folder alone.
    """
    total = hashlib.sha256()
    for path, digest in sorted((path.encode(), digest) for path, digest in digests.items()):
        total.update(path + b"\0" + digest.encode() + b"\n")
    return total.hexdigest()
