"""Of the register: tables that hold nothing about anybody."""

from connect.agencies import tables as agencies
from connect.audit import AuditAnchor, AuditHead
from connect.catalog import tables as catalog
from connect.certificates import tables as certificates
from connect.limits import RateLimit
from connect.mail.tables import MailBurst
from connect.records.register import Holding
from connect.records.whose import nobody

ABOUT_NOBODY = [
    Holding(table=agencies.AgencyDomain, whose=nobody, none="domain is_its_alone made_at agency"),
    Holding(table=MailBurst, whose=nobody, none="kind event", pseudonym=""),
    Holding(table=catalog.Course, whose=nobody, none="slug"),
    Holding(
        table=catalog.CourseVersion,
        whose=nobody,
        none="course number hash is_current code title language contact_minutes disciplines topics "
        "words content reviewed_on published_at",
    ),
    Holding(table=catalog.CourseFile, whose=nobody, none="version path sha256 size"),
    Holding(
        table=catalog.PackageFile,
        whose=nobody,
        none="package path sha256 content_type size",
    ),
    Holding(
        table=catalog.CourseMedia,
        whose=nobody,
        none="sha256 content_type size is_public",
        pseudonym="",
    ),
    Holding(
        table=certificates.SigningCertificate,
        whose=nobody,
        none="fingerprint pem first_used_at",
        pseudonym="",
    ),
    Holding(table=certificates.NumberSeries, whose=nobody, none="year last", pseudonym=""),
    Holding(table=AuditHead, whose=nobody, none="id number seal", pseudonym=""),
    Holding(table=AuditAnchor, whose=nobody, none="number seal at", pseudonym=""),
    # Keys are hashes of purpose and subject, forgotten within a day.
    Holding(table=RateLimit, whose=nobody, none="hits until", pseudonym="key"),
]
