"""Courses and their immutable versions."""

from piccolo.columns import (
    JSON,
    UUID,
    BigInt,
    Boolean,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.db import uuid7


class Course(Table, tablename="course"):
    """A course through all its versions."""

    id = UUID(primary_key=True, default=uuid7)
    slug = Varchar(length=60, unique=True)


class CourseVersion(Table, tablename="course_version"):
    """What a course was made of at one publishing. Never changed, but for ``is_current``."""

    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict)
    number = Integer()  # 1, 2, 3 in order of publishing
    hash = Varchar(length=64)  # SHA-256 over the folder
    is_current = Boolean(default=True)
    code = Varchar(length=60, default="")
    title = Varchar(length=200)
    language = Varchar(length=20)
    contact_minutes = Integer()
    disciplines = Text()  # "|law-enforcement|educator|", so that LIKE finds one on every engine
    topics = Text()
    words = Text()  # title, summary, code, topics in lower case, for the search
    content = JSON()  # connect.catalog.content.CourseContent
    reviewed_on = Date(null=True, default=None)
    published_at = Timestamptz(default=clock.now)
    course_version_hash = Unique([course, hash])
    course_version_number = Unique([course, number])


class CourseMedia(Table, tablename="course_media"):
    """A file that some course version shows; its bytes are stored under the same digest."""

    sha256 = Varchar(length=64, primary_key=True)
    content_type = Varchar(length=60)
    size = BigInt()  # bytes
    is_public = Boolean(default=True)  # some public course shows it; else its learners only


class PackageFile(Table, tablename="package_file"):
    """A file of a package as it is given out; its bytes are stored under their own digest."""

    id = UUID(primary_key=True, default=uuid7)
    package = Varchar(length=64)  # SHA-256 of the ZIP
    path = Varchar(length=250)  # inside it, with "/" between
    sha256 = Varchar(length=64)
    content_type = Varchar(length=80)
    size = BigInt()  # bytes
    package_file_path = Unique([package, path])


class CourseFile(Table, tablename="course_file"):
    """A file of a version's folder; its bytes are stored under the digest.

    Versions that were published before files were kept have none, until their folder is
    published once more.
    """

    id = UUID(primary_key=True, default=uuid7)
    version = ForeignKey(CourseVersion, null=False, on_delete=OnDelete.restrict)
    path = Varchar(length=300)  # inside the course folder, with "/" between
    sha256 = Varchar(length=64, index=True)
    size = BigInt()  # bytes
    course_file_path = Unique([version, path])
