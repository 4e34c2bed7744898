"""Reading a TOML file, whatever is in it: its root table, or a fault."""

import re
import tomllib

from connect.catalog.faults import FileFaults
from connect.catalog.toml_lines import lines_of
from connect.catalog.toml_table import Table

# tomllib takes 16 s for one key of 32,000 parts, so such a key is refused before.
_LONG_KEY = re.compile(
    r"""(?<![\w"'-])(?:(?:"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'|[\w-]++)[ \t]*+\.[ \t]*+){20}"""
)
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


def read_toml(source: str, faults: FileFaults) -> Table | None:
    """The root table of *source*, or ``None`` when it is not TOML, which is a fault."""
    if long := _LONG_KEY.search(source):
        faults.refuse(source.count("\n", 0, long.start()) + 1, "a key of more than 20 parts")
        return None
    try:
        values = tomllib.loads(source)
        return Table(values, (), lines_of(source), faults)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else source.rstrip("\n").count("\n") + 1
        faults.refuse(line, f"not TOML: {_AT_LINE.sub('', str(error))}")
    except RecursionError:
        faults.refuse(1, "not TOML: nested too deeply")
    except ValueError:  # an integer of more than 4,300 digits
        faults.refuse(1, "not TOML: a number is too long")
    return None
