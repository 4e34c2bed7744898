"""What every command does alike: words for the terminal, and the database open."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import click

os.environ.setdefault("PICCOLO_CONF", "connect.piccolo_conf")


def say(words: str) -> None:
    """Words for whoever reads the terminal."""
    click.echo(words, err=True)


def run(act: Callable[[], Awaitable[Any]]) -> Any:
    """Do *act* with the database open."""
    from connect import db

    async def opened() -> Any:
        await db.open_pool()
        try:
            return await act()
        finally:
            await db.close_pool()

    return asyncio.run(opened())
