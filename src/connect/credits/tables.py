"""What boards give for courses, and the accreditations that allow a unit its name."""

from piccolo.columns import JSON, UUID, Date, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock
from connect.catalog.tables import Course
from connect.db import uuid7


class Accreditation(Table, tablename="accreditation"):
    """That a body lets us award units by certain names, from one day to another."""

    id = UUID(primary_key=True, default=uuid7)
    body = Varchar(length=80)  # who accredits: "IACET"
    number = Varchar(length=60, default="")  # ours, with that body
    kinds = JSON(default="[]")  # names of units: ["IACET CEU"]
    since = Date()
    until = Date(null=True, default=None)  # last day
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)


class CreditOffer(Table, tablename="credit_offer"):
    """Credit that a board of a state gives for a course, from one day to another.

    Beside what the course's own folder says. What certificates print stays as it was printed.
    """

    id = UUID(primary_key=True, default=uuid7)
    course = ForeignKey(Course, null=False, on_delete=OnDelete.restrict, index=True)
    state = Varchar(length=2)
    board = Varchar(length=80)
    course_number = Varchar(length=60, default="")  # the board's
    minutes = Integer()  # countable
    kind = Varchar(length=40, default="contact hours")
    since = Date()
    until = Date(null=True, default=None)  # last day
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
