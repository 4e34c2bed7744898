"""What people let others see of their transcript, by a link of limited life."""

from enum import StrEnum

from piccolo.columns import JSON, UUID, Date, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock
from connect.accounts.tables import Account
from connect.db import uuid7


class ScopeKind(StrEnum):
    ALL = "all"
    SINCE = "since"  # completed on a day or later
    CHOSEN = "chosen"  # rows by id


class TranscriptShare(Table, tablename="transcript_share"):
    """One link. It outlives the account's closure, not its erasure."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    token_hash = Varchar(length=64, unique=True)
    scope = Varchar(length=10, default=ScopeKind.ALL)
    since = Date(null=True, default=None)
    chosen = JSON(default="[]")  # ids of completions
    expires_on = Date()  # the last day on which it works, in the holder's zone
    made_at = Timestamptz(default=clock.now)
    last_seen_at = Timestamptz(null=True, default=None)  # set once a day
    ended_at = Timestamptz(null=True, default=None)  # by its holder, or after its last day
