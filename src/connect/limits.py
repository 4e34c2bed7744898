"""Rate limits, kept in the database and therefore shared by all processes."""

from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from math import ceil

import msgspec
from piccolo.columns import JSON, Timestamptz, Varchar
from piccolo.table import Table

from connect import clock, security
from connect.config import read_limits, settings
from connect.db import transaction
from connect.errors import TooMany

AT_ONCE = 400  # rows in one statement


class RateLimit(Table, tablename="rate_limit"):
    """The moments at which one subject used up part of one limit, inside its window."""

    key = Varchar(length=64, primary_key=True)  # SHA-256 of purpose and subject
    hits = JSON(default="[]")  # seconds since the epoch, oldest first
    until = Timestamptz(default=clock.now, index=True)  # nothing here counts after it


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
            key = _key(purpose, subject)
            hits = [h for h in await _hits(key) if h > now - seconds]
            if len(hits) >= most:
                raise TooMany(seconds=max(1, ceil(hits[-most] + seconds - now)))
            rows.append((key, [*hits, now], timedelta(seconds=seconds)))
        for key, hits, window in rows:
            await RateLimit.update(
                {
                    RateLimit.hits: msgspec.json.encode(hits).decode(),
                    RateLimit.until: clock.now() + window,
                }
            ).where(RateLimit.key == key)


async def room(*subjects: tuple[str, str]) -> bool:
    """As ``hit``, for work that is silently left out: whether it may be done."""
    try:
        await hit(*subjects)
    except TooMany:
        return False
    return True


async def turn(purpose: str, subject: str) -> None:
    """Wait while another transaction has *subject*, then have it until one's own ends."""
    await turns(purpose, [subject])


async def turns(purpose: str, subjects: Iterable[str]) -> None:
    """As ``turn``, for several at once: in one order, so that two do not wait for each other."""
    keys = sorted({_key(purpose, subject) for subject in subjects})
    for first in range(0, len(keys), AT_ONCE):
        rows = [RateLimit(key=key) for key in keys[first : first + AT_ONCE]]
        await RateLimit.insert(*rows).on_conflict(
            target=RateLimit.key, action="DO UPDATE", values=[RateLimit.key]
        )


async def forgive(purpose: str, subject: str) -> None:
    """Forget what *subject* used up, as after a right password."""
    await RateLimit.delete().where(RateLimit.key == _key(purpose, subject))


async def sweep() -> None:
    """Delete what no longer counts."""
    await RateLimit.delete().where(RateLimit.until < clock.now())


async def _hits(key: str) -> list[float]:
    """What *key* used up; its row is there and held until the transaction ends.

    One statement: between two of them another task could forgive, and so delete the row.
    """
    (row,) = (
        await RateLimit.insert(RateLimit(key=key))
        .on_conflict(target=RateLimit.key, action="DO UPDATE", values=[RateLimit.key])
        .returning(RateLimit.hits)
    )
    return msgspec.json.decode(row["hits"], type=list[float])


def _key(purpose: str, subject: str) -> str:
    return security.token_hash(f"{purpose} {subject}")


def network_of(address: str) -> str:
    """What one subscriber has: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ip_network((int(ip), 64), strict=False))
    return str(ip if ip.version == 4 else ip.ipv4_mapped)
