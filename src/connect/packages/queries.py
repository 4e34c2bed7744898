"""Launches by their token, what parts keep, and the log of commits."""

from typing import Any
from uuid import UUID

import msgspec

from connect import clock
from connect.catalog.content import Component, ComponentKind, CourseContent
from connect.catalog.package_content import Package, Unit
from connect.db import fetch
from connect.errors import NotFound
from connect.learning.actions import component_in
from connect.learning.queries import enrollment_for_staff
from connect.learning.requirements import Told
from connect.packages.tables import PackageState
from connect.policy import Actor
from connect.security import token_hash

LAUNCH = """
SELECT l.id, l.enrollment, l.component, l.unit, l.package, l.said_seconds, e.learner, e.version,
  e.state, a.legal_name AS name
FROM package_launch l JOIN enrollment e ON e.id = l.enrollment JOIN account a ON a.id = e.learner
WHERE l.token_hash = {} AND l.expires_at > {}
"""
FILE = """
SELECT f.sha256, f.content_type, f.size, l.unit, l.component, l.enrollment, e.version
FROM package_launch l JOIN enrollment e ON e.id = l.enrollment
LEFT JOIN package_file f ON f.package = l.package AND f.path = {}
WHERE l.token_hash = {} AND l.expires_at > {}
"""
SAID = """
SELECT coalesce(sum(said_seconds), 0) AS seconds FROM package_launch
WHERE enrollment = {} AND component = {} AND unit = {}
"""
COMMITS = """
SELECT c.id, c.number, c.at, c.given, c.refused, l.unit, l.id AS launch, l.made_at
FROM package_commit c JOIN package_launch l ON l.id = c.launch
WHERE l.enrollment = {} AND l.component = {} ORDER BY c.id DESC LIMIT {}
"""
LAUNCHES = """
SELECT unit, made_at, ended_at, said_seconds FROM package_launch
WHERE enrollment = {} AND component = {} ORDER BY id DESC LIMIT {}
"""


async def launch_by(token: str) -> dict[str, Any] | None:
    """The launch that *token* belongs to, with its enrollment; ``None`` when it is over."""
    rows = await fetch(LAUNCH, token_hash(token), clock.now())
    return rows[0] if rows else None


async def file_at(token: str, path: str) -> dict[str, Any] | None:
    """The launch of *token* and the file at *path* of its package; ``None`` when it is over.

    Without such a file its ``sha256`` is ``None``.
    """
    rows = await fetch(FILE, path, token_hash(token), clock.now())
    return rows[0] if rows else None


async def states_of(enrollment: UUID, component: str) -> dict[int, PackageState]:
    """What each part of a package keeps: place of the part → its row."""
    rows = await PackageState.objects().where(
        PackageState.enrollment == enrollment, PackageState.component == component
    )
    return {row.unit: row for row in rows}


async def said_seconds(enrollment: UUID, component: str, unit: int) -> int:
    """Session time of all launches of one part, as the package says."""
    return int((await fetch(SAID, enrollment, component, unit))[0]["seconds"])


def package_in(content: CourseContent, component_id: str) -> tuple[Component, Package]:
    """One component that is a package.

    Raises:
        NotFound: the course has no such component, or it is none.
    """
    component = component_in(content, component_id)
    if component.kind != ComponentKind.PACKAGE or component.package is None:
        raise NotFound
    return component, component.package


def unit_at(package: Package, place: int) -> Unit:
    """The part at *place*, from 1.

    Raises:
        NotFound: the package has fewer.
    """
    if not 0 < place <= len(package.units):
        raise NotFound
    return package.units[place - 1]


def told_in(package: Package, states: dict[int, PackageState]) -> list[Told]:
    """What each part of a package says of itself, in order."""
    return [
        Told(states[place].told) if place in states else Told.NOTHING
        for place in range(1, len(package.units) + 1)
    ]


async def log_for_staff(
    actor: Actor, enrollment_id: UUID, component: str, *, limit: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Launches and commits of a package, newest first.

    A commit's ``given`` is ``{element: text}``, its ``refused`` is lines of "element: why".

    Raises:
        NotFound: there is no such enrollment.
    """
    await enrollment_for_staff(actor, enrollment_id)
    launches = await fetch(LAUNCHES, enrollment_id, component, limit)
    commits = await fetch(COMMITS, enrollment_id, component, limit)
    for row in commits:
        row["given"] = msgspec.json.decode(row["given"])
    return launches, commits
