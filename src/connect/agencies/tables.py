"""Organizations: a fact that people, certificates and trainings refer to. They know no people."""

from enum import StrEnum

from piccolo.columns import (
    UUID,
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
from connect.db import uuid7


class AgencyState(StrEnum):
    DRAFT = "draft"  # opened by somebody who works there; waits for a registrar's screening
    ACTIVE = "active"
    DECLINED = "declined"
    MERGED = "merged"  # into another one, which stands for it


class Agency(Table, tablename="agency"):
    """One organization. Never deleted, because trainings are counted for it."""

    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=30)  # codes of connect.lists.AGENCY_KINDS
    name = Varchar(length=200)
    ori = Varchar(length=9, null=True, default=None)  # of law enforcement, given by the FBI
    psap_id = Varchar(length=10, null=True, default=None)  # of 911 centers, given by the FCC
    state = Varchar(length=2)
    county = Varchar(length=120, default="")
    parent = UUID(null=True, default=None)
    status = Varchar(length=10, default=AgencyState.ACTIVE)
    merged_into = UUID(null=True, default=None)
    words = Text()  # name, county, ORI in lower case, for the search
    opened_by = UUID(null=True, default=None)  # account that brought it; None: an import
    opened_at = Timestamptz(default=clock.now)
    screened_by = UUID(null=True, default=None)
    screened_at = Timestamptz(null=True, default=None)
    reason = Text(default="")  # why it was declined


class AgencyDomain(Table, tablename="agency_domain"):
    """An e-mail domain that proves employment at an agency."""

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict)
    domain = Varchar(length=253, index=True)  # lower case; sub-domains count only when listed
    is_its_alone = Boolean(default=True)  # no other agency's people have it
    made_at = Timestamptz(default=clock.now)
    agency_domain_once = Unique([agency, domain])


class AgencyCode(Table, tablename="agency_code"):
    """A code that an agency hands to its people; whoever has it works there."""

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    code_hash = Varchar(length=64, unique=True)
    max_uses = Integer()
    uses = Integer(default=0)
    expires_at = Timestamptz(default=clock.now)
    made_by = UUID()
    made_at = Timestamptz(default=clock.now)


class PsapLevel(StrEnum):
    PRIMARY = "primary"
    SECONDARY = "secondary"


class EccScope(StrEnum):
    LAW_ENFORCEMENT_ONLY = "law-enforcement-only"
    CONSOLIDATED = "consolidated"


class AgencyProfile(Table, tablename="agency_profile"):
    """What an agency was like on one day. A later one does not change an earlier one."""

    id = UUID(primary_key=True, default=uuid7)
    agency = ForeignKey(Agency, null=False, on_delete=OnDelete.restrict, index=True)
    as_of = Date()
    population = Integer(null=True, default=None)  # people in the jurisdiction
    population_source = Varchar(length=120, default="")
    population_year = Integer(null=True, default=None)
    employees = Integer(null=True, default=None)
    sworn = Integer(null=True, default=None)
    psap_level = Varchar(length=10, null=True, default=None)
    ecc_scope = Varchar(length=24, null=True, default=None)
    yearly_calls = Integer(null=True, default=None)
    positions = Integer(null=True, default=None)  # telecommunicators
    work_stations = Integer(null=True, default=None)
    agencies_served = Integer(null=True, default=None)
    recorded_by = UUID(null=True, default=None)
    recorded_at = Timestamptz(default=clock.now)
