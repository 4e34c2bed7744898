"""Passwords that may be used and that may not; hashes, tokens, sealed text."""

import asyncio
import hashlib
import time

import pytest
from cryptography.fernet import InvalidToken

import make
from accounts.environment import environment
from connect import security
from connect.config import settings
from connect.errors import Busy
from connect.security import (
    hash_password,
    password_fault,
    seal,
    token_hash,
    unseal,
    verify_password,
)

ADA = ("Ada Bright-Lovelace", "ada.lovelace@riverside-pd.example")

SHORT = "Use at least 15 characters. Three or four random words work well."
LONG = "Use at most 256 characters."
RUN = "This repeats itself or runs along the keyboard. Use words that do not belong together."
EASY = "This is easy to guess: it is made of common passwords or of your own name or address."
FINE = ""

PASSWORDS = [
    # Length is asked for, and nothing else about its make.
    ("", SHORT),
    ("Tr0ub4dor&3", SHORT),
    ("a1B2c3D4e5F6g7", SHORT),
    (" " * 14, SHORT),
    ("e\u0301" * 8, SHORT),  # 8 characters, typed as 16
    ("violet canyon 1", FINE),
    ("violetcanyonlan", FINE),
    ("VIOLETCANYONLAN", FINE),
    ("violet canyon lantern 42", FINE),
    ("seven otters juggling marbles", FINE),
    ("my password is a whole sentence about otters", FINE),
    ("4815162342 otters", FINE),
    ("x7$kP!q92Lmv#Rt5", FINE),
    ("08:15 otter bus!", FINE),
    ("пароль про выдру и мост", FINE),
    ("我家附近有一座很老很老的石头桥", FINE),
    ("🦦🌉🎺🧭🪁🦦🌉🎺🧭🪁🥐🍵🪴🧵🧲", FINE),
    ("tab\tand  two spaces", FINE),
    ("otter bridge trumpet " * 12, RUN),
    ("otter bridge trumpet compass kite " * 7 + "tea", FINE),
    ("".join(chr(0x4E00 + n) for n in range(256)), FINE),
    ("".join(chr(0x4E00 + n) for n in range(257)), LONG),
    ("\ufdfa" * 10 + "otter bridge kite", FINE),  # each of these is 18 characters when normal
    ("\ufdfa" * 20 + "otter bridge kite", LONG),
    # One character, one piece, one run.
    ("aaaaaaaaaaaaaaa", RUN),
    ("aaaabbbbccccdddd", RUN),
    ("111111111111111111", RUN),
    ("               ", RUN),
    ("abcdeabcdeabcde", RUN),
    ("otter9otter9otter9", RUN),
    ("123456789012345", RUN),
    ("987654321098765", RUN),
    ("abcdefghijklmno", RUN),
    ("ABCDEFGHIJKLMNO", RUN),
    ("qwertyuiopasdfghjkl", EASY),  # and along the keyboard too
    ("qwertyuiqwertyui", RUN),
    ("1234qwer5678asdf", RUN),
    ("1qaz2wsx3edc4rfv", RUN),
    ("qazwsxedcrfvtgb", RUN),
    ("poiulkjhmnbvcxz", RUN),
    # Known from lists, also in disguise.
    ("password1234567", EASY),
    ("password!!!!!!!", EASY),
    ("PaSsWoRd-2026-03", EASY),
    ("p@ssw0rd-123456", EASY),
    ("P4$$w0rd1234567", EASY),
    ("1234567password", EASY),
    ("letmeinletmein1", EASY),
    ("welcome123welcome", EASY),
    ("administrator99", EASY),
    ("qwerty 12345678", EASY),
    ("iloveyouforever", EASY),
    ("monkey dragon 12", EASY),
    ("Summer2026Winter", EASY),
    ("correct horse battery staple", EASY),
    ("connect training", EASY),
    ("Sheriff-Department-1", EASY),
    ("thequickbrownfox", EASY),
    ("l3tm31n-4dm1n-2026", EASY),
    ("".join(chr(ord(c) + 0xFEE0) for c in "password1234567"), EASY),  # in wide letters
    # Made of one's own name and address.
    ("AdaLovelace2026", EASY),
    ("ada.lovelace@riverside-pd.example", EASY),
    ("bright lovelace 99", EASY),
    ("Riverside!!Lovelace", EASY),
    ("lovelace likes otters", FINE),
]


