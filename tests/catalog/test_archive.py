"""ZIPs of course folders: hostile ones refused by name (S4), good ones the same folder again."""

import subprocess
import sys
import zipfile

import pytest

from catalog.course_folder import FILES, TODAY, changed, write_course
from catalog.hostile_zips import GOOD, SLUG, hostile, zipped
from catalog.packages import SCORM_12_FILES
from connect.catalog.archive import MOST_BYTES, Refused, pack, unpack
from connect.catalog.check import check_course
from connect.config import ROOT

HOSTILE = list(hostile())


@pytest.mark.parametrize(("data", "says"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_s4_a_hostile_zip_is_refused_by_name_and_writes_nothing_outside(data, says, tmp_path):
    into = tmp_path / "into"
    into.mkdir()

    with pytest.raises(Refused, match=says):
        unpack(data, into)

    assert list(tmp_path.iterdir()) == [into]
    assert not any(path.is_symlink() for path in into.rglob("*"))


REFUSE_ALL = """
import sys, tempfile
from pathlib import Path
from connect.catalog.archive import Refused, unpack

def memory(what):
    (line,) = [l for l in Path("/proc/self/status").read_text().splitlines() if what in l]
    return int(line.split()[1])

refused, before = 0, memory("VmRSS")
for path in sorted(Path(sys.argv[1]).iterdir()):
    with tempfile.TemporaryDirectory() as into:
        try:
            unpack(path.read_bytes(), Path(into))
        except Refused:
            refused += 1
print(refused, memory("VmHWM") - before)
"""


def test_s4_refusing_all_of_them_takes_little_memory(tmp_path):
    for number, (_, data, _) in enumerate(HOSTILE):
        (tmp_path / f"{number}.zip").write_bytes(data)

    # In a process of its own: the most that this one ever held is not theirs.
    ran = subprocess.run(
        [sys.executable, "-c", REFUSE_ALL, tmp_path], capture_output=True, text=True, check=True
    )

    refused, grown = map(int, ran.stdout.split())
    print(f"{refused} hostile ZIPs refused; {grown / 1000:.1f} MB")
    assert refused == len(HOSTILE) >= 33
    assert grown < 64_000  # kB


def test_a_zip_over_the_limit_is_refused_unread(tmp_path):
    with pytest.raises(Refused, match="limit of 32 MB"):
        unpack(b"PK" + bytes(MOST_BYTES), tmp_path)


def test_a_package_and_a_document_that_are_zips_themselves_are_unpacked(tmp_path):
    also = {"media/gates.zip": zipped(SCORM_12_FILES), "media/list.docx": zipped({"a.xml": "x"})}

    folder = unpack(zipped({**GOOD, **{f"{SLUG}/{p}": d for p, d in also.items()}}), tmp_path)

    assert {path: (folder / path).read_bytes() for path in also} == also


@pytest.mark.parametrize(
    "also",
    [
        {},
        {f"{SLUG}/": "", f"{SLUG}/lessons/": ""},
        {"__MACOSX/._course.toml": "x", f"{SLUG}/.DS_Store": "x"},
        {f"{SLUG}/README.md": "For authors."},
    ],
)
@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_ordinary_zip_is_unpacked_to_the_folder(also, how, tmp_path):
    folder = unpack(zipped(GOOD, also=also.items(), how=how), tmp_path)

    found = check_course(folder, today=TODAY)
    assert found.faults == []
    assert folder.name == SLUG
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} == {
        *FILES,
        *(["README.md"] if f"{SLUG}/README.md" in also else []),
    }


@pytest.mark.parametrize("slug", ["first-response", "taking-the-call"])
def test_a_shipped_course_goes_into_a_zip_and_comes_out_the_same(slug, tmp_path):
    source = ROOT / "courses" / slug
    files = {p.relative_to(source).as_posix(): p.read_bytes() for p in source.rglob("*.*")}
    before = check_course(source, today=TODAY).content

    folder = unpack(pack(slug, files), tmp_path)

    after = check_course(folder, today=TODAY).content
    assert before is not None
    assert after is not None
    assert after.hash == before.hash
    assert {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")} == files


def test_packing_the_same_files_gives_the_same_bytes(tmp_path):
    course = write_course(tmp_path, **changed("course.toml", "FAIR-1", "FAIR-2"))
    files = {p.relative_to(course).as_posix(): p.read_bytes() for p in course.rglob("*.*")}

    assert pack(SLUG, files) == pack(SLUG, dict(reversed(files.items())))
