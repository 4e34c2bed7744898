"""What was written to whom, and who wants what."""

from enum import StrEnum

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from connect import clock
from connect.db import uuid7


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up; shown to administrators
    KEPT = "kept"  # its kind is switched off: it stands among the notices, and is never sent
    HELD = "held"  # beyond the burst limit; administrators decide
    DISCARDED = "discarded"  # was held; is neither sent nor shown to its reader


TO_LEAVE = (MailState.WAITING, MailState.HELD)  # not sent yet


class Mail(Table, tablename="mail"):
    """One mail as worded when its cause happened; with an account, one of its notices too."""

    id = UUID(primary_key=True, default=uuid7)
    to = Varchar(length=254)
    subject = Varchar(length=200)
    body = Text()  # sealed while it holds a token, and blanked once such a mail has left
    sealed = Boolean(default=False)
    state = Varchar(length=10, default=MailState.WAITING)
    tries = Integer(default=0)
    written_at = Timestamptz(default=clock.now, index=True)
    sent_at = Timestamptz(null=True, default=None)
    trouble = Text(null=True, default=None)  # what the last try met
    kind = Varchar(length=60, default="")  # of mail.kinds; empty: older than the kinds
    account = UUID(null=True, default=None)  # whose notice it is
    once = Varchar(length=200, null=True, default=None, unique=True)  # at most one mail with it
    read_at = Timestamptz(null=True, default=None)
    passed_at = Timestamptz(null=True, default=None)  # the burst limit
    released_at = Timestamptz(null=True, default=None)  # by an administrator: held or failed before


class MailPreference(Table, tablename="mail_preference"):
    """That somebody wants a kind of mail, or does not; without a row it is wanted."""

    id = UUID(primary_key=True, default=uuid7)
    account = UUID()
    kind = Varchar(length=60)
    wanted = Boolean(default=True)
    mail_preference_once = Unique([account, kind])


class MailBurst(Table, tablename="mail_burst"):
    """A kind of mail; its row is locked while what left within the hour is counted."""

    kind = Varchar(length=60, primary_key=True)
    event = UUID(null=True, default=None)  # of the burst that waits for a decision
