"""A published course whose second step is a package, and somebody who takes it."""

from pathlib import Path
from typing import Any

import make
from catalog.course_folder import write_course
from catalog.packages import SCORM_12_FILES, SCORM_2004_FILES, with_package
from connect.catalog.actions import publish_folder
from connect.learning.actions import enroll
from connect.learning.tables import Enrollment
from connect.packages.actions import Commit, Committed, commit
from connect.policy import SYSTEM, Actor
from packages.content import SCO_12, SCO_2004

SLUG = "lost-at-the-fair"
ACCESS = 'access = {disciplines = ["educator"], agency_kinds = ["school"], titles = ["Guard"]}'
PAGE = "content/index.html"
STANDARDS = {
    "scorm-1.2": {**SCORM_12_FILES, PAGE: SCO_12},
    "scorm-2004": {**SCORM_2004_FILES, PAGE: SCO_2004},
}


def public(files: dict[str, str] = STANDARDS["scorm-1.2"], **also: str) -> dict[str, Any]:
    """Files over the small course's: open to everybody, steps in any order, and a package."""
    changes = with_package(files, **also)
    source = str(changes["course.toml"]).replace(ACCESS, 'access = "public"')
    return {**changes, "course.toml": source.replace("sequence = true", "sequence = false")}


async def taken(
    folder: Path, files: dict[str, str] = STANDARDS["scorm-1.2"], **also: str
) -> tuple[Actor, Enrollment]:
    """A learner, and the enrollment in the published course.

    Args:
        also: what the table of the package says besides, as TOML.
    """
    _, _, faults = await publish_folder(SYSTEM, write_course(folder, **public(files, **also)))
    assert [fault for fault in faults if not fault.warning] == []
    learner = await make.learner(legal_name="Ada <b>Guard</b>")
    enrollment, _ = await enroll(learner, SLUG)
    return learner, enrollment


async def says(
    actor: Actor, enrollment: Enrollment, token: str, number: int = 1, **values: str
) -> Committed:
    """The package hands in *values*, each named by the end of its element, as in SCORM 1.2."""
    given = {f"cmi.core.{name}": value for name, value in values.items()}
    return await commit(actor, enrollment.id, "gates", Commit(token, number, given))
