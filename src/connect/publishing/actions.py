"""Publishing from the site: from a ZIP, after the same check as in a text editor."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from connect.catalog.actions import Published, folders, publish_content
from connect.catalog.archive import Refused, unpack
from connect.catalog.check import check_course
from connect.catalog.content import CourseContent
from connect.catalog.difference import Line, difference
from connect.catalog.evaluation_check import FOLDER
from connect.catalog.faults import Fault
from connect.catalog.queries import published_content
from connect.config import settings
from connect.errors import Invalid
from connect.policy import Actor, Permission
from connect.publishing.queries import concerned_by
from connect.publishing.rules import Concerned


class Faulty(Invalid):
    """The check of the course found faults; nothing was published."""

    message = "The course has faults, so nothing was published. Mend them and send it again."

    def __init__(self, slug: str, faults: list[Fault]) -> None:
        by_place: dict[str, list[str]] = {}
        for fault in faults:
            if not fault.warning:
                by_place.setdefault(f"{fault.path}:{fault.line}", []).append(fault.message)
        super().__init__({place: "; ".join(found) for place, found in by_place.items()})
        self.slug = slug
        self.faults = faults


class Outlook(msgspec.Struct, frozen=True):
    """What publishing a course would do, or did."""

    slug: str
    title: str
    hash: str
    outcome: Published  # of a trial: what it would be
    version: int | None  # of what is published now; None for a trial
    concerned: Concerned
    difference: list[Line]
    warnings: list[Fault]


@asynccontextmanager
async def unpacked(data: bytes) -> AsyncIterator[Path]:
    """The course folder of a ZIP in a folder of its own, which is gone afterwards.

    Raises:
        Invalid: the ZIP is refused.
    """
    with tempfile.TemporaryDirectory(prefix="connect-course-") as private:
        courses = Path(private) / "courses"  # as in a checkout: faults name their files from here
        courses.mkdir()
        try:
            folder = await asyncio.to_thread(unpack, data, courses)
        except Refused as refusal:
            raise Invalid({"file": str(refusal)}) from None
        with_evaluations(folder)
        yield folder


def with_evaluations(folder: Path) -> None:
    """Let the course in *folder* name the evaluations of the site, as it does in a checkout."""
    beside = folder.parent / FOLDER
    if folder != beside:
        beside.symlink_to(Path(settings().courses_dir).absolute() / FOLDER)


async def publish_zip(actor: Actor, data: bytes, *, dry_run: bool) -> Outlook:
    """Publish the course folder in the ZIP *data*, or only tell what that would do.

    Raises:
        Invalid: the ZIP is refused; nothing of it was kept.
        Faulty: the course has faults, each named with file and line.
    """
    actor.must(Permission.PUBLISH_COURSES)
    async with unpacked(data) as folder:
        if dry_run:
            return await look_at(folder)
        return await publish(actor, folder, source="zip")


async def look_at(folder: Path) -> Outlook:
    """What publishing a course folder would do.

    Raises:
        Faulty: it would be refused.
    """
    content, warnings = await checked(folder)
    before = await published_content(content.slug)
    same = before is not None and before.hash == content.hash
    outcome = Published.UNCHANGED if same else Published.NEW
    return await outlook(before, content, warnings, outcome, None)


async def look_at_all(courses: Path) -> dict[str, tuple[Outlook | None, list[Fault]]]:
    """What publishing each folder in *courses* would do, by slug; ``None`` for one with faults."""
    found: dict[str, tuple[Outlook | None, list[Fault]]] = {}
    for folder in folders(courses):
        try:
            seen = await look_at(folder)
            found[folder.name] = seen, seen.warnings
        except Faulty as refusal:
            found[folder.name] = None, refusal.faults
    return found


async def publish(actor: Actor, folder: Path, *, source: str) -> Outlook:
    """Publish a course folder that came by the site.

    Raises:
        Faulty: it is refused.
    """
    content, warnings = await checked(folder)
    before = await published_content(content.slug)
    outcome, number = await publish_content(actor, folder, content, source=source)
    return await outlook(before, content, warnings, outcome, number)


async def checked(folder: Path) -> tuple[CourseContent, list[Fault]]:
    """The content of a course folder, and warnings.

    Raises:
        Faulty: it cannot be published.
    """
    content, faults = await asyncio.to_thread(check_course, folder)
    if content is None:
        raise Faulty(folder.name, faults)
    return content, faults


async def outlook(
    before: CourseContent | None,
    content: CourseContent,
    warnings: list[Fault],
    outcome: Published,
    version: int | None,
) -> Outlook:
    """What becomes of the published content *before* by that of a folder."""
    return Outlook(
        content.slug,
        content.title,
        content.hash,
        outcome,
        version,
        await concerned_by(content),
        difference(before, content),
        warnings,
    )
