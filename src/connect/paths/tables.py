"""Paths, their immutable versions, and who follows or has completed one."""

from piccolo.columns import (
    JSON,
    UUID,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.certificates.tables import Certificate
from connect.db import uuid7


class Path(Table, tablename="path"):
    """A path of courses through all its versions."""

    id = UUID(primary_key=True, default=uuid7)
    slug = Varchar(length=60, unique=True)


class PathVersion(Table, tablename="path_version"):
    """What a path was at one publishing. Never changed, but for ``is_current``."""

    id = UUID(primary_key=True, default=uuid7)
    path = ForeignKey(Path, null=False, on_delete=OnDelete.restrict)
    number = Integer()  # 1, 2, 3 in order of publishing
    hash = Varchar(length=64)  # SHA-256 over the file
    is_current = Boolean(default=True)
    title = Varchar(length=200)
    content = JSON()  # connect.catalog.path_check.PathContent
    published_at = Timestamptz(default=clock.now)
    path_version_hash = Unique([path, hash])
    path_version_number = Unique([path, number])


class PathEnrollment(Table, tablename="path_enrollment"):
    """One person's way through one version of a path; a repetition is a new row."""

    id = UUID(primary_key=True, default=uuid7)
    path = ForeignKey(Path, null=False, on_delete=OnDelete.restrict)
    version = ForeignKey(PathVersion, null=False, on_delete=OnDelete.restrict)
    learner = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    enrolled_at = Timestamptz(default=clock.now)
    completed_at = Timestamptz(null=True, default=None)  # None: open; one is, for each path


class PathCompletion(Table, tablename="path_completion"):
    """The fact that every required course of a path was completed. Never changed, never deleted.

    It counts as no training: its courses do (R9).
    """

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(PathEnrollment, null=False, unique=True, on_delete=OnDelete.restrict)
    path = ForeignKey(Path, null=False, on_delete=OnDelete.restrict)
    learner = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    day = Date()  # in the learner's zone
    expires_on = Date(null=True, default=None)  # first day on which it does not count; None: never
    minutes = Integer()  # of the courses that it was made of
    completed_at = Timestamptz(default=clock.now)
    certificate = ForeignKey(
        Certificate, null=True, default=None, unique=True, on_delete=OnDelete.restrict
    )
