"""One TOML table read for its author: every wrong, missing or unknown key is a fault.

A value that is wrong is a fault and reads as the default, so that the rest is still checked.
"""

import re
from collections.abc import Container, Iterable
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from connect.catalog.content import MOST_DIGITS, is_plain
from connect.catalog.faults import FileFaults, found_kind, quoted
from connect.catalog.toml_lines import Path

LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
SLUG = re.compile(r"[a-z0-9-]{1,60}")
SLUG_RULE = "use 1 to 60 of a to z, 0 to 9 and -"
TITLE = 200  # characters of a title at most
_NEAR = 0.7  # of 1: how much of a word must agree to be suggested
MOST = 1_000_000  # no number in a course is larger; keeps every one within 32 bits
MOST_NUMBER = 10**MOST_DIGITS  # that an answer may be

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # tab and newline stay

E = TypeVar("E", bound=StrEnum)
D = TypeVar("D")


class Table:
    """One table. Each method reads one key and notes it as known; ``close`` finds the others."""

    def __init__(
        self, values: dict[str, object], path: Path, lines: dict[Path, int], faults: FileFaults
    ) -> None:
        self._values = values
        self._path = path
        self._lines = lines
        self._known: set[str] = set()
        self.faults = faults

    def line(self, *path: str | int) -> int:
        """Where a key or an item stands; for one that is not there, where its table stands."""
        full = (*self._path, *path)
        while full and full not in self._lines:
            full = full[:-1]
        return self._lines.get(full, 1)

    def refuse(self, message: str, *path: str | int) -> None:
        self.faults.refuse(self.line(*path), message)

    def has(self, key: str) -> bool:
        return key in self._values

    def keys(self) -> list[str]:
        return list(self._values)

    def get(self, key: str, *, required: bool = False) -> object:
        """The bare value of *key*, or ``None``; its absence is a fault when *required*."""
        self._known.add(key)
        value = self._values.get(key)
        if value is None and required:
            self.refuse(f"{quoted(key)} is missing")
        return value

    def text(
        self,
        key: str,
        *,
        required: bool = False,
        pattern: re.Pattern[str] | None = None,
        rule: str = "",
        most: int | None = None,
        lines: bool = False,
    ) -> str:
        """Text without spaces at its ends, "" when it is not given.

        Args:
            pattern: what the whole text must match; *rule* then says how to write it.
            most: characters it may have.
            lines: whether the text may have several lines.
        """
        value = self.get(key, required=required)
        text = "" if value is None else self._text(value, (key,), pattern, rule, lines)
        if most is not None and len(text) > most:
            self.refuse(f"{quoted(key)} has {len(text)} characters, over {most}", key)
        return text

    def texts(
        self, key: str, *, pattern: re.Pattern[str] | None = None, rule: str = ""
    ) -> list[str]:
        """A list of texts, no two alike."""
        found: list[str] = []
        for place, value in self._list(key):
            text = self._text(value, (key, place), pattern, rule, lines=False)
            if text and text in found:
                self.refuse(f"{quoted(text)} is listed twice", key, place)
            found.append(text)
        return [text for text in found if text]

    def codes(self, key: str, known: Iterable[str], *, required: bool = False) -> list[str]:
        """A list of codes, each one of *known*."""
        codes = list(known)
        found = self.texts(key)
        for place, value in enumerate(self._as_list(key)):
            if isinstance(value, str) and value.strip() and value.strip() not in codes:
                self.unknown(value.strip(), codes, key, place)
        if required and not self._as_list(key):
            if not self.has(key):
                self.refuse(f"{quoted(key)} is missing")
            elif isinstance(self._values[key], list):
                self.refuse(f"{quoted(key)} names nobody", key)
        return found

    def unknown(self, value: str, known: list[str], *path: str | int) -> None:
        """Refuse *value* as none of *known*, naming the likely one or all of them."""
        near = get_close_matches(value, known, 1, _NEAR)
        listed = ", ".join(known[:20]) + (", …" if len(known) > 20 else "")
        advice = f"did you mean {quoted(near[0])}?" if near else f"known are {listed}"
        self.refuse(f"{quoted(str(path[0]))}: {quoted(value)} is not known; {advice}", *path)

    def pick(self, key: str, kinds: type[E], default: D, *, required: bool = False) -> E | D:
        """One of the values of *kinds*."""
        text = self.text(key, required=required)
        if not text:
            return default
        if text not in (known := [kind.value for kind in kinds]):
            self.unknown(text, known, key)
            return default
        return kinds(text)

    def whole(
        self,
        key: str,
        default: D,
        *,
        least: int = 0,
        most: int = MOST,
        required: bool = False,
    ) -> int | D:
        value = self.get(key, required=required)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.expected("a whole number", value, key)
            return default
        if not least <= value <= most:
            bound = f"below {least}" if value < least else f"above {most}"
            self.refuse(f"{quoted(key)} is {bound}", key)
            return default
        return value

    def number(self, key: str, default: D) -> Decimal | D:
        """A number in decimals as it was written: 0.1 is a tenth."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.expected("a number such as 2 or 2.5, without quotation marks", value, key)
            return default
        found = Decimal(str(value)) if abs(value) < MOST_NUMBER else Decimal("nan")
        if not is_plain(found):
            self.refuse(f"{quoted(key)} is not a number of at most {MOST_DIGITS} digits", key)
            return default
        return found

    def flag(self, key: str, default: D, *, required: bool = False) -> bool | D:
        value = self.get(key, required=required)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.expected("true or false", value, key)
            return default
        return value

    def day(self, key: str) -> date | None:
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            self.expected("a day such as 2026-05-01, without quotation marks", value, key)
            return None
        return value

    def table(self, key: str) -> "Table":
        """The table at *key*, an empty one when it is not given."""
        value = self.get(key)
        if value is not None and not isinstance(value, dict):
            self.expected("a table", value, key)
        values = value if isinstance(value, dict) else {}
        return Table(values, (*self._path, key), self._lines, self.faults)

    def tables(self, key: str, *, required: bool = False) -> list["Table"]:
        """The tables in the list at *key*; none at all is a fault when *required*."""
        found: list[Table] = []
        for place, value in self._list(key):
            if isinstance(value, dict):
                path = (*self._path, key, place)
                found.append(Table(value, path, self._lines, self.faults))
            else:
                self.expected("a table", value, key, place)
        if required and not self._as_list(key) and isinstance(self._values.get(key, []), list):
            self.refuse(f"at least one of {quoted(key)} is missing", key)
        return found

    def expected(self, what: str, value: object, *path: str | int) -> None:
        self.refuse(f"{quoted(str(path[0]))}: expected {what}, found {found_kind(value)}", *path)

    def close(self, also: Container[str] = ()) -> None:
        """Refuse every key that was neither read nor is one of *also*."""
        for key in self._values:
            if key not in self._known and key not in also:
                near = get_close_matches(key, self._known, 1, _NEAR)
                advice = f"; did you mean {quoted(near[0])}?" if near else ""
                self.refuse(f"unknown key {quoted(key)}{advice}", key)

    def _as_list(self, key: str) -> list[object]:
        value = self._values.get(key)
        return value if isinstance(value, list) else []

    def _list(self, key: str) -> Iterable[tuple[int, object]]:
        value = self.get(key)
        if value is not None and not isinstance(value, list):
            self.expected("a list", value, key)
        return enumerate(self._as_list(key))

    def _text(
        self,
        value: object,
        path: Path,
        pattern: re.Pattern[str] | None,
        rule: str,
        lines: bool,
    ) -> str:
        key = quoted(str(path[0]))
        if not isinstance(value, str):
            self.expected("text", value, *path)
            return ""
        text = value.strip()
        if not text:
            self.refuse(f"{key} is empty", *path)
        elif _CONTROL.search(value):
            self.refuse(f"{key} holds a control character", *path)
        elif "\n" in text and not lines:
            self.refuse(f"{key} goes over several lines", *path)
        elif pattern and not pattern.fullmatch(text):
            self.refuse(f"{key} is {quoted(text)}: {rule}", *path)
        else:
            return text
        return ""


def refuse_equal_ids(tables: list[Table], ids: list[str]) -> None:
    """Refuse each id that stands earlier in *ids* too; *tables* and *ids* go together."""
    seen: set[str] = set()
    for table, found in zip(tables, ids, strict=True):
        if found and found in seen:
            table.refuse(f"the id {quoted(found)} is used twice", "id")
        seen.add(found)
