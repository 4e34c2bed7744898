"""A database as it stands now, put aside as a backup would."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from connect.db import Engine


async def copy_of(database: Engine, request: pytest.FixtureRequest, place: Path) -> str:
    """The address of a copy of *database*: of its file, or of the whole on the server."""
    await database.close_connection_pool()
    if database.engine_type == "sqlite":
        older = place / "older.sqlite"
        shutil.copyfile(database.path, older)
        url = f"sqlite:///{older}"
    else:
        administrator: Any = request.getfixturevalue("administrator")
        cluster: Any = request.getfixturevalue("cluster")
        rows = await administrator.fetch("SELECT datname FROM pg_database ORDER BY oid DESC")
        name = next(row["datname"] for row in rows if row["datname"].startswith("test_"))
        await administrator.execute(f"CREATE DATABASE older_{name} TEMPLATE {name}")
        url = cluster.url(f"older_{name}")
    await database.start_connection_pool()
    return url