@pytest.mark.parametrize(("password", "fault"), PASSWORDS, ids=lambda part: ascii(part)[:40])
def test_a_password_may_be_used_or_the_reason_is_told(password, fault):
    assert password_fault(password, about=ADA) == fault


def test_it_is_judged_in_no_time_however_it_is_made():
    slow = ["ab" * 127 + "cd", "password" * 31 + "otters", "1234" * 63 + "otte", "a b" * 85]
    began = time.perf_counter()

    for password in slow:
        password_fault(password, about=ADA)

    assert time.perf_counter() - began < 0.05 * len(slow)


async def test_the_whole_password_counts_in_whatever_form_it_is_typed():
    password = "otter bridge kite " * 14 + "é"  # 253 characters
    known = await hash_password(password)

    assert known.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await verify_password(password.replace("é", "e\u0301"), known) == (True, None)
    assert await verify_password(password[:-1], known) == (False, None)
    assert await verify_password(password + "!", known) == (False, None)
    assert await verify_password(password.upper(), known) == (False, None)


async def test_the_same_password_has_a_new_hash_each_time():
    assert await hash_password(make.PASSWORD) != await hash_password(make.PASSWORD)


@pytest.mark.parametrize("typed", ["\ufdfa" * 1000, "x" * 1000, ""])
async def test_nothing_that_is_typed_makes_it_fail(typed):
    assert await verify_password(typed, make.PASSWORD_HASH) == (False, None)


async def test_an_older_hash_is_replaced_by_one_of_today():
    older = (  # of make.PASSWORD, with half the memory
        security._argon2id.using(argon2__memory_cost=9728).hash(make.PASSWORD)
    )

    fits, newer = await verify_password(make.PASSWORD, older)

    assert fits
    assert newer.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await verify_password(make.PASSWORD, newer) == (True, None)


async def test_without_an_account_nothing_fits():
    assert await verify_password(make.PASSWORD, None) == (False, None)
    assert await verify_password("", None) == (False, None)


async def test_more_hashes_than_a_second_holds_are_put_off(monkeypatch):
    monkeypatch.setattr(security, "MOST_WAITING", 3)

    outcomes = await asyncio.gather(
        *(hash_password(make.PASSWORD) for _ in range(5)), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes] == [str, str, str, Busy, Busy]
    assert type(await hash_password(make.PASSWORD)) is str


def test_a_token_is_256_random_bits_safe_in_an_address():
    tokens = {security.new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {43}
    assert all(token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_of_a_token_its_sha256_is_kept():
    assert token_hash("abc") == hashlib.sha256(b"abc").hexdigest()
    assert len(token_hash("\ud800 \x00 ü")) == 64


def test_sealed_text_opens_with_the_key_and_is_not_to_be_read():
    sealed = seal("a link with a token: grüße")

    assert unseal(sealed) == "a link with a token: grüße"
    assert "token" not in sealed
    assert seal("the same") != seal("the same")


def test_an_older_key_still_opens_and_a_new_one_seals():
    sealed = seal("kept")
    old = settings().secret_key
    new = "zyxwvutsrqponmlkjihgfedcba-9876543210"
    try:
        with environment(secret_key=f"{new},{old}"):
            security._box.cache_clear()
            fresh = seal("fresh")
            opened = unseal(sealed)
        with environment(secret_key=new):
            security._box.cache_clear()
            assert (opened, unseal(fresh)) == ("kept", "fresh")
            with pytest.raises(InvalidToken):
                unseal(sealed)
    finally:
        security._box.cache_clear()


def test_sealed_text_that_was_changed_does_not_open():
    sealed = seal("kept")
    changed = sealed[:30] + ("A" if sealed[30] != "A" else "B") + sealed[31:]

    with pytest.raises(InvalidToken):
        unseal(changed)
