"""An evaluation as course versions store it: what it asks, in every language that it has."""

from enum import StrEnum

import msgspec

EVALUATION = "evaluation"  # the id of the component that a course gets from it
SCALE = 5  # steps of a scale


class AskKind(StrEnum):
    SCALE = "scale"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"


class Option(msgspec.Struct, frozen=True):
    id: str  # of a scale "1" to "5"
    text: str


class Ask(msgspec.Struct, frozen=True):
    """One question of an evaluation; none of its answers is right or wrong. All texts are plain."""

    id: str
    kind: AskKind
    text: str
    required: bool = True
    options: list[Option] = []  # of every kind but ``text``

    @property
    def shape(self) -> tuple[str, str, tuple[str, ...]]:
        """What has to be equal for answers to be counted together, whatever the words."""
        return self.id, self.kind, tuple(option.id for option in self.options)


class Wording(msgspec.Struct, frozen=True):
    title: str
    intro: str
    questions: list[Ask]


class Evaluation(msgspec.Struct, frozen=True):
    """The same questions in each language of ``wordings``; ``language`` is the original's."""

    name: str
    language: str
    wordings: dict[str, Wording]

    def worded(self, language: str) -> tuple[str, Wording]:
        """The words in *language* if there are any, else the original; and which language it is."""
        found = language if language in self.wordings else self.language
        return found, self.wordings[found]
