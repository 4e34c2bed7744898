"""Certificates as issued."""

from enum import StrEnum

from piccolo.columns import (
    JSON,
    UUID,
    Date,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.agencies.tables import Agency
from connect.db import uuid7


class CertificateKind(StrEnum):
    COURSE = "course"
    PATH = "path"
    EVENT = "event"
    AGENCY = "agency"
    PRESENTER = "presenter"


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
    """One certificate, of a person or of an agency. Its facts never change; its PDF is drawn from
    them once.

    Of the certificates for one thing (``source_kind``, ``source``) one stands; the others are
    superseded (partial index ``certificate_source_standing``).
    """

    id = UUID(primary_key=True, default=uuid7)
    number = Varchar(length=20, unique=True)  # C-2026-000001
    code = Varchar(length=26, unique=True)  # 128 random bits, Crockford base32
    kind = Varchar(length=10, default=CertificateKind.COURSE)
    holder = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=200)  # of the holder or the agency, as it stood
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
    supersedes = UUID(null=True, default=None, unique=True)  # the certificate before this one
    reissue_reason = Text(default="")  # staff's
    expires_on = Date(null=True, default=None)  # the first day on which it is not valid
    revoked_on = Date(null=True, default=None)  # in the organization's zone
    revocation_reason = Text(default="")


class ProposalState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    OVER = "over"  # never stored: nobody decided in time


class RevocationProposal(Table, tablename="revocation_proposal"):
    """Several certificates that one of the staff wants revoked and another has to confirm."""

    id = UUID(primary_key=True, default=uuid7)
    numbers = JSON()  # of the certificates
    reason = Text()
    state = Varchar(length=10, default=ProposalState.OPEN)
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    decided_by = UUID(null=True, default=None)
    decided_at = Timestamptz(null=True, default=None)


class BatchState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REMOVED = "removed"  # after a week


class CertificateBatch(Table, tablename="certificate_batch"):
    """Chosen certificates as one ZIP, made by the worker."""

    id = UUID(primary_key=True, default=uuid7)
    chosen = JSON()  # how: {numbers?, agency?, course?, since?, until?}
    certificates = JSON()  # [ids], fixed when it was asked for
    total = Integer()
    done = Integer(default=0)
    state = Varchar(length=10, default=BatchState.WAITING)
    file = Varchar(length=64, null=True, default=None)  # SHA-256 of the stored ZIP
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)
    done_at = Timestamptz(null=True, default=None)


class SigningCertificate(Table, tablename="signing_certificate"):
    """A public certificate that PDFs were signed with. All of them stay: a PDF outlives its key."""

    fingerprint = Varchar(length=64, primary_key=True)  # SHA-256 of the DER, in hexadecimal
    pem = Text()
    first_used_at = Timestamptz(default=clock.now)
