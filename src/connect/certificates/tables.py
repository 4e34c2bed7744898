"""Certificates as issued."""

from enum import StrEnum

from piccolo.columns import UUID, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.db import uuid7


class CertificateKind(StrEnum):
    COURSE = "course"


class CertificateStatus(StrEnum):
    VALID = "valid"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    EXPIRED = "expired"


class NumberSeries(Table, tablename="number_series"):
    """The last number given out in a year. A number is never given out twice."""

    year = Integer(primary_key=True)
    last = Integer(default=0)


class Certificate(Table, tablename="certificate"):
    """One certificate. Its facts never change; its PDF is drawn from them once."""

    id = UUID(primary_key=True, default=uuid7)
    number = Varchar(length=20, unique=True)  # C-2026-000001
    code = Varchar(length=26, unique=True)  # 128 random bits, Crockford base32
    kind = Varchar(length=10, default=CertificateKind.COURSE)
    holder = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=120)  # of the holder, as it stood
    title = Varchar(length=200)
    minutes = Integer()
    issued_on = Date()  # in the holder's zone
    status = Varchar(length=10, default=CertificateStatus.VALID)
    facts = Text()  # canonical JSON of drawing.CertificateFacts
    digest = Varchar(length=64)  # SHA-256 of facts
    pdf = Varchar(length=64, null=True, default=None)  # SHA-256 of the stored file
    source_kind = Varchar(length=20)
    source = UUID()
    issued_at = Timestamptz(default=clock.now)
    certificate_source_once = Unique([source_kind, source])
