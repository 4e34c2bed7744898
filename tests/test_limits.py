"""Rate limits: a window that slides, shared by all, all or none."""

import asyncio
import random
from datetime import timedelta

import pytest

from accounts.environment import environment
from connect.config import LIMITS, read_limits
from connect.db import fetch, transaction
from connect.errors import TooMany
from connect.limits import forgive, hit, network_of, room, sweep

MINUTE = timedelta(minutes=1)
ADA = ("sign_in", "ada@agency.example 192.0.2.1")  # 10 in 15 minutes
HOME = ("network", "192.0.2.1")  # 30 in a minute


async def is_let_in(*subjects):
    try:
        await hit(*subjects)
    except TooMany:
        return False
    return True


async def test_the_eleventh_try_is_refused_and_told_when_to_come_back(database, clock):
    for _ in range(10):
        await hit(ADA)
        clock.move(MINUTE)

    with pytest.raises(TooMany) as refusal:
        await hit(ADA)

    assert refusal.value.headers == {"Retry-After": "300"}
    assert str(refusal.value) == "Too many tries. Wait 5 minutes, then try again."


async def test_a_place_is_free_when_the_first_try_is_a_window_old(database, clock):
    for _ in range(10):
        await hit(ADA)
        clock.move(MINUTE)

    clock.move(5 * MINUTE - timedelta(seconds=1))
    early = await is_let_in(ADA)
    clock.move(timedelta(seconds=1))

    assert early is False
    assert [await is_let_in(ADA) for _ in range(2)] == [True, False]


async def test_never_more_than_allowed_lie_in_any_window_and_never_fewer(database, clock):
    moments = random.Random(7)
    allowed, verdicts, expected = [], [], []
    for _ in range(150):
        clock.move(timedelta(seconds=moments.choice([0, 1, 30, 200])))
        now = clock.now
        fits = sum(now - then < 15 * MINUTE for then in allowed) < 10
        allowed += [now] * fits
        expected.append(fits)
        verdicts.append(await is_let_in(ADA))

    assert verdicts == expected
    assert {True, False} == set(verdicts)


async def test_of_fifty_at_once_ten_are_let_in(database, clock):
    verdicts = await asyncio.gather(*(is_let_in(ADA) for _ in range(50)))

    assert sorted(verdicts) == [False] * 40 + [True] * 10


async def test_subjects_and_purposes_do_not_share(database, clock):
    for _ in range(10):
        await hit(ADA)

    assert await is_let_in(ADA) is False
    assert await is_let_in(("sign_in", "bob@agency.example 192.0.2.1"))
    assert await is_let_in(("sign_in", "ada@agency.example 192.0.2.2"))
    assert await is_let_in(("register", ADA[1]))


async def test_of_two_limits_both_or_none_is_used_up(database, clock):
    for _ in range(10):
        await hit(ADA)
    for _ in range(5):
        assert not await is_let_in(HOME, ADA)

    assert [await is_let_in(HOME) for _ in range(31)] == [True] * 30 + [False]


async def test_limits_named_in_any_order_do_not_block_each_other(database, clock):
    both = [(ADA, HOME), (HOME, ADA)] * 5

    verdicts = await asyncio.wait_for(
        asyncio.gather(*(is_let_in(*subjects) for subjects in both)), 10
    )

    assert verdicts == [True] * 10


async def test_work_left_out_leaves_the_transaction_usable(database, clock):
    mail = ("mail", "ada@agency.example")  # 3 in an hour
    async with transaction():
        verdicts = [await room(mail) for _ in range(5)]
        await hit(HOME)

    assert verdicts == [True, True, True, False, False]
    assert await fetch("SELECT count(*) AS number FROM rate_limit") == [{"number": 2}]


async def test_what_is_forgiven_does_not_count(database, clock):
    for _ in range(10):
        await hit(ADA)

    await forgive(*ADA)

    assert [await is_let_in(ADA) for _ in range(11)] == [True] * 10 + [False]


async def test_forgiving_and_using_up_at_once_does_not_fail(database, clock):
    verdicts = await asyncio.gather(
        *(is_let_in(ADA) if n % 2 else forgive(*ADA) for n in range(20))
    )

    assert set(verdicts) == {True, None}


async def test_who_it_was_is_not_stored(database, clock):
    await hit(ADA, HOME)

    stored = str(await fetch("SELECT * FROM rate_limit"))

    assert "ada@agency" not in stored
    assert "192.0.2.1" not in stored


async def test_only_what_counts_no_longer_is_swept(database, clock):
    await hit(HOME)
    await hit(ADA)
    clock.move(2 * MINUTE)

    await sweep()

    assert await fetch("SELECT count(*) AS number FROM rate_limit") == [{"number": 1}]
    assert [await is_let_in(ADA) for _ in range(10)] == [True] * 9 + [False]


async def test_an_operator_can_set_them(database, clock):
    with environment(limits="sign_in=2/10s"):
        verdicts = [await is_let_in(ADA) for _ in range(3)]
        clock.move(timedelta(seconds=10))
        verdicts.append(await is_let_in(ADA))

    assert verdicts == [True, True, False, True]


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("default", {}),
        ("verify=5/2d", {"verify": (5, 172800)}),
        (" mail=1/1s , network=999999999/1m", {"mail": (1, 1), "network": (999999999, 60)}),
    ],
)
def test_what_is_not_set_keeps_its_default(text, changed):
    assert read_limits(text) == {
        "sign_in": (10, 900),
        "network": (30, 60),
        "register": (60, 3600),
        "verify": (30, 60),
        "mail": (3, 3600),
        "upload": (20, 3600),
        "pdf": (30, 3600),
        **changed,
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sign_in",
        "sign_in=0/1m",
        "sign_in=1/0m",
        "sign_in=-1/1m",
        "sign_in=1.5/1m",
        "sign_in=1/1y",
        "sign_in=1/9999999d",
        "sign_in=1/1m,",
        "in=1/1m",
        "other=1/1m",
        f"{LIMITS};mail=1/1m",
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError):
        read_limits(text)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
        ("192.0.2.7, 10.0.0.1", "unknown"),
    ],
)
def test_a_network_is_what_one_subscriber_has(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (2, "2 seconds"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (900, "15 minutes"),
    ],
)
def test_the_wait_is_told_in_words(seconds, words):
    assert str(TooMany(seconds=seconds)) == f"Too many tries. Wait {words}, then try again."
