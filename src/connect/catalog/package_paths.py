"""Where a manifest says that a unit begins: a file of the package, and what follows its name."""

import posixpath
from collections.abc import Container
from urllib.parse import unquote, urlsplit

from connect.catalog.faults import FileFaults, quoted


def launch_of(
    href: str, parameters: str, files: Container[str], faults: FileFaults, line: int
) -> tuple[str, str] | None:
    """Path inside the package and what follows it ("?...", "#..."), or ``None`` after a fault.

    Args:
        href: as the manifest writes it, with every ``xml:base`` before it.
        parameters: what the manifest adds to it.
        line: of the manifest, for the fault.
    """
    try:
        url = urlsplit(href.strip())
    except ValueError:
        faults.refuse(line, f"{quoted(href)} is no address")
        return None
    if url.scheme or url.netloc or href.strip().startswith(("/", "\\")):
        faults.refuse(line, f"{quoted(href)} leads out of the package; put the files into it")
        return None
    path = posixpath.normpath(unquote(url.path).replace("\\", "/"))
    if path == ".." or path.startswith("../"):
        faults.refuse(line, f"{quoted(href)} leads out of the package; put the files into it")
        return None
    if path not in files:
        faults.refuse(line, f"the package begins with {quoted(path)}, which is not in it")
        return None
    if not path.lower().endswith((".html", ".htm")):
        faults.refuse(line, f"the package begins with {quoted(path)}, which is no HTML page")
        return None
    query = f"?{url.query}" if url.query else ""
    query += f"#{url.fragment}" if url.fragment else ""
    return path, _joined(query, parameters)


def _joined(query: str, parameters: str) -> str:
    """As SCORM joins them (SCORM 2004 CAM, 3.4.1.3): one "?", and no second "#"."""
    added = parameters.strip().lstrip("?&")
    if not added or ("#" in query and added.startswith("#")):
        return query
    if added.startswith("#"):
        return query + added
    mark = "&" if "?" in query else "?"
    before, hash_mark, after = query.partition("#")
    return f"{before}{mark}{added}{hash_mark}{after}"
