"""A path of three modules, the last of which ends with a promise, and somebody who follows it."""

import make
from connect.catalog.path_check import PathContent, PathCourse
from connect.learning.actions import Event, enroll, note_event
from connect.paths.actions import publish_path
from connect.policy import SYSTEM

MODULES = ("module-a", "module-b", "module-c")
THREE = [
    PathCourse("module-a"),
    PathCourse("module-b", True, ["module-a"]),
    PathCourse("module-c"),
]


async def modules(**changes):
    """Three published courses of one statement each; the third has an evaluation besides."""
    for slug in MODULES:
        parts = [make.acknowledgement("oath")]
        if slug == MODULES[-1]:
            parts.append(make.acknowledgement("evaluation"))
        content = make.content(slug=slug, title=slug.capitalize(), components=parts, **changes)
        await make.course(content)


def content(slug="introduction", **changes):
    return PathContent(
        **{
            "slug": slug,
            "hash": f"{len(changes):064x}",
            "title": "Introduction",
            "summary": "What comes first.",
            "language": "en",
            "courses": THREE,
            **changes,
        }
    )


async def path(**changes):
    """A published path of the three modules."""
    given = content(**changes)
    await publish_path(SYSTEM, given)
    return given


async def finish(actor, slug, *, all_of_it=True):
    """Work through one module; without *all_of_it* its evaluation is left out."""
    enrollment, _ = await enroll(actor, slug)
    await note_event(actor, enrollment.id, "oath", Event.ACKNOWLEDGE)
    if slug == MODULES[-1] and all_of_it:
        await note_event(actor, enrollment.id, "evaluation", Event.ACKNOWLEDGE)
