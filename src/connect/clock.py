"""The only reader of the clock. Tests replace ``now``'s source; nothing else does."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from connect.config import settings


def _system() -> datetime:
    return datetime.now(UTC)


source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return source()


def day_in(zone: str, moment: datetime) -> date:
    """The calendar day of *moment* in the IANA *zone*."""
    return moment.astimezone(ZoneInfo(zone)).date()


def today() -> date:
    """The day it is for the organization: periods, terms and rosters go by it."""
    return day_in(settings().time_zone, now())


def midnight(zone: str, day: date) -> datetime:
    """When *day* begins in the IANA *zone*."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def months_after(day: date, months: int) -> date:
    """The same day of the month so many *months* later; where it has none, its last day.

    January 31 and one month is February 28; February 29 and twelve months is February 28 (R21).
    Negative *months* lead backward.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
