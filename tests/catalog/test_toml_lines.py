"""On which line each part of a TOML file stands."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from connect.catalog.toml_lines import lines_of

SOURCE = '''\
# a comment with [brackets] and "quotes"
title = "one # two"
"quoted key" = 'a = b'
long = """
first = 1
""two"" quotes"""
raw = \'\'\'
[no.table]
''\'\'\'
list = [  # [
    1,
    "a,]",

    { b = 2, c.d = [
        3,
    ] },
]
empty = [[], {}]
when = 2026-05-01 10:00:00Z

[table."a.b".c]
key = 1  # end

  [[many]]
  id = 1
[many.sub]
key = 1
[[many.deep]]
key = 1
[[many]]
id = 2
[[many.deep]]
a.b.c = true
[[many.deep]]
'''


def test_every_part_of_a_file_has_its_line():
    assert lines_of(SOURCE) == {
        ("title",): 2,
        ("quoted key",): 3,
        ("long",): 4,
        ("raw",): 7,
        ("list",): 10,
        ("list", 0): 11,
        ("list", 1): 12,
        ("list", 2): 14,
        ("list", 2, "b"): 14,
        ("list", 2, "c"): 14,
        ("list", 2, "c", "d"): 14,
        ("list", 2, "c", "d", 0): 15,
        ("empty",): 18,
        ("empty", 0): 18,
        ("empty", 1): 18,
        ("when",): 19,
        ("table",): 21,
        ("table", "a.b"): 21,
        ("table", "a.b", "c"): 21,
        ("table", "a.b", "c", "key"): 22,
        ("many",): 24,
        ("many", 0): 24,
        ("many", 0, "id"): 25,
        ("many", 0, "sub"): 26,
        ("many", 0, "sub", "key"): 27,
        ("many", 0, "deep"): 28,
        ("many", 0, "deep", 0): 28,
        ("many", 0, "deep", 0, "key"): 29,
        ("many", 1): 30,
        ("many", 1, "id"): 31,
        ("many", 1, "deep"): 32,
        ("many", 1, "deep", 0): 32,
        ("many", 1, "deep", 0, "a"): 33,
        ("many", 1, "deep", 0, "a", "b"): 33,
        ("many", 1, "deep", 0, "a", "b", "c"): 33,
        ("many", 1, "deep", 1): 34,
    }


def paths_in(value: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """The path of every key and item below *value*."""
    inside = value.items() if isinstance(value, dict) else []
    inside = enumerate(value) if isinstance(value, list) else inside
    found = set()
    for key, one in inside:
        found |= {(*path, key)} | paths_in(one, (*path, key))
    return found


def test_the_lines_cover_what_the_parser_reads():
    assert set(lines_of(SOURCE)) == paths_in(tomllib.loads(SOURCE))


keys = st.sampled_from(["a", "b-1", '"c.d"', "'e f'", '"\\"]"', "a.b", "b . 'x'"])
strings = st.sampled_from(
    ['"x"', "'y = ['", '"""\na\n"""', "'''\n]\n'''", '"""""q"""""', '"\\\\"', "''", '""']
)
scalars = st.one_of(
    strings, st.integers().map(str), st.sampled_from(["true", "1.5", "2026-05-01", "07:00:00"])
)
space = st.sampled_from(["", " ", "\n", "  # [x] = 'y\n", "\n\n"])


def _array(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = st.lists(st.tuples(space, values, space).map("".join), max_size=3)
    return st.tuples(parts, space).map(lambda found: f"[{','.join(found[0])}{found[1]}]")


def _table(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.lists(st.tuples(keys, values).map(" = ".join), max_size=3)
    return pairs.map(lambda found: f"{{{', '.join(found)}}}")


values = st.recursive(scalars, lambda inner: _array(inner) | _table(inner), max_leaves=6)
statements = st.one_of(
    st.tuples(keys, values).map(" = ".join),
    keys.map("[{}]".format),
    keys.map("[[{}]]".format),
    st.just("# [comment"),
    st.just(""),
)


@given(st.lists(statements, max_size=12).map("\n".join))
@settings(deadline=None)
def test_any_file_that_the_parser_reads_has_every_line(source):
    try:
        read = tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return
    lines = lines_of(source)

    assert set(lines) == paths_in(read)
    assert all(1 <= line <= source.count("\n") + 1 for line in lines.values())
