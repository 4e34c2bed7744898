"""The audit trail refuses to be changed, and what is not sealed yet is found at once.

CockroachDB gets the indexes and no triggers: its older versions have none.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine.finder import engine_finder
from piccolo.table import Table

ID = "2026-11-22T14:41:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "audit triggers"

FIRST = f"INSERT INTO audit_head (id, number, seal) VALUES (1, 0, '{'0' * 64}')"  # noqa: S608
INDEXES = {
    "audit_event_unsealed": "audit_event (id) WHERE number IS NULL",
    "audit_event_at": "audit_event (at, id)",
    "audit_event_actor": "audit_event (actor, at, id)",
}
# Sealing sets number and seal, once; nothing else of a row ever changes.
FIXED = ("id", "at", "actor", "act", "subject_kind", "subject", "details", "request")
RESEALED = "OLD.number IS NOT NULL OR OLD.seal IS NOT NULL"
HALF_SEALED = "NEW.number IS NULL OR NEW.seal IS NULL"
BORN_SEALED = "NEW.number IS NOT NULL OR NEW.seal IS NOT NULL"
BACKWARDS = "NEW.number < OLD.number OR NEW.id <> OLD.id"

# An INSERT OR REPLACE deletes what is in its way without a word to the triggers of DELETE.
TAKEN = "EXISTS (SELECT 1 FROM {0} WHERE {1} = NEW.{1})"
CHANGED = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in FIXED)
SQLITE = {
    "audit_event_no_insert": (
        f"INSERT ON audit_event WHEN {BORN_SEALED} OR {TAKEN.format('audit_event', 'id')}"
    ),
    "audit_event_no_update": (
        f"UPDATE ON audit_event WHEN {RESEALED} OR {HALF_SEALED} OR {CHANGED}"
    ),
    "audit_event_no_delete": "DELETE ON audit_event",
    "audit_head_no_insert": f"INSERT ON audit_head WHEN {TAKEN.format('audit_head', 'id')}",
    "audit_head_no_update": f"UPDATE ON audit_head WHEN {BACKWARDS}",
    "audit_head_no_delete": "DELETE ON audit_head",
    "audit_anchor_no_update": "UPDATE ON audit_anchor",
    "audit_anchor_no_delete": "DELETE ON audit_anchor",
}
# Two processes may write the same anchor at once; the first one stays.
SQLITE_ANCHOR = (
    "CREATE TRIGGER audit_anchor_no_insert BEFORE INSERT ON audit_anchor"
    f" WHEN {TAKEN.format('audit_anchor', 'number')} BEGIN SELECT RAISE(IGNORE); END"
)

FUNCTION = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is not changed' USING ERRCODE = 'restrict_violation';
END $$
"""
# json has no equality, so it is compared as the text that it is.
CHANGED_ROW = "({old}) IS DISTINCT FROM ({new})".format(
    **{
        side.lower(): ", ".join(
            f"{side}.{name}::text" if name == "details" else f"{side}.{name}" for name in FIXED
        )
        for side in ("OLD", "NEW")
    }
)
POSTGRES = {
    "audit_event_no_insert": f"INSERT ON audit_event FOR EACH ROW WHEN ({BORN_SEALED})",
    "audit_event_no_update": (
        f"UPDATE ON audit_event FOR EACH ROW WHEN ({RESEALED} OR {HALF_SEALED} OR {CHANGED_ROW})"
    ),
    "audit_head_no_update": f"UPDATE ON audit_head FOR EACH ROW WHEN ({BACKWARDS})",
    "audit_anchor_no_update": "UPDATE ON audit_anchor FOR EACH ROW",
} | {
    f"{table}_no_{act.lower()}": f"{act} ON {table} FOR EACH {reach}"
    for table in ("audit_event", "audit_head", "audit_anchor")
    for act, reach in (("DELETE", "ROW"), ("TRUNCATE", "STATEMENT"))
}


class Raw(Table):
    """A handle for raw SQL; has no columns."""


def statements(engine: str) -> list[str]:
    made = [f"CREATE INDEX {name} ON {over}" for name, over in INDEXES.items()]
    made.append(FIRST)
    if engine == "sqlite":
        made += [
            f"CREATE TRIGGER {name} BEFORE {what}"
            " BEGIN SELECT RAISE(ABORT, 'the audit trail is not changed'); END"
            for name, what in SQLITE.items()
        ]
        made.append(SQLITE_ANCHOR)
    if engine == "postgres":
        made.append(FUNCTION)
        made += [
            f"CREATE TRIGGER {name} BEFORE {what} EXECUTE FUNCTION audit_refuse()"
            for name, what in POSTGRES.items()
        ]
    return made


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="connect", description=DESCRIPTION)

    async def add() -> None:
        engine = engine_finder()
        for statement in statements(engine.engine_type if engine else ""):
            await Raw.raw(statement)

    manager.add_raw(add)
    return manager
