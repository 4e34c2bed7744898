"""Packages as they are taken: launches, what each part keeps, and the log of its commits."""

from piccolo.columns import JSON, UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.db import uuid7
from connect.learning.tables import Enrollment


class PackageLaunch(Table, tablename="package_launch"):
    """One start of one part of a package, and the token under which its files are given out."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict, index=True)
    component = Varchar(length=60)
    unit = Integer()  # its place in the package, from 1
    package = Varchar(length=64)  # SHA-256 of the ZIP
    token_hash = Varchar(length=64, unique=True)
    made_at = Timestamptz(default=clock.now)
    expires_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)  # the package said that it ended
    said_seconds = Integer(default=0)  # session time as the package says: evidence, never counted


class PackageState(Table, tablename="package_state"):
    """What one part of a package keeps in one enrollment, and says of it. The learner's claim."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    unit = Integer()
    kept = JSON(default="{}")  # {element of the data model: text}
    told = Varchar(length=12, default="")  # ``learning.requirements.Told``
    score = Varchar(length=20, default="")  # per cent, as a decimal; empty: none reported
    changed_at = Timestamptz(default=clock.now)
    package_state_once = Unique([enrollment, component, unit])


class PackageCommit(Table, tablename="package_commit"):
    """What a package handed in at once, and what of it was refused. Never changed."""

    id = UUID(primary_key=True, default=uuid7)
    launch = ForeignKey(PackageLaunch, null=False, on_delete=OnDelete.restrict)
    number = Integer()  # of the browser, from 1; the same again is answered, not taken
    at = Timestamptz(default=clock.now)
    given = JSON()  # {element: text}
    refused = Text(default="")  # lines of "element: why"
    package_commit_once = Unique([launch, number])
