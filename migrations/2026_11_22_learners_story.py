"""What the learner's story needs: from registering to a number in a report.

The classes are the tables as they were on that day; later changes are later files.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
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

from connect.db import uuid7

ID = "2026-11-22T13:32:50:467538"
VERSION = "1.38.0"
DESCRIPTION = "learners story"


def now() -> None:
    """Stands for connect.clock.now, which makes the value; the schema needs only its name."""


class AuditEvent(Table, tablename="audit_event"):
    id = UUID(primary_key=True, default=uuid7)
    at = Timestamptz(default=now)
    actor = UUID(null=True, default=None)
    act = Varchar(length=60)
    subject_kind = Varchar(length=40)
    subject = Varchar(length=80, index=True)
    details = JSON()
    request = Varchar(length=40)


class IdempotencyKey(Table, tablename="idempotency_key"):
    id = UUID(primary_key=True, default=uuid7)
    actor = Varchar(length=40)
    route = Varchar(length=200)
    key = Varchar(length=200)
    body_sha256 = Varchar(length=64)
    status = Integer()
    answer = Text()
    made_at = Timestamptz(default=now, index=True)
    idempotency_key_once = Unique([actor, route, key])


class Job(Table, tablename="job"):
    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=60)
    facts = JSON()
    key = Varchar(length=120, null=True, default=None, unique=True)
    run_at = Timestamptz(default=now)
    leased_until = Timestamptz(null=True, default=None)
    attempts = Integer()
    done_at = Timestamptz(null=True, default=None)
    error = Text(null=True, default=None)


class RateLimit(Table, tablename="rate_limit"):
    key = Varchar(length=64, primary_key=True)
    hits = JSON(default="[]")
    until = Timestamptz(default=now, index=True)


class Mail(Table, tablename="mail"):
    id = UUID(primary_key=True, default=uuid7)
    to = Varchar(length=254)
    subject = Varchar(length=200)
    body = Text()
    sealed = Boolean()
    state = Varchar(length=10, default="waiting")
    tries = Integer()
    written_at = Timestamptz(default=now, index=True)
    sent_at = Timestamptz(null=True, default=None)
    trouble = Text(null=True, default=None)


class Course(Table, tablename="course"):
    id = UUID(primary_key=True, default=uuid7)
    slug = Varchar(length=60, unique=True)


class CourseMedia(Table, tablename="course_media"):
    sha256 = Varchar(length=64, primary_key=True)
    content_type = Varchar(length=60)
    size = BigInt()


class Account(Table, tablename="account"):
    id = UUID(primary_key=True, default=uuid7)
    email = Varchar(length=254, unique=True)
    status = Varchar(length=20, default="pending_email")
    password_hash = Text()
    legal_name = Varchar(length=120)
    certificate_name = Varchar(length=120)
    discipline = Varchar(length=30, null=True, default=None)
    title = Varchar(length=120)
    state = Varchar(length=2, null=True, default=None)
    time_zone = Varchar(length=60)
    made_at = Timestamptz(default=now)
    proved_at = Timestamptz(null=True, default=None)


class NumberSeries(Table, tablename="number_series"):
    year = Integer(primary_key=True)
    last = Integer()


class Training(Table, tablename="training"):
    id = UUID(primary_key=True, default=uuid7)
    person = UUID()
    day = Date(index=True)
    mode = Varchar(length=20)
    minutes = Integer()
    course = Varchar(length=60)
    course_title = Varchar(length=200)
    version = Integer()
    discipline = Varchar(length=30, null=True, default=None)
    state = Varchar(length=2, null=True, default=None)
    title = Varchar(length=120, null=True, default=None)
    agency = UUID(null=True, default=None)
    agency_name = Varchar(length=200, null=True, default=None)
    source_kind = Varchar(length=20)
    source = UUID()
    recorded_at = Timestamptz(default=now)
    training_source_once = Unique([source_kind, source])


class CourseVersion(Table, tablename="course_version"):
    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict)
    number = Integer()
    hash = Varchar(length=64)
    is_current = Boolean(default=True)
    code = Varchar(length=60)
    title = Varchar(length=200)
    language = Varchar(length=20)
    contact_minutes = Integer()
    disciplines = Text()
    topics = Text()
    words = Text()
    content = JSON()
    reviewed_on = Date(null=True, default=None)
    published_at = Timestamptz(default=now)
    course_version_hash = Unique([course, hash])
    course_version_number = Unique([course, number])


class ApiToken(Table, tablename="api_token"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.cascade)
    token_hash = Varchar(length=64, unique=True)
    name = Varchar(length=120)
    scopes = JSON(default="[]")
    made_at = Timestamptz(default=now)
    expires_at = Timestamptz(default=now)


class OneTimeLink(Table, tablename="one_time_link"):
    token_hash = Varchar(length=64, primary_key=True)
    kind = Varchar(length=10)
    account = ForeignKey(Account, null=True, index=True, on_delete=OnDelete.cascade)
    expires_at = Timestamptz(default=now)
    used_at = Timestamptz(null=True, default=None)


class RoleGrant(Table, tablename="role_grant"):
    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    role = Varchar(length=30)
    agency = UUID(null=True, default=None)
    granted_by = UUID(null=True, default=None)
    granted_at = Timestamptz(default=now)
    role_grant_once = Unique([account, role, agency])


class Session(Table, tablename="session"):
    id_hash = Varchar(length=64, primary_key=True)
    account = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.cascade)
    made_at = Timestamptz(default=now)
    last_seen_at = Timestamptz(default=now)
    expires_at = Timestamptz(default=now)
    network = Varchar(length=60)


class Certificate(Table, tablename="certificate"):
    id = UUID(primary_key=True, default=uuid7)
    number = Varchar(length=20, unique=True)
    code = Varchar(length=26, unique=True)
    kind = Varchar(length=10, default="course")
    holder = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    name = Varchar(length=120)
    title = Varchar(length=200)
    minutes = Integer()
    issued_on = Date()
    status = Varchar(length=10, default="valid")
    facts = Text()
    digest = Varchar(length=64)
    pdf = Varchar(length=64, null=True, default=None)
    source_kind = Varchar(length=20)
    source = UUID()
    issued_at = Timestamptz(default=now)
    certificate_source_once = Unique([source_kind, source])


class Attention(Table, tablename="attention"):
    learner = ForeignKey(Account, primary_key=True, null=False, on_delete=OnDelete.restrict)
    counted_until = Timestamptz(default=now)


class Enrollment(Table, tablename="enrollment"):
    id = UUID(primary_key=True, default=uuid7)
    learner = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict)
    version = ForeignKey(CourseVersion, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=12, default="enrolled")
    last_component = Varchar(length=60, null=True, default=None)
    enrolled_at = Timestamptz(default=now)
    completed_at = Timestamptz(null=True, default=None)


class Attempt(Table, tablename="attempt"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    number = Integer()
    seed = BigInt()
    questions = JSON()
    state = Varchar(length=10, default="open")
    started_at = Timestamptz(default=now)
    expires_at = Timestamptz(null=True, default=None)
    submitted_at = Timestamptz(null=True, default=None)
    score = Integer(null=True, default=None)
    result = JSON()
    attempt_number_once = Unique([enrollment, component, number])


class Completion(Table, tablename="completion"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, unique=True, on_delete=OnDelete.restrict)
    learner = ForeignKey(Account, null=False, index=True, on_delete=OnDelete.restrict)
    day = Date()
    zone = Varchar(length=60)
    minutes = Integer()
    completed_at = Timestamptz(default=now)
    certificate = ForeignKey(Certificate, null=False, unique=True, on_delete=OnDelete.restrict)
    training = ForeignKey(Training, null=True, on_delete=OnDelete.restrict)


class Progress(Table, tablename="progress"):
    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    seconds = Integer()
    last_at = Timestamptz(null=True, default=None)
    beats = Integer()
    done_at = Timestamptz(null=True, default=None)
    progress_once = Unique([enrollment, component])


class Answer(Table, tablename="answer"):
    id = UUID(primary_key=True, default=uuid7)
    attempt = ForeignKey(Attempt, null=False, on_delete=OnDelete.restrict)
    question = Varchar(length=60)
    choices = JSON()
    saved_at = Timestamptz(default=now)
    answer_once = Unique([attempt, question])


TABLES = [
    AuditEvent,
    IdempotencyKey,
    Job,
    RateLimit,
    Mail,
    Course,
    CourseMedia,
    Account,
    NumberSeries,
    Training,
    CourseVersion,
    ApiToken,
    OneTimeLink,
    RoleGrant,
    Session,
    Certificate,
    Attention,
    Enrollment,
    Attempt,
    Completion,
    Progress,
    Answer,
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)
    for table in TABLES:
        name, tablename = table.__name__, table._meta.tablename
        manager.add_table(name, tablename)
        for column in table._meta.non_default_columns:
            manager.add_column(
                table_class_name=name,
                tablename=tablename,
                column_name=column._meta.name,
                db_column_name=column._meta.db_column_name,
                column_class_name=type(column).__name__,
                column_class=type(column),
                params=column._meta.params,
            )
        for constraint in table._meta.constraints:
            manager.add_constraint(
                table_class_name=name,
                tablename=tablename,
                constraint_name=constraint._meta._name,
                constraint_class=type(constraint),
                params=constraint._meta.params,
            )
    return manager
