"""When a mail that could not be handed over is tried again."""

from datetime import timedelta

# RFC 5321 4.5.4.1: wait at least half an hour once it fails, give up after four or five days.
WAITS = [timedelta(minutes=m) for m in (1, 5, 30, 120)]
LATER = timedelta(hours=6)
GIVE_UP = timedelta(days=5)


def wait_after(tries: int) -> timedelta:
    """How long to wait after *tries* failures, 1 or more."""
    return WAITS[tries - 1] if tries <= len(WAITS) else LATER
