"""How certificates look and what they say: our files, and an organization's own in their place."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from connect.config import settings
from connect.web.templating import environment, hours

OURS = Path(__file__).parent / "templates"
PICTURES = (".svg", ".png")


class Style:
    """One family of templates; its files are read once, so a change needs a restart."""

    def __init__(self, own: str) -> None:
        self.folders = [Path(own), OURS] if own else [OURS]
        self.words = self._words()
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in self.folders])
        self.templates: Environment = environment.overlay(loader=loader)

    def path(self, name: str) -> Path:
        """The file that counts of those with this name."""
        return next(found for folder in self.folders if (found := folder / name).is_file())

    def pictures(self) -> dict[str, bytes]:
        """Every picture, by the name that ``connect:NAME`` gives it."""
        found = {}
        for folder in reversed(self.folders):
            for path in sorted(folder.iterdir()):
                if path.suffix in PICTURES:
                    found[path.stem.lstrip("_")] = path.read_bytes()
        return found

    def say(self, language: str, kind: str) -> dict[str, Any]:
        """The words for a kind of certificate; of a language that is not there, the English."""
        words = self.words.get(language, self.words["en"])
        return {**words, **words.get(kind, words["course"])}

    def _words(self) -> dict[str, Any]:
        words: dict[str, Any] = {}
        for folder in reversed(self.folders):
            path = folder / "words.toml"
            if path.is_file():
                words = _merged(words, tomllib.loads(path.read_text()))
        return words


@cache
def _style(own: str) -> Style:
    return Style(own)


def style() -> Style:
    """The style of this installation."""
    return _style(settings().certificate_templates)


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for name, value in over.items():
        below = merged.get(name)
        merged[name] = _merged(below, value) if isinstance(below, dict) else value
    return merged


def day_said(words: dict[str, Any], day: date) -> str:
    """A day in the language of *words*."""
    said: str = words["day"]
    return said.format(month=words["months"][day.month - 1], day=day.day, year=day.year)


def hours_said(words: dict[str, Any], minutes: int) -> str:
    """``50`` → ``0.83 contact hours (50 minutes)``: two decimals at most, half rounds up."""
    number = hours(minutes).partition(" ")[0]
    unit = words["hour"] if number == "1" else words["hours"]
    return f"{number} {unit} ({minutes:,} {words['minute'] if minutes == 1 else words['minutes']})"
