"""Drafts: a published course mended in the site, and made a version like any other."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from connect import clock, files
from connect.audit import record
from connect.catalog.actions import Published, keep_files, publish_kept
from connect.catalog.archive import pack
from connect.catalog.queries import current_version, published_content, slug_of
from connect.catalog.tables import Course, CourseFile
from connect.catalog.wording import reworded
from connect.db import locked, one, transaction
from connect.errors import Conflict, Invalid
from connect.policy import Actor, Permission
from connect.publishing.actions import Outlook, checked, outlook, with_evaluations
from connect.publishing.queries import draft_by_id, files_of, source_of
from connect.publishing.rules import plain_lines, text_limit
from connect.publishing.tables import CourseDraft

Edits = dict[str, str]  # path to the whole new text


class FilesNotKept(Conflict):
    message = (
        "The files of this version were not kept when it was published. Publish its folder once "
        "more; then it can be mended here."
    )


class SavedMeanwhile(Conflict):
    message = (
        "Somebody saved this draft after you opened it. Your text stands below and is not saved "
        "yet: compare, then save again."
    )


class NothingChanged(Conflict):
    message = "The draft changes nothing of the published version. Change something, or discard it."


def edits_of(draft: CourseDraft) -> Edits:
    """What the draft changes."""
    return msgspec.json.decode(draft.edits, type=Edits)


async def open_draft(actor: Actor, slug: str) -> CourseDraft:
    """The draft of a course; begun from its published version when there is none.

    Raises:
        NotFound: no such course.
        FilesNotKept: of that version only the result is stored.
    """
    actor.must(Permission.PUBLISH_COURSES)
    version = await current_version(slug)
    async with transaction():
        course = await one(locked(Course.objects().where(Course.slug == slug), Course))
        found = await CourseDraft.objects().where(CourseDraft.course == course.id).first()
        if found:
            return found
        if not await CourseFile.exists().where(CourseFile.version == version.id):
            raise FilesNotKept
        draft = CourseDraft(
            course=course.id, base=version.id, made_by=actor.id, changed_by=actor.id
        )
        await CourseDraft.insert(draft)
        await record(actor, "course_draft.opened", Course, of=course.id, draft=draft.id)
    return draft


async def save_file(actor: Actor, draft_id: UUID, path: str, text: str, *, revision: int) -> None:
    """Make *text* the content of a lesson, quiz or other text file of the draft.

    The published text takes the change back. Faults do not keep it from being saved.

    Args:
        revision: of the draft as the actor saw it.

    Raises:
        NotFound: no such draft or file.
        SavedMeanwhile: somebody saved since.
        Invalid: the text is over the limit of its kind of file.
    """
    text = plain_lines(text)
    if len(text.encode("utf-8", "surrogatepass")) > text_limit(path):
        raise Invalid({"text": f"Use at most {text_limit(path) // 1000} kB of text."})
    if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise Invalid({"text": "Take out what is no character."})
    async with transaction():
        draft = await draft_by_id(actor, draft_id, lock=True)
        published = await source_of(draft.base, path)
        if draft.revision != revision:
            raise SavedMeanwhile
        edits = edits_of(draft)
        if text == published:
            edits.pop(path, None)
        else:
            edits[path] = text
        await _write(actor, draft, edits)
        await record(
            actor, "course_draft.changed", Course, of=draft.course, draft=draft.id, path=path
        )


async def save_wording(
    actor: Actor, draft_id: UUID, path: str, texts: Mapping[str, str], *, revision: int
) -> None:
    """Change words of a quiz, by the names that ``wordings`` gives; else as ``save_file``."""
    draft = await draft_by_id(actor, draft_id)
    source = await text_of(draft, path)
    empty = {name: "Write something here." for name, text in texts.items() if not text.strip()}
    if empty:
        raise Invalid(empty)
    lines = {name: plain_lines(text) for name, text in texts.items()}
    await save_file(actor, draft_id, path, reworded(source, lines), revision=revision)


async def text_of(draft: CourseDraft, path: str) -> str:
    """A text file as the draft has it.

    Raises:
        NotFound: the course has no such file, or it is no text.
    """
    edits = edits_of(draft)
    return edits[path] if path in edits else await source_of(draft.base, path)


async def _write(actor: Actor, draft: CourseDraft, edits: Edits) -> None:
    await CourseDraft.update(
        {
            CourseDraft.edits: msgspec.json.encode(edits).decode(),
            CourseDraft.base: draft.base,
            CourseDraft.revision: CourseDraft.revision + 1,
            CourseDraft.changed_by: actor.id,
            CourseDraft.changed_at: clock.now(),
        }
    ).where(CourseDraft.id == draft.id)


async def bring_forward(actor: Actor, draft_id: UUID) -> None:
    """Base the draft on the version that is published now; what it changes stays changed.

    Raises:
        FilesNotKept: of that version only the result is stored.
    """
    async with transaction():
        draft = await draft_by_id(actor, draft_id, lock=True)
        version = await current_version(await slug_of(draft.course))
        digests = await files_of(version.id)
        if not digests:
            raise FilesNotKept
        edits: Edits = {}
        for path, text in edits_of(draft).items():
            if path not in digests or text != await source_of(version.id, path):
                edits[path] = text
        draft.base = version.id
        await _write(actor, draft, edits)
        await record(
            actor,
            "course_draft.brought_forward",
            Course,
            of=draft.course,
            draft=draft.id,
            base=version.id,
        )


async def changed_in_both(draft: CourseDraft, current: UUID) -> list[str]:
    """Files that the draft and, since its base, the published version changed."""
    before, after = await files_of(draft.base), await files_of(current)
    return sorted(path for path in edits_of(draft) if before.get(path) != after.get(path))


@asynccontextmanager
async def laid_out(draft: CourseDraft) -> AsyncIterator[Path]:
    """The course folder as the draft has it, in a folder of its own that is gone afterwards."""
    slug = await slug_of(draft.course)
    edits = edits_of(draft)
    with tempfile.TemporaryDirectory(prefix="connect-course-") as private:
        folder = Path(private) / "courses" / slug
        digests = await files_of(draft.base)
        for path in sorted(digests.keys() | edits.keys()):
            text = edits.get(path)
            data = await files.get(digests[path]) if text is None else text.encode()
            await asyncio.to_thread(_lay, folder / path, data)
        with_evaluations(folder)
        yield folder


def _lay(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)


async def draft_zip(actor: Actor, draft_id: UUID) -> bytes:
    """The draft's folder as a ZIP, with faults or without."""
    draft = await draft_by_id(actor, draft_id)
    async with laid_out(draft) as folder:
        held = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
    return await asyncio.to_thread(pack, await slug_of(draft.course), held)


