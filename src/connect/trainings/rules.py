"""What counts as a training instance. Pure."""

from connect.lists import DISCIPLINES


def is_professional(discipline: str | None) -> bool:
    """Whether a person of *discipline* is trained in the sense of the counts.

    Audiences of parents and the general public are reached, not trained (OVW's counting
    rules; R9). A discipline that was not reported counts, and is shown as not reported.
    """
    return discipline is None or bool(DISCIPLINES[discipline].professional)
