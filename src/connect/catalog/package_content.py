"""A checked package, in the shape that a course version stores of it: what its manifest says."""

from decimal import Decimal
from enum import StrEnum

import msgspec


class Standard(StrEnum):
    SCORM_12 = "scorm-1.2"
    SCORM_2004 = "scorm-2004"
    CMI5 = "cmi5"


class MoveOn(StrEnum):
    """What a unit of cmi5 needs to be satisfied (cmi5, section 13.1.4)."""

    PASSED = "Passed"
    COMPLETED = "Completed"
    COMPLETED_AND_PASSED = "CompletedAndPassed"
    COMPLETED_OR_PASSED = "CompletedOrPassed"
    NOT_APPLICABLE = "NotApplicable"


class Unit(msgspec.Struct, frozen=True):
    """One part that is launched by itself: a SCO, an asset, or an AU. All texts are plain."""

    id: str  # as the manifest has it
    title: str
    launch: str  # path inside the package
    query: str = ""  # what follows the path, with "?" or "#"
    tracked: bool = True  # it reports; an asset does not
    launch_data: str = ""
    # SCORM 1.2: 0 to 100 raw; SCORM 2004: -1 to 1 scaled; cmi5: 0 to 1 scaled. None: not asked.
    pass_score: Decimal | None = None
    completion_threshold: Decimal | None = None  # SCORM 2004: share of progress that completes
    move_on: MoveOn = MoveOn.NOT_APPLICABLE  # cmi5
    entitlement_key: str = ""  # cmi5


class Package(msgspec.Struct, frozen=True):
    standard: Standard
    title: str
    units: list[Unit]  # in the manifest's order, at least one; a unit is named by its place, from 1
    sha256: str = ""  # of the ZIP, 64 hexadecimal digits
