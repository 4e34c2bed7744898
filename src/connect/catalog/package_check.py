"""Checking a component of the kind ``package``: its ZIP, its manifest, and where it begins."""

import hashlib
from pathlib import PurePosixPath

from msgspec.structs import replace

from connect.catalog import cmi5_manifest, scorm_manifest
from connect.catalog.content import Component
from connect.catalog.faults import quoted
from connect.catalog.folder import Folder
from connect.catalog.lesson_check import Surroundings
from connect.catalog.package_archive import read_package
from connect.catalog.package_content import Package, Standard
from connect.catalog.toml_table import TITLE, Table
from connect.catalog.xml_tree import read_xml

_READERS = {
    scorm_manifest.MANIFEST: scorm_manifest.read_scorm,
    cmi5_manifest.MANIFEST: cmi5_manifest.read_cmi5,
}
RUN = {Standard.SCORM_12, Standard.SCORM_2004}


def check_package_component(table: Table, course: Surroundings, component: Component) -> Component:
    """Check a component that is a package, and the ZIP that it names."""
    component = replace(component, title=table.text("title", required=True, most=TITLE))
    written = table.text("file", required=True)
    line = table.line("file")
    path = course.folder.find(written, "", table.faults, line) if written else None
    if path is None:
        return component
    if PurePosixPath(path).suffix.lower() != ".zip" or not path.startswith("media/"):
        table.refuse('"file": a package is a .zip in media', "file")
        return component
    package = read_folder_package(course.folder, path)
    if package and package.standard not in RUN:
        table.refuse('"file": packages of cmi5 are not run yet; export it as SCORM 2004', "file")
    return replace(component, package=package)


def read_folder_package(folder: Folder, path: str) -> Package | None:
    """The package in the ZIP *path* of a course folder, or ``None`` after a fault.

    Faults of a manifest name it as a file inside the ZIP.
    """
    faults = folder.faults(path)
    try:
        data = folder.files[path].read_bytes()
    except OSError as error:
        faults.refuse(1, f"the file cannot be read ({error.strerror})")
        return None
    files = read_package(data, faults)
    if files is None:
        return None
    manifest = next((name for name in _READERS if name in files), None)
    if manifest is None:
        inside = next((f for f in files if PurePosixPath(f).name in _READERS), None)
        where = f" It lies in {quoted(inside)}: pack what is in that folder." if inside else ""
        faults.refuse(
            1, f"no imsmanifest.xml (SCORM) and no cmi5.xml lies on top of the ZIP.{where}"
        )
        return None
    in_manifest = folder.faults(f"{path}/{manifest}")
    top = read_xml(files[manifest], in_manifest)
    found = _READERS[manifest](top, frozenset(files), in_manifest) if top else None
    return replace(found, sha256=hashlib.sha256(data).hexdigest()) if found else None
