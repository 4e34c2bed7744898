"""What connect doctor looks at: each with a verdict and, where it is needed, the mend."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from connect import clock, db, migrate, signing
from connect.config import read_limits, settings
from connect.engine_sqlite_pool import needs_checkpoint_guard
from connect.web.templating import manifest

LEAST_DISK = 5  # per cent free
# Earlier ones of each line let a line break into a mail's header (CVE-2026-1299).
MENDED_PYTHON = {(3, 11): 15, (3, 12): 13, (3, 13): 12, (3, 14): 3}
FONTS = ("Noto Serif", "Noto Naskh Arabic", "Noto Serif Hebrew", "Noto Serif Devanagari")
CJK = ("Noto Serif CJK SC", "Noto Serif CJK JP", "Noto Serif CJK KR")


class Finding(msgspec.Struct, frozen=True):
    """One verdict. ``mend`` is empty when there is nothing to do."""

    what: str
    verdict: str
    mend: str = ""
    fails: bool = False  # Connect does not work like this


async def examine() -> list[Finding]:
    """Every check; one that breaks is a finding of its own."""
    found = []
    for check in CHECKS:
        try:
            found.append(await check())
        except Exception as error:
            name = check.__name__.strip("_").replace("_", " ")
            found.append(Finding(name, f"{type(error).__name__}: {error}", "See above.", True))
    return found


async def _configuration() -> Finding:
    read_limits(settings().limits)
    if settings().secure:
        return Finding("configuration", "read; served by https")
    return Finding(
        "configuration",
        "read; served without https, so the session cookie is not marked Secure",
        "Outside of this machine, put TLS in front and begin CONNECT_BASE_URL with https://.",
    )


async def _packages() -> Finding:
    if settings().packages_url:
        return Finding("packages", f"kept apart at {settings().packages_url}")
    return Finding(
        "packages",
        "run on the site's own host, in a sandbox without storage",
        "For those of several pages or with storage, set CONNECT_PACKAGES_URL to another host.",
    )


async def _python() -> Finding:
    version = sys.version_info[:3]
    shown = ".".join(map(str, version))
    least = MENDED_PYTHON.get(version[:2])
    if least is not None and version[2] < least:
        mend = f"Install {version[0]}.{version[1]}.{least} or newer: it mends a defect in mail."
        return Finding("Python", shown, mend)
    return Finding("Python", shown)


async def _database() -> Finding:
    await db.fetch("SELECT 1 AS one")
    pending = await migrate.migrate(only_check=True)
    ahead = await migrate.ahead()
    kind = db.engine().engine_type
    if pending:
        return Finding(
            "database", f"{kind}, {len(pending)} migrations are pending", "connect migrate", True
        )
    if ahead:
        mend = "Start the version that made it, or a newer one."
        return Finding("database", f"{kind}, its schema is newer than this version", mend, True)
    return Finding("database", f"{kind}, answers, schema at head")


async def _sqlite() -> Finding:
    if not settings().embedded:
        return Finding("SQLite", "not used")
    version = sqlite3.sqlite_version_info[:3]
    shown = ".".join(map(str, version))
    if needs_checkpoint_guard(version):
        return Finding("SQLite", f"{shown}, has the WAL-reset defect; the server works around it")
    return Finding("SQLite", shown)


async def _durability() -> Finding:
    if settings().embedded:
        return Finding("durability", "every commit is written through (synchronous=FULL)")
    off = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if (await db.fetch(f"SHOW {name}"))[0][name] == "off"
    ]
    if off:
        mend = "Switch them on in postgresql.conf: a crash could lose what was acknowledged."
        return Finding("durability", f"off: {', '.join(off)}", mend, True)
    return Finding("durability", "fsync, full_page_writes and synchronous_commit are on")


async def _mail() -> Finding:
    url = urlsplit(settings().smtp_url)
    if not settings().smtp_url:
        return Finding("mail", "none is set: mails are printed and shown at /admin/outbox")
    port = url.port or (465 if url.scheme == "smtps" else 587)
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(url.hostname, port)
    except (OSError, TimeoutError) as error:
        mend = "Check CONNECT_SMTP_URL, and that this machine may reach it."
        return Finding("mail", f"{url.hostname}:{port} does not answer ({error})", mend, True)
    writer.close()
    return Finding("mail", f"{url.hostname}:{port} answers")


async def _disk() -> Finding:
    usage = shutil.disk_usage(_nearest(Path(settings().data_dir)))
    free = usage.free * 100 // usage.total
    mend = "Make room: without it nothing can be saved." if free < LEAST_DISK else ""
    return Finding("disk", f"{free} % free", mend, bool(mend))


def _nearest(folder: Path) -> Path:
    """The folder itself, or what of its path is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


async def _fonts() -> Finding:
    done = await asyncio.to_thread(
        subprocess.run,
        ["fc-list", ":", "family"],
        capture_output=True,
        text=True,
        check=True,
    )
    lacking = [font for font in (*FONTS, *CJK) if font not in done.stdout]
    if lacking:
        mend = "apt-get install fonts-noto-core fonts-noto-cjk"
        return Finding("fonts", f"lacking: {', '.join(lacking)}", mend, True)
    return Finding("fonts", "certificates can carry every script that is promised")


async def _signing_key() -> Finding:
    key = await asyncio.to_thread(signing.signing_key)
    shown = f"signs certificates until {key.ends:%Y-%m-%d} ({key.fingerprint[:16]})"
    late = key.ends - clock.now() < signing.SOON
    mend = "connect rotate-signing-key; what was signed stays valid." if late else ""
    return Finding("signing key", shown, mend, key.ends <= clock.now())


async def _assets() -> Finding:
    return Finding("assets", f"{len(manifest())} files are built")


CHECKS: list[Callable[[], Awaitable[Finding]]] = [
    _configuration,
    _packages,
    _python,
    _database,
    _sqlite,
    _durability,
    _mail,
    _disk,
    _signing_key,
    _fonts,
    _assets,
]