async def publish_draft(actor: Actor, draft_id: UUID, *, revision: int) -> Outlook:
    """Publish the draft as it was seen; it ends with that.

    Raises:
        Faulty: the check refuses it.
        SavedMeanwhile: somebody saved since.
        MovedOn: another version was published since the draft began. The draft stays.
        NothingChanged: it is the published version already.
    """
    draft = await draft_by_id(actor, draft_id)
    if draft.revision != revision:
        raise SavedMeanwhile
    async with laid_out(draft) as folder:
        content, warnings = await checked(folder)
        before = await published_content(content.slug)
        kept = await keep_files(folder, content)
    async with transaction():
        held = await draft_by_id(actor, draft_id, lock=True)
        if held.revision != revision:
            raise SavedMeanwhile
        outcome, number = await publish_kept(actor, content, kept, source="draft", over=held.base)
        if outcome is Published.UNCHANGED:
            raise NothingChanged
        await CourseDraft.delete().where(CourseDraft.id == draft.id)
    return await outlook(before, content, warnings, outcome, number)


async def discard_draft(actor: Actor, draft_id: UUID) -> None:
    """End the draft; what was changed in it is gone."""
    async with transaction():
        draft = await draft_by_id(actor, draft_id, lock=True)
        await CourseDraft.delete().where(CourseDraft.id == draft.id)
        await record(
            actor,
            "course_draft.discarded",
            Course,
            of=draft.course,
            draft=draft.id,
            paths=sorted(edits_of(draft)),
        )
