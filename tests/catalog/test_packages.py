"""Packages of three standards: what their manifests say, and every fault of a bad one."""

from decimal import Decimal

import pytest

from catalog import hostile_zips
from catalog.course_folder import write_course
from catalog.hostile_zips import zipped
from catalog.packages import CMI5_FILES, PAGE, SCORM_12_FILES, SCORM_2004_FILES
from connect.catalog.folder import Folder
from connect.catalog.package_archive import files_in
from connect.catalog.package_check import read_folder_package
from connect.catalog.package_content import MoveOn, Standard, Unit

FILE = "media/gates.zip"
PREFIX = f"courses/lost-at-the-fair/{FILE}"
PAYLOAD = '"><img src=x onerror=alert(1)>'


def read(tmp_path, data: bytes):
    """The package in *data*, and its faults without the path to the ZIP."""
    found = []
    package = read_folder_package(Folder(write_course(tmp_path, **{FILE: data}), found), FILE)
    return package, [str(fault).removeprefix(PREFIX) for fault in found]


def changed(files: dict[str, str], old: str, new: str) -> bytes:
    """A ZIP of *files* with *new* in place of *old* in the manifest."""
    name = next(n for n in files if n.endswith(".xml"))
    assert old in files[name]
    return zipped({**files, name: files[name].replace(old, new)})


def test_scorm_1_2_says_where_it_begins_and_what_passes(tmp_path):
    package, faults = read(tmp_path, zipped(SCORM_12_FILES))

    assert faults == []
    assert (package.standard, package.title) == (Standard.SCORM_12, "Gates")
    assert package.units == [
        Unit(
            id="one",
            title="Watch the gates",
            launch="content/index.html",
            query="?from=here",
            launch_data="level=2",
            pass_score=Decimal(80),
        )
    ]


def test_scorm_2004_says_it_of_every_part(tmp_path):
    package, faults = read(tmp_path, zipped(SCORM_2004_FILES))

    assert faults == []
    assert package.standard is Standard.SCORM_2004
    first, second = package.units
    assert (first.pass_score, first.completion_threshold) == (Decimal("0.8"), Decimal("0.75"))
    assert (second.launch, second.query, second.tracked) == ("content/the map.html", "#a", False)


def test_cmi5_says_when_each_unit_is_satisfied(tmp_path):
    package, faults = read(tmp_path, zipped(CMI5_FILES))

    assert faults == []
    assert package.standard is Standard.CMI5
    first, second = package.units
    assert (first.id, first.query) == ("https://example.org/gates/one", "?level=2")
    assert (first.move_on, first.pass_score) == (MoveOn.COMPLETED_AND_PASSED, Decimal("0.8"))
    assert (second.title, second.move_on) == ("The map", MoveOn.COMPLETED)


@pytest.mark.parametrize("files", [SCORM_12_FILES, SCORM_2004_FILES, CMI5_FILES])
def test_a_payload_in_any_string_of_a_manifest_stays_plain_text(files, tmp_path):
    for old in ("Watch the gates", "Gates", 'identifier="one"'):
        if any(old in text for text in files.values()):
            escaped = PAYLOAD.replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
            new = f'identifier="{escaped}"' if "=" in old else escaped
            package, _ = read(tmp_path, changed(files, old, new))

            shown = [package.title, *(text for u in package.units for text in (u.id, u.title))]
            assert PAYLOAD in shown


def test_a_title_stays_on_one_line_and_is_not_turned_around(tmp_path):
    package, _ = read(tmp_path, changed(SCORM_12_FILES, "Watch the gates", "A\n\u202eB"))

    assert package.units[0].title == "A B"


@pytest.mark.parametrize(
    ("files", "old", "new", "fault"),
    [
        (SCORM_12_FILES, '<?xml version="1.0" encoding="UTF-8"?>', "<!DOCTYPE x>", "DOCTYPE"),
        (SCORM_12_FILES, "</manifest>", "", "/imsmanifest.xml:22: not well-formed XML"),
        (SCORM_12_FILES, "<resources>", "<resource>", "not well-formed"),
        (SCORM_12_FILES, '"UTF-8"', '"x-none"', "not well-formed XML: unknown encoding"),
        (SCORM_12_FILES, "manifest", "package", "not manifest"),
        (SCORM_12_FILES, "organization ", "group ", "not well-formed"),
        (SCORM_12_FILES, 'identifierref="r1"', "", "no part that can be launched"),
        (
            SCORM_12_FILES,
            'identifierref="r1"',
            'identifierref="r9"',
            ':9: there is no resource "r9"',
        ),
        (SCORM_12_FILES, ' href="content/index.html">', ">", ":17: a resource that is to be"),
        (SCORM_12_FILES, "content/index.html", "content/none.html", "which is not in it"),
        (SCORM_12_FILES, "content/index.html", "content/gate.css", "which is no HTML page"),
        (SCORM_12_FILES, "content/index.html", "../index.html", "leads out of the package"),
        (SCORM_12_FILES, "content/index.html", "/etc/passwd", "leads out of the package"),
        (SCORM_12_FILES, "content/index.html", "%2e%2e/x.html", "leads out of the package"),
        (SCORM_12_FILES, "content/index.html", "https://a.example/", "leads out of the package"),
        (SCORM_12_FILES, "content/index.html", "javascript:alert(1)", "leads out of the package"),
        (SCORM_12_FILES, ">80<", ">101<", 'masteryscore: "101" is no number from 0 to 100'),
        (SCORM_12_FILES, ">80<", ">NaN<", "is no number from 0 to 100"),
        (SCORM_2004_FILES, ">0.8<", ">2<", "minNormalizedMeasure"),
        (SCORM_2004_FILES, ">0.75<", ">x<", "completionThreshold"),
        (CMI5_FILES, '"CompletedAndPassed"', '"Always"', 'moveOn: "Always" is none of'),
        (CMI5_FILES, 'masteryScore="0.8"', 'masteryScore="80"', "is no number from 0 to 1"),
        (CMI5_FILES, "gates/two", "gates/one", "is no name of one unit alone"),
        (CMI5_FILES, "content/index.html", "https://a.example/x.html", "leads out of the package"),
        (CMI5_FILES, "courseStructure", "structure", "no courseStructure"),
    ],
)
def test_a_manifest_is_refused_by_name(files, old, new, fault, tmp_path):
    package, faults = read(tmp_path, changed(files, old, new))

    assert package is None
    assert any(fault in told for told in faults), faults


