"""All tables, as one Piccolo application with one line of migrations."""

from piccolo.conf.apps import AppConfig, table_finder

from connect.config import ROOT

FEATURES = [
    "mail",
    "agencies",
    "catalog",
    "accounts",
    "grants",
    "credits",
    "certificates",
    "trainings",
    "learning",
    "packages",
    "paths",
    "publishing",
    "external",
    "imports",
    "rosters",
    "readiness",
    "assignments",
    "transcripts",
    "records",
    "merges",
]
PLUMBING = ["audit", "idempotency", "jobs", "limits"]

APP_CONFIG = AppConfig(
    app_name="connect",
    migrations_folder_path=str(ROOT / "migrations"),
    table_classes=table_finder(
        modules=[*(f"connect.{m}" for m in PLUMBING), *(f"connect.{f}.tables" for f in FEATURES)],
        exclude_imported=True,
    ),
)
