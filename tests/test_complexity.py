"""Bar S21: nothing that is sent, however it is made, keeps the server busy for long.

The worst Markdown stands in ``tests/catalog/test_markdown.py``.
"""

import ast
import importlib
import pkgutil
import re
import time
from itertools import pairwise
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]

import pytest
from structlog.testing import capture_logs

import connect
import make
from connect.accounts.tables import RoleGrant
from connect.policy import Role
from test_policy import address, routes, signed_in

SIZE = 10_000  # characters
REGEX, ANSWER = 0.05, 0.2  # seconds of processor
TRIES = 5  # the best counts, since other programs share the processor
TAILS = ("", "\x00")
WAYS = {"match": "match", "fullmatch": "fullmatch"}  # others search


def modules():
    """Every module of ours, and its text as a tree."""
    for found in pkgutil.walk_packages(connect.__path__, "connect."):
        if not found.name.endswith("__main__"):
            module = importlib.import_module(found.name)
            yield module, ast.parse(Path(module.__file__).read_text())


def looks():
    """(expression, way in which our code looks for it), of every one that is asked of a text."""
    found = set()
    for module, tree in modules():
        held = {n: v for n, v in vars(module).items() if isinstance(v, re.Pattern)}
        for node in ast.walk(tree):
            match node:
                case ast.Call(ast.Attribute(ast.Name("re"), way), [ast.Constant(text), *_]):
                    if way != "compile":
                        found.add((re.compile(text), way))
                case ast.Call(ast.Attribute(ast.Name(name), way)) if name in held:
                    found.add((held[name], way))
                case ast.keyword("pattern", ast.Constant(text)):  # msgspec searches
                    found.add((re.compile(text), "search"))
    return {(expression, WAYS.get(way, "search")) for expression, way in found}


def letters(parsed):
    """Characters that a parsed expression is about: its letters, and one or two of each range."""
    for operation, value in parsed:
        match str(operation):
            case "LITERAL" | "NOT_LITERAL":
                yield chr(value)
            case "RANGE":
                yield from map(chr, value)
            case "CATEGORY":
                yield from {"SPACE": " \t", "DIGIT": "1"}.get(str(value).rpartition("_")[2], "a-")
            case "ANY":
                yield "."
            case "IN":
                yield from letters(value)
            case "BRANCH":
                for branch in value[1]:
                    yield from letters(branch)
            case "SUBPATTERN" | "ATOMIC_GROUP" | "ASSERT" | "ASSERT_NOT":
                yield from letters(value[-1] if isinstance(value, tuple) else value)
            case _ if isinstance(value, tuple):  # the repetitions
                yield from letters(value[-1])


def attacks(expression):
    """Ten kilobytes of what the expression looks for, that end as it does not."""
    alphabet = list(dict.fromkeys(letters(_parser.parse(expression.pattern))))[:6]
    heads = ("", "".join(alphabet))
    for bit in [*alphabet, *(a + b for a, b in pairwise(alphabet))]:
        for head in heads:
            for tail in TAILS:
                attack = head + bit * (SIZE // len(bit)) + tail
                yield attack if isinstance(expression.pattern, str) else attack.encode()


def seconds_of(work):
    """Of processor, the least of some tries: other programs share it."""
    tried = []
    while len(tried) < TRIES and (not tried or min(tried) > REGEX):
        start = time.process_time()
        work()
        tried.append(time.process_time() - start)
    return min(tried)


@pytest.mark.timeout(300)
def test_s21_no_regular_expression_takes_long_for_ten_kilobytes():
    asked = looks()

    slow = {}
    for expression, way in asked:
        look = getattr(expression, way)
        for attack in attacks(expression):
            seconds = seconds_of(lambda look=look, attack=attack: look(attack))
            if seconds > REGEX:
                slow[expression.pattern, way] = seconds, attack[:20]

    assert slow == {}
    assert len(asked) > 60


@pytest.fixture
async def administrator(app, database):
    account = await make.account()
    for role in (Role.ADMIN, Role.AUTHOR, Role.REGISTRAR):
        await RoleGrant(account=account.id, role=role).save()
    return await signed_in(app, account)


async def answers_of(here, asked):
    """(method, path) → (status, least seconds) of the requests that *asked* makes."""
    found = {}
    for method, path, request in asked:
        seconds = []
        while len(seconds) < TRIES and (not seconds or min(seconds) > ANSWER):
            start = time.perf_counter()
            with capture_logs():
                answer = await here.client.request(method, path, **request)
            seconds.append(time.perf_counter() - start)
        found[method, path] = answer.status_code, min(seconds)
    return found


def wrong(found, expected):
    return {
        place: (status, seconds)
        for place, (status, seconds) in found.items()
        if seconds > ANSWER or status not in expected
    }


REFUSED = range(400, 500)
WITHOUT_BODY = ("/api/v1/notifications/reading",)  # what comes with it is not looked at


@pytest.mark.parametrize("body", ["[" * 10_000, '{"a":' * 10_000, "[" * 10_000 + "]" * 10_000])
async def test_s21_json_that_is_ten_thousand_deep_is_refused_at_once(app, administrator, body):
    headers = administrator.bearer | {"Content-Type": "application/json"}
    asked = [
        (method, address(path), {"content": body, "headers": headers})
        for method, path, _ in routes(app)
        if method in ("POST", "PUT", "PATCH") and path.startswith("/api/")
        if path not in WITHOUT_BODY
    ]

    found = await answers_of(administrator, asked)

    assert wrong(found, REFUSED) == {}
    assert len(found) > 60


async def test_s21_a_form_of_a_thousand_parts_is_refused_at_once(app, administrator):
    parts = [("x", (None, "1"))] * 1_000
    asked = [
        (method, address(path), {"files": parts, "headers": administrator.bearer})
        for method, path, _ in routes(app)
        if method == "POST"
    ]

    found = await answers_of(administrator, asked)

    assert wrong(found, REFUSED) == {}
    assert len(found) > 100


async def test_s21_five_thousand_parameters_are_refused_at_once(app, administrator):
    many = "&".join(f"a{n}={n}" for n in range(5_000))
    asked = [
        (method, f"{address(path)}?{many}", {"headers": administrator.bearer})
        for method, path, _ in routes(app)
        if method == "GET"
    ]

    found = await answers_of(administrator, asked)

    assert wrong(found, REFUSED) == {}
    assert len(found) > 100
