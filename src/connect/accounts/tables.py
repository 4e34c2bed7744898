"""People's accounts, and how they get in."""

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
from connect.agencies.tables import Agency
from connect.db import uuid7


class AccountStatus(StrEnum):
    PENDING_EMAIL = "pending_email"
    ACTIVE_UNVERIFIED = "active_unverified"
    ACTIVE_VERIFIED = "active_verified"
    REVERIFY_DUE = "reverify_due"  # the verification ran out
    SUSPENDED = "suspended"
    CLOSED = "closed"
    MERGED = "merged"  # into another one of the same person
    ERASED = "erased"


class Account(Table, tablename="account"):
    """One person who signs in. Never deleted, because training records point here."""

    id = UUID(primary_key=True, default=uuid7)
    email = Varchar(length=254, unique=True)  # lower case; signs in. Its id once there is none
    status = Varchar(length=20, default=AccountStatus.PENDING_EMAIL)
    password_hash = Text()
    legal_name = Varchar(length=120)
    certificate_name = Varchar(length=120, default="")  # empty: the legal name
    discipline = Varchar(length=30, null=True, default=None)  # codes of connect.lists
    title = Varchar(length=120, default="")
    state = Varchar(length=2, null=True, default=None)
    time_zone = Varchar(length=60)  # IANA
    made_at = Timestamptz(default=clock.now)
    proved_at = Timestamptz(null=True, default=None)  # of the address: a registered user since
    verified_at = Timestamptz(null=True, default=None)  # as a professional
    attested_at = Timestamptz(null=True, default=None)  # that the person is 18 or older
    reverify_since = Timestamptz(null=True, default=None)  # when the verification ran out
    code_tries = Integer(default=0)  # of second factors, since the last right one
    suspended_at = Timestamptz(null=True, default=None)
    suspension_reason = Text(default="")
    merged_into = UUID(null=True, default=None)  # the account that stands for this one
    # Closed, merged away or erased, whichever came first: no registered user from that day on.
    ended_at = Timestamptz(null=True, default=None)
    erased_at = Timestamptz(null=True, default=None)
    held_at = Timestamptz(null=True, default=None)  # a legal hold: nothing of it is deleted
    hold_reason = Text(default="")


class Address(Table, tablename="address"):
    """An address besides the one that signs in. It counts once it is proved.

    Anybody may add what is not proved; of proved ones, those that sign in included, each belongs
    to one account (``addresses.held_by`` makes the two tables one).
    """

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    email = Varchar(length=254, index=True)  # lower case
    added_at = Timestamptz(default=clock.now)
    proved_at = Timestamptz(null=True, default=None)
    address_once = Unique([account, email])


class ProfessionalIdKind(StrEnum):
    POST = "post"
    PID = "pid"
    LICENSE = "license"


class ProfessionalId(Table, tablename="professional_id"):
    """The number by which a state's board knows somebody."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    state = Varchar(length=2)
    kind = Varchar(length=10)
    value = Text()  # sealed
    changed_at = Timestamptz(default=clock.now)
    professional_id_once = Unique([account, state, kind])


class Session(Table, tablename="session"):
    """One browser that is signed in."""

    id_hash = Varchar(length=64, primary_key=True)  # SHA-256 of the cookie's 256 random bits
    account = ForeignKey(Account, null=False, on_delete=OnDelete.cascade, index=True)
    made_at = Timestamptz(default=clock.now)
    last_seen_at = Timestamptz(default=clock.now)
    expires_at = Timestamptz(default=clock.now)
    network = Varchar(length=60, default="")
    browser = Varchar(length=60, default="")  # in words: Firefox on Windows
    factor_at = Timestamptz(null=True, default=None)  # None: no second factor was passed
    fresh_at = Timestamptz(null=True, default=None)  # last proof of who it is; None: at made_at


class Scope(StrEnum):
    """What an API token that is given one may do, of what its owner may."""

    READ = "read"


class ApiToken(Table, tablename="api_token"):
    """A key with which a program acts as its owner."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.cascade, index=True)
    token_hash = Varchar(length=64, unique=True)
    name = Varchar(length=120, default="")
    scopes = JSON(default="[]")  # none: everything that its owner may; others: reading only
    made_at = Timestamptz(default=clock.now)
    expires_at = Timestamptz(default=clock.now)
    factor_at = Timestamptz(null=True, default=None)  # both as of a session
    fresh_at = Timestamptz(null=True, default=None)


