"""Bar S4: ZIPs that are made to do harm, each with a word that its refusal must hold; good ones."""

import io
import stat
import struct
import zipfile
from collections.abc import Iterator

from catalog.course_folder import FILES
from connect.catalog.archive import pack
from connect.config import ROOT

SLUG = "lost-at-the-fair"
GOOD = {f"{SLUG}/{path}": data for path, data in FILES.items()}
LOCAL, LISTED = b"PK\x03\x04", b"PK\x01\x02"


def zipped(files=(), *, also=(), how=zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of *files* by name, and of *also*, pairs of ``ZipInfo`` or name and bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", how) as archive:
        for name, data in [*dict(files).items(), *also]:
            archive.writestr(name, data)
    return held.getvalue()


def named(name: str) -> bytes:
    return zipped(GOOD, also=[(name, "x")])


def entry(name: str, mode: int = 0, data: bytes = b"x") -> bytes:
    info = zipfile.ZipInfo(f"{SLUG}/{name}")
    info.external_attr = mode << 16
    info.create_system = 3
    info.compress_type = zipfile.ZIP_DEFLATED
    return zipped(GOOD, also=[(info, data)])


def patched(data: bytes, mark: bytes, at: int, pattern: str, value: int) -> bytes:
    """*data* with a number in its first header *mark* changed."""
    place = data.index(mark) + at
    size = struct.calcsize(pattern)
    return data[:place] + struct.pack(pattern, value) + data[place + size :]


def with_nul() -> bytes:
    # Python writes no such name, so one of the same length is replaced.
    data = named(f"{SLUG}/media/a_b.svg")
    return data.replace(b"a_b.svg", b"a\x00b.svg")


def overlapping() -> bytes:
    """Two names in the list that lead to one and the same place."""
    data = zipped({f"{SLUG}/course.toml": "a" * 50, f"{SLUG}/sources.md": "b" * 50}, how=0)
    second = data.index(LISTED, data.index(LISTED) + 1)
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def encrypted() -> bytes:
    data = patched(zipped(GOOD), LOCAL, 6, "<H", 1)
    return patched(data, LISTED, 8, "<H", 1)


def lying(size: int) -> bytes:
    """The first file says that it unpacks to *size* bytes."""
    data = patched(zipped(GOOD), LISTED, 24, "<I", size)
    return patched(data, LOCAL, 22, "<I", size)


def wrong_sum() -> bytes:
    return patched(zipped(GOOD, how=0), LISTED, 16, "<I", 0xBAD)


def drawn(declared: str, used: str) -> bytes:
    """The course with a drawing that declares entities of its own and uses one."""
    drawing = f"<!DOCTYPE svg [{declared}]>{FILES['media/clock.svg']}".replace("Clock", used)
    return zipped({**GOOD, f"{SLUG}/media/clock.svg": drawing})


def faulty() -> Iterator[tuple[str, bytes, str]]:
    """ZIPs that unpack and that the check of the folder refuses: name, bytes, what it says."""
    without = {name: data for name, data in GOOD.items() if not name.endswith("/course.toml")}
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    yield "no manifest", zipped(without), "course.toml"
    yield "XXE", drawn('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"), "DOCTYPE or entities"
    yield "billion laughs", drawn(f'<!ENTITY l0 "lol">{laughs}', "&l9;"), "DOCTYPE or entities"


def good() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of ZIPs as people pack them, and of the courses that are shipped."""
    also = {
        "bare": {},
        "with its folders": {f"{SLUG}/": "", f"{SLUG}/lessons/": ""},
        "packed on a Mac": {"__MACOSX/._course.toml": "x", f"{SLUG}/.DS_Store": "x"},
        "with a README": {f"{SLUG}/README.md": "For authors."},
    }
    for name, more in also.items():
        yield f"{name}, stored", zipped(GOOD, also=more.items(), how=zipfile.ZIP_STORED)
        yield name, zipped(GOOD, also=more.items())
    for folder in sorted((ROOT / "courses").glob("[a-z]*")):
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
        yield folder.name, pack(folder.name, files)


def hostile() -> Iterator[tuple[str, bytes, str]]:
    """ZIPs that are not even unpacked: name, bytes, and what the refusal says."""
    for way in (
        *("../evil.md", f"{SLUG}/../../evil.md", f"{SLUG}/lessons/../../../evil.md"),
        f"{SLUG}/media/..",
    ):
        yield f"slip {way}", named(way), "leads out"
    yield "slip by root", named("/etc/evil.md"), "absolute"
    yield "slip by drive", named("C:/evil.md"), "absolute"
    yield "slip by home", named("~/evil.md"), "absolute"
    yield "slip by backslash", named("..\\evil.md"), "backslash"
    yield "NUL in a name", with_nul(), "control character"
    yield "newline in a name", named(f"{SLUG}/a\nb.md"), "control character"
    yield "name turned around", named(f"{SLUG}/media/\u202egnp.svg"), "no good name"
    yield "same name twice", named(f"{SLUG}/COURSE.toml"), "one name"
    yield "same name composed", named(f"{SLUG}/media/e\u0301.svg"), "no good name"
    yield "long name", named(f"{SLUG}/{'a' * 200}.md"), "no good name"
    yield "deep path", named(f"{SLUG}/{'a/' * 50}b.md"), "deep"
    yield "reserved name", named(f"{SLUG}/media/CON.svg"), "devices"
    yield "dot at the end", named(f"{SLUG}/lessons/one.md."), "no good name"
    yield "symbolic link", entry("lessons/link.md", stat.S_IFLNK | 0o777, b"/etc/passwd"), "link"
    yield "device", entry("media/null.svg", stat.S_IFCHR | 0o666), "device"
    yield "setuid", entry("media/root.svg", stat.S_IFREG | 0o4755), "rights"
    yield "ratio bomb", entry("media/bomb.svg", 0, b" " * 1_900_000), "bomb"
    many = ((f"{SLUG}/media/{n}.svg", b"") for n in range(20_001))
    yield "20,001 files", zipped(many), "2,000 files"
    yield "nested", entry("media/inner.zip", 0, zipped(GOOD)), "another ZIP"
    yield "nested under another name", entry("media/inner.png", 0, zipped(GOOD)), "another ZIP"
    yield "lying, smaller", lying(10), "broken"
    yield "lying, larger", lying(100_000), "smaller than it says"
    yield "overlap", overlapping(), "over another"
    yield "encrypted", encrypted(), "encrypted"
    yield "truncated", zipped(GOOD)[:-30], "broken"
    yield "no ZIP", b"%PDF-1.7 and so on", "no ZIP"
    yield "something before it", b"PK<script>" + zipped(GOOD), "before its first file"
    yield "empty", b"", "empty"
    yield "no files", zipped(), "no files"
    yield "bad sum", wrong_sum(), "broken"
    yield "LZMA", zipped(GOOD, how=zipfile.ZIP_LZMA), "unusual way"
    yield "program", named(f"{SLUG}/media/setup.exe"), "of a kind"
    yield "file over its kind", entry("lessons/long.md", 0, bytes(300_001)), "over the limit"
    yield "file under a file", named(f"{SLUG}/course.toml/one.md"), "under a file"
    yield "two folders", named("other/course.toml"), "2 folders"
    yield "loose files", zipped(FILES), "loose"
