"""Other settings for the length of a ``with``."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from connect.config import settings


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """``environment(smtp_url="smtp://...")`` sets ``CONNECT_SMTP_URL`` and has it read."""
    before = os.environ.copy()
    os.environ.update({f"CONNECT_{name.upper()}": value for name, value in values.items()})
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
