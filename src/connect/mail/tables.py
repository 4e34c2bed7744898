"""The outbox."""

from enum import StrEnum

from piccolo.columns import UUID, Boolean, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock
from connect.db import uuid7


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # given up; shown to administrators


class Mail(Table, tablename="mail"):
    """One mail as worded when its cause happened."""

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
