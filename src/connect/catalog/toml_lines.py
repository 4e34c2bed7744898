"""On which line of a TOML file each key and each item stands."""

import re
import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]  # keys, and from 0 the places in arrays: ("questions", 0, "id")

_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_STRING = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_BARE = re.compile(r"[A-Za-z0-9_-]++")
_PLAIN = re.compile(r"[^,\]}\n#]++")  # a number, a day, true or false


def lines_of(source: str) -> dict[Path, int]:
    """Line, from 1, of every table, key and item in *source*, which ``tomllib`` must accept.

    A table is where its header or its first key stands. Lines end with ``\\n`` alone.

    Raises:
        RecursionError: arrays are nested some hundred deep.
    """
    return _Scanner(source).scan()


def texts_of(source: str) -> dict[Path, tuple[int, int]]:
    """From which character to which each value stands that is text, quotation marks included.

    Of *source* as ``lines_of`` takes it.
    """
    scanner = _Scanner(source)
    scanner.scan()
    return scanner.texts


class _Scanner:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.ends = [found.start() for found in re.finditer("\n", source)]
        self.lines: dict[Path, int] = {}
        self.texts: dict[Path, tuple[int, int]] = {}
        self.counts: dict[Path, int] = {}  # how many tables each [[array]] has so far

    def scan(self) -> dict[Path, int]:
        base: Path = ()
        self.skip(_BLANK)
        while self.at < len(self.source):
            if self.sees("["):
                base = self.header()
            else:
                self.pair(base)
            self.skip(_BLANK)
        return self.lines

    def header(self) -> Path:
        line = self.line()
        array = self.source.startswith("[[", self.at)
        self.at += 2 if array else 1
        *parents, last = self.key()
        self.at += 2 if array else 1
        path: Path = ()
        for key in parents:
            path = self.mark((*path, key), line)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
        path = self.mark((*path, last), line)
        if array:
            self.counts[path] = self.counts.get(path, 0) + 1
            path = self.mark((*path, self.counts[path] - 1), line)
        return path

    def pair(self, base: Path) -> None:
        line = self.line()
        path = base
        for key in self.key():
            path = self.mark((*path, key), line)
        self.at += 1  # the equals sign
        self.skip(_SPACE)
        self.value(path)

    def key(self) -> list[str]:
        keys: list[str] = []
        while True:
            self.skip(_SPACE)
            if found := _STRING.match(self.source, self.at):
                keys.append(next(iter(tomllib.loads(f"{found[0]} = 0"))))
            else:
                found = _BARE.match(self.source, self.at)
                if found is None:
                    raise ValueError(f"not TOML at character {self.at}")
                keys.append(found[0])
            self.at = found.end()
            self.skip(_SPACE)
            if not self.sees("."):
                return keys
            self.at += 1

    def value(self, path: Path) -> None:
        if self.sees("["):
            self.array(path)
        elif self.sees("{"):
            self.inline_table(path)
        elif found := _STRING.match(self.source, self.at):
            self.texts[path] = found.span()
            self.at = found.end()
        else:
            self.skip(_PLAIN)

    def array(self, path: Path) -> None:
        self.at += 1
        place = 0
        self.skip(_BLANK)
        while not self.sees("]"):
            self.value(self.mark((*path, place), self.line()))
            place += 1
            self.skip(_BLANK)
            if self.sees(","):
                self.at += 1
                self.skip(_BLANK)
        self.at += 1

    def inline_table(self, path: Path) -> None:
        self.at += 1
        self.skip(_BLANK)
        while not self.sees("}"):
            self.pair(path)
            self.skip(_BLANK)
            if self.sees(","):
                self.at += 1
                self.skip(_BLANK)
        self.at += 1

    def mark(self, path: Path, line: int) -> Path:
        self.lines.setdefault(path, line)
        return path

    def line(self) -> int:
        return bisect_right(self.ends, self.at - 1) + 1

    def sees(self, text: str) -> bool:
        return self.source.startswith(text, self.at)

    def skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.source, self.at)
        self.at = found.end() if found else self.at
