"""Writing a migration from the difference between the tables and the migrations so far."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import black
from piccolo import __VERSION__
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.auto.schema_differ import AlterStatements
from piccolo.apps.migrations.auto.serialisation import Import

from connect import clock
from connect.migrate import app, changed_constraints, differences, snapshot

LINE = 100
FILE = '''"""{title}."""

{imports}

{definitions}


ID = "{id}"
VERSION = "{version}"
DESCRIPTION = "{description}"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="{app}", description=DESCRIPTION)
    {statements}
    return manager
'''
STAND_IN = '''
def {name}() -> None:
    """Stands for {module}.{name}, which makes the value; a migration needs only its name."""
'''


async def write_migration(description: str, *, answer: str | None = None) -> Path | None:
    """Write ``migrations/YYYY_MM_DD_<description>.py``.

    It imports nothing of Connect but ``connect.db.uuid7``, so it means the same in five years.

    Args:
        description: a few words, such as "one certificate per course".
        answer: "y" or "n" to every question whether something was renamed; None asks.

    Returns:
        The file; None when there is nothing to write.

    Raises:
        ValueError: the description has no letters, a constraint changed without a new name, or
            a column is of a class of Connect's own.
        FileExistsError: a migration of today has that description.
    """
    slug = re.sub(r"[^a-z0-9]+", "_", description.lower()).strip("_")
    if not slug:
        raise ValueError("Describe the migration in a few words.")
    before = await snapshot()
    if changed := changed_constraints(before):
        raise ValueError("\n".join(changed))
    parts = differences(before, answer=answer)
    statements = [line for part in parts for line in _in_order(part)]
    if not statements:
        return None

    imports, stand_ins = _imports({name for part in parts for name in part.extra_imports})
    definitions = sorted({repr(made) for part in parts for made in part.extra_definitions})
    now = clock.now()
    text = FILE.format(
        title=description[:1].upper() + description[1:].rstrip("."),
        imports="\n".join(imports),
        definitions="\n\n".join([*stand_ins, *definitions]),
        id=f"{now:%Y-%m-%dT%H:%M:%S:%f}",
        version=__VERSION__,
        description=description.replace('"', "'"),
        app=app().app_name,
        statements="\n    ".join(statements),
    )
    path = Path(app().resolved_migrations_folder_path) / f"{now:%Y_%m_%d}_{slug}.py"
    with path.open("x") as file:
        file.write(black.format_str(text, mode=black.FileMode(line_length=LINE)))
    return path


def _in_order(part: AlterStatements) -> list[str]:
    """The statements by table, in the order of ``app``: Piccolo's order of tables is of chance."""
    tables = [table.__name__ for table in app().table_classes]

    def place(statement: str) -> int:
        name = re.search(r"class_name='(\w+)'", statement)
        return tables.index(name[1]) if name and name[1] in tables else len(tables)

    return sorted(part.statements, key=place)


def _imports(wanted: set[Import]) -> tuple[list[str], list[str]]:
    """Lines that import, by module; and functions that stand for those of Connect."""
    plain: list[str] = []
    names = {MigrationManager.__module__: {MigrationManager.__name__}}
    stand_ins: dict[str, str] = {}
    for one in wanted:
        target = one.target
        if target is None:
            plain.append(f"import {one.module}")
        elif one.module.split(".")[0] != "connect" or target == "uuid7":
            names.setdefault(one.module, set()).add(target)
        elif inspect.isfunction(getattr(import_module(one.module), target)):
            stand_ins[target] = STAND_IN.format(module=one.module, name=target)
        else:
            raise ValueError(
                f"{one.module}.{target} cannot stand in a migration: use a column of Piccolo."
            )
    lines = [f"from {m} import {', '.join(sorted(t))}" for m, t in sorted(names.items())]
    ours = [line for line in lines if line.startswith("from connect.")]
    lines = [*sorted(plain), *(line for line in lines if line not in ours), "", *ours]
    return lines, [text for _, text in sorted(stand_ins.items())]
