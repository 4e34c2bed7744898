"""Rate limits, kept in the database and therefore shared by all processes."""

import re
from datetime import timedelta
from ipaddress import ip_address, ip_network
from math import ceil

import msgspec
from piccolo.columns import JSON, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock, security
from connect.config import WrongSettings, settings
from connect.db import locked, one, transaction
from connect.errors import TooMany

DEFAULT = "sign_in=10/15m,network=30/1m,register=60/1h,verify=30/1m,mail=3/1h"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class RateLimit(Table, tablename="rate_limit"):
    """The moments at which one subject used up part of one limit, inside its window."""

    key = Varchar(length=64, primary_key=True)  # SHA-256 of purpose and subject
    hits = JSON(default="[]")  # seconds since the epoch, oldest first
    until = Timestamptz(default=clock.now, index=True)  # nothing here counts after it


def read_limits(text: str) -> dict[str, tuple[int, int]]:
    """``sign_in=10/15m,...`` as ``{purpose: (hits, seconds)}``, over the defaults.

    Raises:
        WrongSettings: a part that cannot be read.
    """
    found: dict[str, tuple[int, int]] = {}
    given = [] if text == "default" else text.split(",")
    for part in [*DEFAULT.split(","), *given]:
        fits = re.fullmatch(r"\s*(\w+)=(\d+)/(\d+)([smhd])\s*", part)
        if not fits or f"{fits[1]}=" not in DEFAULT:
            raise WrongSettings(f"CONNECT_LIMITS: {part!r} is not like sign_in=10/15m.")
        found[fits[1]] = int(fits[2]), int(fits[3]) * UNITS[fits[4]]
    return found


async def hit(*subjects: tuple[str, str]) -> None:
    """Use up one of each limit, all or none; *subjects* are (purpose, who).

    The window slides: at no moment do more hits than allowed lie within it.

    Raises:
        TooMany: a limit is used up; nothing was counted.
    """
    limits = read_limits(settings().limits)
    now = clock.now().timestamp()
    async with transaction():
        rows = []
        for purpose, subject in sorted(subjects):
            most, seconds = limits[purpose]
            row = await _row(_key(purpose, subject))
            hits = [h for h in msgspec.json.decode(row.hits, type=list[float]) if h > now - seconds]
            if len(hits) >= most:
                raise TooMany(seconds=max(1, ceil(hits[-most] + seconds - now)))
            rows.append((row, [*hits, now], seconds))
        for row, hits, seconds in rows:
            row.hits = msgspec.json.encode(hits).decode()
            row.until = clock.now() + timedelta(seconds=seconds)
            await row.save()


async def room(*subjects: tuple[str, str]) -> bool:
    """As ``hit``, for work that is silently left out: whether it may be done."""
    try:
        await hit(*subjects)
    except TooMany:
        return False
    return True


async def forgive(purpose: str, subject: str) -> None:
    """Forget what *subject* used up, as after a right password."""
    await RateLimit.delete().where(RateLimit.key == _key(purpose, subject))


async def sweep() -> None:
    """Delete what no longer counts."""
    await RateLimit.delete().where(RateLimit.until < clock.now())


async def _row(key: str) -> RateLimit:
    await RateLimit.insert(RateLimit(key=key)).on_conflict(
        target=RateLimit.key, action="DO NOTHING"
    )
    return await one(locked(RateLimit.objects().where(RateLimit.key == key), RateLimit))


def _key(purpose: str, subject: str) -> str:
    return security.token_hash(f"{purpose} {subject}")


def network_of(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ip_network((ip, 64), strict=False))
