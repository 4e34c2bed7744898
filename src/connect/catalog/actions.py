"""Publishing course folders as immutable versions."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec

from connect import files
from connect.audit import record
from connect.catalog.check import check_course
from connect.catalog.content import CourseContent, OpenTo
from connect.catalog.evaluation_check import FOLDER, check_evaluation
from connect.catalog.faults import Fault
from connect.catalog.folder import Folder, content_hash
from connect.catalog.package_files import keep_package
from connect.catalog.tables import Course, CourseFile, CourseMedia, CourseVersion
from connect.db import locked, one, transaction
from connect.errors import Conflict
from connect.policy import Actor


class Published(StrEnum):
    NEW = "new version"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


async def publish_folder(
    actor: Actor, folder: Path, *, evaluations: Path | None = None
) -> tuple[Published, int, list[Fault]]:
    """Make the folder's content the published version of its course.

    Twice the same content is one version. A folder with faults publishes nothing.

    Args:
        evaluations: the folder of evaluations; ``_evaluations`` beside *folder* by default.

    Returns:
        What happened, the number of the version that is published now (0 when refused and
        never published), and what the check found.
    """
    content, faults = await asyncio.to_thread(check_course, folder, evaluations=evaluations)
    if content is None:
        return Published.REFUSED, 0, faults
    kept = await keep_files(folder, content, evaluations=evaluations)
    return *await publish_kept(actor, content, kept, source="folder"), faults


async def publish_content(
    actor: Actor, folder: Path, content: CourseContent, *, source: str
) -> tuple[Published, int]:
    """Publish *content*, which the check made of *folder*.

    Args:
        source: where the folder came from, for the audit trail.
    """
    return await publish_kept(actor, content, await keep_files(folder, content), source=source)


class Kept(NamedTuple):
    """A stored file of a course folder."""

    path: str
    sha256: str
    size: int  # bytes


class ChangedMeanwhile(Conflict):
    message = "The folder changed while it was being published. Publish it again."


class MovedOn(Conflict):
    message = "Somebody published another version meanwhile. Nothing of yours was lost."


async def keep_files(
    folder: Path, content: CourseContent, *, evaluations: Path | None = None
) -> list[Kept]:
    """Store the bytes of every file of *folder*, and say which they are.

    This comes before the transaction: a file without a row harms nothing, the reverse does.

    Args:
        evaluations: as for ``publish_folder``.

    Raises:
        ChangedMeanwhile: the folder is no longer what *content* was made of.
    """
    files_there = Folder(folder, [])
    digests = files_there.digests() or {}
    if content_hash(digests | _asked(folder, content, evaluations)) != content.hash:
        raise ChangedMeanwhile
    rows = await CourseFile.select(CourseFile.sha256).where(
        CourseFile.sha256.is_in(sorted(set(digests.values())))
    )
    known = {row["sha256"] for row in rows}
    kept: list[Kept] = []
    for path, digest in digests.items():
        file = files_there.files[path]
        if digest not in known and await files.put(file.read_bytes()) != digest:
            raise ChangedMeanwhile
        if path.endswith(".zip"):
            await keep_package(file, digest)
        kept.append(Kept(path, digest, file.stat().st_size))
    return kept


def _asked(folder: Path, content: CourseContent, evaluations: Path | None) -> dict[str, str]:
    """The digests of the course's evaluation as its files are now."""
    if content.evaluation is None:
        return {}
    return check_evaluation(
        evaluations or folder.absolute().parent / FOLDER, content.evaluation
    ).digests


async def publish_kept(
    actor: Actor,
    content: CourseContent,
    kept: list[Kept],
    *,
    source: str,
    over: UUID | None = None,
) -> tuple[Published, int]:
    """Publish *content*, whose files ``keep_files`` has stored.

    Args:
        over: the version that must still be the published one.

    Raises:
        MovedOn: it is not.
    """
    async with transaction():
        await Course.insert(Course(slug=content.slug)).on_conflict(
            target=Course.slug, action="DO NOTHING"
        )
        course = await one(locked(Course.objects().where(Course.slug == content.slug), Course))
        versions = (
            await CourseVersion.select(
                CourseVersion.id, CourseVersion.hash, CourseVersion.number, CourseVersion.is_current
            )
            .where(CourseVersion.course == course.id)
            .order_by(CourseVersion.number)
        )
        if over and not any(v["is_current"] and v["id"] == over for v in versions):
            raise MovedOn
        same = next((v for v in versions if v["hash"] == content.hash), None)
        if same:
            await _name_files(same["id"], kept)
        if same and same["is_current"]:
            return Published.UNCHANGED, same["number"]
        await CourseVersion.update({CourseVersion.is_current: False}).where(
            CourseVersion.course == course.id
        )
        if same:  # an earlier state of the folder is back
            await CourseVersion.update({CourseVersion.is_current: True}).where(
                CourseVersion.id == same["id"]
            )
            number = same["number"]
        else:
            number = len(versions) + 1
            row = _row(course, content, number)
            await CourseVersion.insert(row)
            await _name_files(row.id, kept)
            await _keep_media(content)
        await record(
            actor,
            "course.published",
            Course,
            of=course.id,
            version=number,
            hash=content.hash,
            source=source,
        )
    return Published.NEW, number


async def _keep_media(content: CourseContent) -> None:
    public = content.access is OpenTo.PUBLIC
    for media in content.media.values():
        row = CourseMedia(
            sha256=media.sha256,
            content_type=media.content_type,
            size=media.size,
            is_public=public,
        )
        await CourseMedia.insert(row).on_conflict(target=CourseMedia.sha256, action="DO NOTHING")
        if public:
            await CourseMedia.update({CourseMedia.is_public: True}).where(
                CourseMedia.sha256 == media.sha256, CourseMedia.is_public.eq(False)
            )


async def _name_files(version: UUID, kept: list[Kept]) -> None:
    """Write down of which files *version* was made, if that was not done when it was published."""
    if await CourseFile.exists().where(CourseFile.version == version):
        return
    rows = [CourseFile(version=version, **file._asdict()) for file in kept]
    await CourseFile.insert(*rows)


def _row(course: Course, content: CourseContent, number: int) -> CourseVersion:
    words = [content.title, content.summary, content.code or "", *content.topics]
    return CourseVersion(
        course=course.id,
        number=number,
        hash=content.hash,
        code=content.code or "",
        title=content.title,
        language=content.language,
        contact_minutes=content.contact_minutes,
        disciplines=_delimited(content.disciplines),
        topics=_delimited(content.topics),
        words=" ".join(words).lower().replace("-", " "),
        content=msgspec.json.encode(content).decode(),
        reviewed_on=content.reviewed_on,
    )


def _delimited(codes: list[str]) -> str:
    return "|" + "".join(f"{code}|" for code in codes)


def folders(courses: Path) -> list[Path]:
    """The course folders in *courses*, by name."""
    return sorted(p for p in courses.iterdir() if p.is_dir() and p.name[0] not in "._")


async def publish_all(actor: Actor, courses: Path) -> dict[str, tuple[Published, int, list[Fault]]]:
    """Publish every course folder in *courses*; one with faults leaves the others alone."""
    return {folder.name: await publish_folder(actor, folder) for folder in folders(courses)}
