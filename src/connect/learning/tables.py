"""What a learner has started, answered and finished."""

from enum import StrEnum

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
from connect.accounts.tables import Account
from connect.catalog.tables import Course, CourseVersion
from connect.certificates.tables import Certificate
from connect.db import uuid7
from connect.trainings.tables import Training


class EnrollmentState(StrEnum):
    ENROLLED = "enrolled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"  # a required test has no attempts left
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


OPEN = [EnrollmentState.ENROLLED, EnrollmentState.IN_PROGRESS]


class Enrollment(Table, tablename="enrollment"):
    """One person's way through one version of a course; a repetition is a new row."""

    id = UUID(primary_key=True, default=uuid7)
    learner = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict)
    version = ForeignKey(CourseVersion, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=12, default=EnrollmentState.ENROLLED)
    last_component = Varchar(length=60, null=True, default=None)  # opened last: resume here
    enrolled_at = Timestamptz(default=clock.now)
    completed_at = Timestamptz(null=True, default=None)


class Accommodation(Table, tablename="accommodation"):
    """What staff granted somebody for the quizzes of one enrollment. The learner sees what, never
    why."""

    enrollment = ForeignKey(Enrollment, primary_key=True, null=False, on_delete=OnDelete.restrict)
    extra_time_percent = Integer(default=0)
    more_attempts = Integer(default=0)
    no_time_limit = Boolean(default=False)
    private_reason = Text()
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)


class EnrollmentLanguage(Table, tablename="enrollment_language"):
    """In which language the learner reads the course, once another than its own was chosen."""

    enrollment = ForeignKey(Enrollment, primary_key=True, null=False, on_delete=OnDelete.restrict)
    language = Varchar(length=20)


class Progress(Table, tablename="progress"):
    """What is recorded of one component in one enrollment."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    seconds = Integer(default=0)  # measured by the server
    last_at = Timestamptz(null=True, default=None)  # latest sign of the open span; None: closed
    beats = Integer(default=0)  # heartbeats in the open span
    done_at = Timestamptz(null=True, default=None)
    told = Varchar(length=12, default="")  # ``requirements.Told``: what a package says of itself
    progress_once = Unique([enrollment, component])


class Attention(Table, tablename="attention"):
    """Until when a learner's time is counted: a moment counts once, in whichever tab."""

    learner = ForeignKey(Account, primary_key=True, null=False, on_delete=OnDelete.restrict)
    counted_until = Timestamptz(default=clock.now)


class AttemptState(StrEnum):
    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    EXPIRED = "expired"


class Attempt(Table, tablename="attempt"):
    """One try at one quiz. Rows are never deleted; a retry is a new row."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    number = Integer()  # 1, 2, 3 in this enrollment and quiz
    seed = BigInt()  # what the drawing and shuffling came from
    questions = JSON()  # [[question id, [names of what it shows, in order]]]
    state = Varchar(length=10, default=AttemptState.OPEN)
    started_at = Timestamptz(default=clock.now)
    expires_at = Timestamptz(null=True, default=None)
    submitted_at = Timestamptz(null=True, default=None)
    score = Integer(null=True, default=None)  # per cent
    result = JSON(default="{}")  # the answer to the submission, to be given again
    attempt_number_once = Unique([enrollment, component, number])


class Answer(Table, tablename="answer"):
    """What the learner last answered to one question of one attempt."""

    id = UUID(primary_key=True, default=uuid7)
    attempt = ForeignKey(Attempt, null=False, on_delete=OnDelete.restrict)
    question = Varchar(length=60)
    given = JSON()  # {field of the kind: value}, named as the course does: see ``answers``
    saved_at = Timestamptz(default=clock.now)
    answer_once = Unique([attempt, question])


class EvaluationResponse(Table, tablename="evaluation_response"):
    """A learner's view of a course. Names the enrollment only so that there is one of each."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, unique=True, on_delete=OnDelete.restrict)
    day = Date()  # in the learner's zone
    discipline = Varchar(length=30, null=True, default=None)  # as they were on the day
    state = Varchar(length=2, null=True, default=None)
    marks = JSON()  # {question id: [option ids]}
    texts = JSON()  # {question id: own words}


class Completion(Table, tablename="completion"):
    """The fact that an enrollment met every requirement. Never changed, never deleted."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, unique=True, on_delete=OnDelete.restrict)
    learner = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    day = Date()  # in the learner's zone
    zone = Varchar(length=60)
    minutes = Integer()
    completed_at = Timestamptz(default=clock.now)
    certificate = ForeignKey(Certificate, null=False, unique=True, on_delete=OnDelete.restrict)
    training = ForeignKey(Training, null=True, default=None, on_delete=OnDelete.restrict)


class OverrideKind(StrEnum):
    MET = "met"  # the component counts as done
    REOPENED = "reopened"  # all attempts at the test are given anew


class Override(Table, tablename="override"):
    """Staff's word on one component of one enrollment. Withdrawn, never deleted (R4)."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict, index=True)
    component = Varchar(length=60)
    kind = Varchar(length=10, default=OverrideKind.MET)
    reason = Text()  # the learner is told
    evidence = Text()  # what it is founded on
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    withdrawn_by = UUID(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
    withdrawal_reason = Text(default="")


class CarriedComponent(Table, tablename="carried_component"):
    """A component that has not changed since an earlier completion, and need not be taken again."""

    id = UUID(primary_key=True, default=uuid7)
    enrollment = ForeignKey(Enrollment, null=False, on_delete=OnDelete.restrict)
    component = Varchar(length=60)
    completion = ForeignKey(Completion, null=False, on_delete=OnDelete.restrict)
    carried_component_once = Unique([enrollment, component])
