"""The house rules that a reader cannot see at a glance."""

import ast
import re
from pathlib import Path

import pytest

from connect.app import API, create_app, nameless
from connect.config import ROOT
from connect.worker import EVERY, HANDLERS

SOURCE = ROOT / "src" / "connect"

# A feature may import the features on lower rungs only.
LADDER = [
    {"mail"},
    {"agencies", "catalog"},
    {"accounts", "credits", "grants"},
    {"certificates", "trainings"},
    {"external", "learning"},
    {"packages"},
    {"paths"},
    {"publishing", "reports", "rosters", "trail", "transcripts"},
    {"assignments", "readiness"},
    {"imports", "home", "merges"},
    {"records"},
]
RUNG = {feature: height for height, features in enumerate(LADDER) for feature in features}

# Inside a feature, a file may import the files listed before it.
ORDER = ["tables", "rules", "queries", "actions", "api", "pages"]
# What other features may import; besides the four, files named after a thing that say so here.
ACROSS = {"tables", "rules", "queries", "actions"} | {
    "affiliations",
    "answers",
    "archive",
    "authentication",
    "check",
    "codes",
    "content",
    "criteria",
    "documents",
    "enrolling",
    "evaluation_check",
    "evaluations",
    "difference",
    "faults",
    "folder",
    "imports",
    "package_content",
    "path_check",
    "people",
    "requirements",
    "revocations",
    "roles",
    "sign_in",
    "translated",
    "views",
    "wording",
}
EDGES = {
    "app",
    "cli",
    "cli_members",
    "cli_records",
    "worker",
    "serving",
    "piccolo_app",
    "piccolo_conf",
    "__main__",
}
LOOKED_UP = {"piccolo_app", "piccolo_conf"}  # by the plumbing, at each call: tests swap them


def modules():
    return [path for path in SOURCE.rglob("*.py") if path.name != "__init__.py"]


def name_of(path):
    return path.relative_to(SOURCE).with_suffix("").parts


def imports():
    """Every import of our own: (importing module, imported module, place)."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("connect"):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [a.name for a in node.names if a.name.startswith("connect.")]
            for name in names:
                there = tuple(name.split(".")[1:])
                yield name_of(path), there, f"{path.relative_to(SOURCE)}:{node.lineno}"


def broken(here, there):
    """Why module *here* must not import *there*, or ``None`` if it may."""
    feature, other = here[0], there[0] if there else ""
    if feature in EDGES or (other not in RUNG and other not in EDGES - LOOKED_UP):
        return None
    if other in EDGES - LOOKED_UP:
        return "nothing imports an edge"
    if feature not in RUNG:
        return "plumbing must not import a feature"
    if feature == other:
        if len(there) < 2:
            return None
        if {here[-1], there[1]} == {"api", "pages"} and here[-1] == "api":
            return "api does not know pages"
        ordered = here[-1] in ORDER and there[1] in ORDER
        if ordered and ORDER.index(there[1]) >= ORDER.index(here[-1]):
            return f"{there[1]} comes after {here[-1]}"
        return None
    if RUNG[other] >= RUNG[feature]:
        return f"{other} does not stand below {feature}"
    if len(there) > 1 and there[1] not in ACROSS:
        return f"{there[1]} is private to {other}"
    return None


def test_imports_point_down():
    wrong = [f"{place}: {why}" for here, there, place in imports() if (why := broken(here, there))]

    assert wrong == []


@pytest.mark.parametrize(
    ("here", "there", "why"),
    [
        (("mail", "actions"), ("learning", "tables"), "learning does not stand below mail"),
        (("learning", "rules"), ("learning", "actions"), "actions comes after rules"),
        (("learning", "api"), ("learning", "pages"), "api does not know pages"),
        (("db",), ("mail", "tables"), "plumbing must not import a feature"),
        (("reports", "api"), ("learning", "pages"), "pages is private to learning"),
        (("learning", "actions"), ("worker",), "nothing imports an edge"),
        (("learning", "actions"), ("mail", "actions"), None),
        (("app",), ("learning", "pages"), None),
    ],
)
def test_the_rule_itself_refuses_what_it_should(here, there, why):
    assert broken(here, there) == why


def test_every_enqueued_kind_has_a_handler():
    kinds = {
        node.args[0].value
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("enqueue", "enqueue_many")
        and isinstance(node.args[0], ast.Constant)
    }

    assert kinds | EVERY.keys() == HANDLERS.keys()


def test_every_route_names_its_permission():
    assert nameless(create_app()) == []


def test_every_route_of_the_api_is_in_its_document():
    app = create_app()
    documented = app.openapi_schema.to_schema()["paths"]

    routes = {
        re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path): {
            method.lower()
            for handler in route.route_handlers
            for method in handler.http_methods
            if method not in ("OPTIONS", "HEAD")
        }
        for route in app.routes
        if route.path.startswith("/api/v1/") and route.path != "/api/v1/openapi.json"
    }

    for own in ("/api/v1", "/api/v1/openapi.json"):  # the document itself
        documented.pop(own)
    assert {path: set(methods) for path, methods in documented.items()} == routes
    assert len(API) > 5
    for path, methods in documented.items():
        for method, operation in methods.items():
            assert operation.get("summary"), f"{method} {path} has no summary"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text().splitlines()) <= 400


def test_only_the_clock_reads_the_clock():
    wrong = [
        str(path.relative_to(SOURCE))
        for path in modules()
        if path.name != "clock.py"
        and re.search(r"datetime\.now\(|date\.today\(|utcnow\(", path.read_text())
    ]

    assert wrong == []


def test_only_the_settings_read_the_environment():
    wrong = [
        str(path.relative_to(SOURCE))
        for path in modules()
        if path.name not in ("config.py", "cli_run.py", "pdf.py")  # pdf.py hands it to its child
        and re.search(r"os\.environ|os\.getenv", path.read_text())
    ]

    assert wrong == []


def test_templates_hold_no_inline_script_style_or_handler():
    """The Content-Security-Policy would refuse them in silence."""
    wrong = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("templates/**/*.html")
        if path.name not in NO_PAGES
        and re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|hx-on", path.read_text())
    ]

    assert wrong == []


NO_PAGES = {
    *("certificate.html", "transcript_pdf.html"),  # drawn as PDF
    "letter.html",  # sent as mail: no answer of this site
    "certificate_web.html",  # one file for keeps: its own policy allows this one style by its hash
}


def test_the_layout_stands_as_the_readme_says():
    present = {path.name for path in Path(ROOT).iterdir()}

    assert {"pyproject.toml", "src", "courses", "migrations", "tests", "Procfile"} <= present
