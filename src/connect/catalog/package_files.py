"""The files of packages: unpacked once, stored by their content, found by their path."""

import asyncio
from pathlib import Path

from connect import files
from connect.catalog.package_archive import files_in, type_in_package
from connect.catalog.tables import PackageFile
from connect.db import transaction


async def keep_package(file: Path, sha256: str) -> None:
    """Store what is in a ZIP that the check has passed, if that was not done before.

    All rows are written at once: a package is there whole or not at all. A package that no
    version names is never given out, so this may come before the version is written.

    Args:
        sha256: of the ZIP.
    """
    if await PackageFile.exists().where(PackageFile.package == sha256):
        return
    rows: list[PackageFile] = []
    data = await asyncio.to_thread(file.read_bytes)
    for path, content in files_in(data):
        digest = await files.put(content)
        kind = type_in_package(path) or ""
        rows.append(
            PackageFile(
                package=sha256, path=path, sha256=digest, content_type=kind, size=len(content)
            )
        )
    async with transaction():
        for first in range(0, len(rows), 500):
            await PackageFile.insert(*rows[first : first + 500]).on_conflict(
                target=(PackageFile.package, PackageFile.path), action="DO NOTHING"
            )