def test_every_fault_is_named_in_one_run(tmp_path):
    source = SCORM_12_FILES["imsmanifest.xml"]
    twice = source.replace("</organization>", '<item identifierref="r8"/></organization>')

    _, faults = read(tmp_path, changed({"imsmanifest.xml": twice}, '"r1" p', '"r9" p'))

    assert [fault.rpartition(" ")[2] for fault in faults] == ['"r9"', '"r8"']


def test_entities_fill_no_memory(tmp_path):
    bomb = '<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><manifest>&b;</manifest>'

    package, faults = read(tmp_path, zipped({"imsmanifest.xml": bomb}))

    assert package is None
    assert faults == ["/imsmanifest.xml:1: it may not declare a DOCTYPE or entities"]


def test_elements_that_lie_too_deep_are_refused(tmp_path):
    package, faults = read(tmp_path, zipped({"imsmanifest.xml": "<a>" * 5000 + "</a>" * 5000}))

    assert package is None
    assert "60 deep" in faults[0]


def test_a_manifest_in_a_folder_is_found_and_the_mend_is_told(tmp_path):
    inside = {f"gates/{path}": text for path, text in SCORM_12_FILES.items()}

    _, faults = read(tmp_path, zipped(inside))

    assert 'It lies in "gates/imsmanifest.xml": pack what is in that folder.' in faults[0]


def test_what_is_of_an_unknown_kind_is_a_warning_and_never_given_out(tmp_path):
    data = zipped({**SCORM_12_FILES, "setup.exe": "x", "__MACOSX/a": "x", ".DS_Store": "x"})

    package, faults = read(tmp_path, data)

    assert package is not None
    assert faults == [':1: warning: "setup.exe" is of a kind that is not given out to learners']
    assert sorted(dict(files_in(data))) == sorted(SCORM_12_FILES)


@pytest.mark.parametrize("name", ["Übung 1 (neu)/Seite & mehr.html", "a b/c+d.html"])
def test_names_may_hold_what_authoring_tools_write(name, tmp_path):
    data = zipped({**SCORM_12_FILES, name: PAGE})

    package, faults = read(tmp_path, data)

    assert (package is not None, faults) == (True, [])
    assert name in dict(files_in(data))


MISSING = {
    *("no files", "loose files", "two folders", "no good name", "file over its kind"),
    *("same name twice", "file under a file"),
}
# Said in other words, since other limits hold.
WORDS = {
    "name turned around": "no good name",
    "same name composed": None,
    "program": None,
    "20,001 files": "2,000 files",
    "nested": "another archive",
    "nested under another name": "another archive",
}


def hostile():
    """The ZIPs that do harm as courses, with a package in place of the course."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hostile_zips, "GOOD", dict(SCORM_12_FILES))
        for name, data, says in hostile_zips.hostile():
            if name not in MISSING and WORDS.get(name, says):
                yield pytest.param(data, WORDS.get(name, says), id=name)


@pytest.mark.parametrize(("data", "says"), list(hostile()))
def test_a_hostile_zip_is_refused_as_a_package(data, says, tmp_path):
    package, faults = read(tmp_path, data)

    assert package is None
    assert faults
    assert any(says in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("IMSMANIFEST.xml", "one name"),
        ("content/\u0130ndex.html", None),
        ("content/index.html/x.html", "lies under a file"),
        ("a/" * 15 + "x.html", "deep"),
        ("a. /x.html", "no good name"),
        ("~/x.html", "absolute"),
        ("a/~b/x.html", "no good name"),
    ],
)
def test_names_that_some_system_takes_for_another_are_refused(name, says, tmp_path):
    package, faults = read(tmp_path, zipped({**SCORM_12_FILES, name: PAGE}))

    assert (package is None) == (says is not None)
    assert says is None or any(says in fault for fault in faults), faults