class FactorKind(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"


class Factor(Table, tablename="factor"):
    """What somebody has besides the password: an authenticator app or a passkey."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=10)
    name = Varchar(length=120, default="")
    secret = Text(default="")  # of an app, base32, sealed
    last_step = BigInt(default=0)  # 30 seconds each since 1970: its code and all before are spent
    credential = Text(null=True, default=None, unique=True)  # id of a passkey, base64url
    public_key = Text(default="")  # COSE, base64url
    sign_count = BigInt(default=0)  # uses that the passkey counted; 0: it does not count
    made_at = Timestamptz(default=clock.now)
    confirmed_at = Timestamptz(null=True, default=None)  # None: not in use yet
    used_at = Timestamptz(null=True, default=None)


class RecoveryCode(Table, tablename="recovery_code"):
    """Stands in for a factor that is not at hand, once."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.cascade, index=True)
    code_hash = Varchar(length=64, unique=True)  # SHA-256 of 120 random bits
    made_at = Timestamptz(default=clock.now)
    used_at = Timestamptz(null=True, default=None)


class LinkKind(StrEnum):
    PROVE = "prove"
    RESET = "reset"
    SETUP = "setup"
    SPONSOR = "sponsor"
    ADDRESS = "address"  # proves one besides that which signs in
    INVITE = "invite"


class OneTimeLink(Table, tablename="one_time_link"):
    """A mailed link, good for one use."""

    token_hash = Varchar(length=64, primary_key=True)
    kind = Varchar(length=10)
    account = ForeignKey(Account, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    about = UUID(null=True, default=None)  # a row that the link decides on
    expires_at = Timestamptz(default=clock.now)
    used_at = Timestamptz(null=True, default=None)


class RoleGrant(Table, tablename="role_grant"):
    """A role that an account holds, for the whole site or for one agency."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict)
    role = Varchar(length=30)
    agency = UUID(null=True, default=None)  # None: the whole site
    granted_by = UUID(null=True, default=None)  # None: the command line or the setup link
    granted_at = Timestamptz(default=clock.now)
    role_grant_once = Unique([account, role, agency])


class Affiliation(Table, tablename="affiliation"):
    """That a person works for an agency, from one day to another."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    title = Varchar(length=120, default="")
    discipline = Varchar(length=30, null=True, default=None)
    category = Varchar(length=20, null=True, default=None)  # of connect.lists.ROSTER_CATEGORIES
    is_supervisor = Boolean(default=False)
    is_primary = Boolean(default=True)  # which of two is meant when nobody says
    since = Date()
    until = Date(null=True, default=None)  # last day; None: still there
    consented_at = Timestamptz(null=True, default=None)  # to show required courses to coordinators
    made_at = Timestamptz(default=clock.now)


class CaseRoute(StrEnum):
    DOMAIN = "domain"
    CODE = "code"
    SPONSOR = "sponsor"
    DOCUMENT = "document"


class CaseState(StrEnum):
    OPEN = "open"  # waits for a registrar
    WAITING_SPONSOR = "waiting_sponsor"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"


class EligibilityCase(Table, tablename="eligibility_case"):
    """Somebody's wish to be verified, and what became of it. Never decided by oneself."""

    id = UUID(primary_key=True, default=uuid7)
    account = ForeignKey(Account, null=False, on_delete=OnDelete.restrict, index=True)
    route = Varchar(length=10)
    state = Varchar(length=16)
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict)
    sponsor_email = Varchar(length=254, default="")
    explanation = Text(default="")  # why there is no agency address
    document = Varchar(length=64, null=True, default=None)  # SHA-256 of a stored file, sealed
    document_kind = Varchar(length=4, null=True, default=None)  # of uploads.TYPES
    document_size = Integer(null=True, default=None)  # bytes, before it was sealed
    opened_at = Timestamptz(default=clock.now)
    decided_at = Timestamptz(null=True, default=None)
    decided_by = UUID(null=True, default=None)  # account; None: a rule or a sponsor
    reason = Text(default="")


class Invitation(Table, tablename="invitation"):
    """That somebody was asked to join, an agency or the site. One is open for each of them."""

    id = UUID(primary_key=True, default=uuid7)
    email = Varchar(length=254)  # lower case
    agency = ForeignKey(Agency, null=True, default=None, on_delete=OnDelete.restrict, index=True)
    legal_name = Varchar(length=120, default="")  # as the inviter wrote it
    title = Varchar(length=120, default="")
    category = Varchar(length=20, null=True, default=None)  # of connect.lists.ROSTER_CATEGORIES
    note = Text(default="")  # stands in the mail
    invited_by = UUID()
    sent_at = Timestamptz(default=clock.now)
    expires_at = Timestamptz(default=clock.now)
    accepted_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)
