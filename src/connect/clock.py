"""The only reader of the clock. Tests replace ``now``'s source; nothing else does."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def _system() -> datetime:
    return datetime.now(UTC)


source: Callable[[], datetime] = _system


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return source()


def day_in(zone: str, moment: datetime) -> date:
    """The calendar day of *moment* in the IANA *zone*."""
    return moment.astimezone(ZoneInfo(zone)).date()


def midnight(zone: str, day: date) -> datetime:
    """When *day* begins in the IANA *zone*."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
