"""Imports, as a page: hand in, look, take in for real, correct."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.agencies.queries import managed_agency
from connect.agencies.tables import Agency
from connect.csv_out import download
from connect.errors import Invalid, NotFound
from connect.imports.actions import import_for_real, open_import
from connect.imports.api import MULTIPART, errors_csv, upload
from connect.imports.kinds import KINDS
from connect.imports.queries import import_by_id, imports, refused_rows
from connect.imports.tables import Import, ImportKind
from connect.policy import Actor, Permission, Relation
from connect.web.forms import read_form
from connect.web.templating import moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
SHOWN = 20


class ImportPages(Controller):
    path = "/admin/imports"
    include_in_schema = False

    @get("/", permission=Permission.IMPORT_ROWS)
    async def imports(self, request: ActorRequest) -> Response[str]:
        return await _page(request, dict(request.query_params))

    @post("/", permission=Permission.IMPORT_ROWS, request_max_body_size=MULTIPART)
    async def open(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        columns = {
            name.removeprefix("column-"): str(value).strip()
            for name, value in fields.items()
            if name.startswith("column-") and str(value).strip()
        }
        try:
            given = fields | {"columns": msgspec.json.encode(columns).decode(), "dry_run": "yes"}
            asked = await upload(request, given)
            data = asked.pop("data")
            row = await open_import(request.user, asked.pop("kind"), data, **asked)
        except Invalid as refusal:
            return await _page(request, fields, errors=refusal.errors)
        return redirect(_address(row))

    @post("/{import_id:uuid}/for-real", permission=Permission.IMPORT_ROWS)
    async def for_real(self, request: ActorRequest, import_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        row = await import_for_real(request.user, import_id)
        return redirect(_address(row))

    @get("/{import_id:uuid}/errors.csv", permission=Permission.IMPORT_ROWS)
    async def errors_csv(self, request: ActorRequest, import_id: FromPath[UUID]) -> Response[str]:
        row = await import_by_id(request.user, import_id)
        return download(errors_csv(await refused_rows(row.id)), "rows-to-correct.csv")


def _address(row: Import) -> str:
    """The page again, as it was when the file was handed in."""
    asked = {"kind": row.kind} | ({"agency_id": str(row.agency)} if row.agency else {})
    return f"/admin/imports?{urlencode(asked)}"


async def _page(
    request: ActorRequest, form: dict[str, Any], *, errors: dict[str, str] | None = None
) -> Response[str]:
    actor = request.user
    all_kinds = actor.relation(Permission.IMPORT_ROWS) is Relation.ANY
    offered = list(ImportKind) if all_kinds else [ImportKind.ROSTER]
    kind = next((k for k in offered if k == form.get("kind")), offered[0])
    agency = await _agency(actor, form, all_kinds) if kind is ImportKind.ROSTER else None
    rows = await imports(actor, agency=agency.id if agency else None, limit=SHOWN)
    names = await _names({row.agency for row in rows if row.agency})
    return page(
        request,
        "imports/imports.html",
        status=422 if errors else 200,
        imports=[_listed(row, names, actor.time_zone) for row in rows],
        under_way=any(row.state in ("waiting", "running") for row in rows),
        kinds=[(k.value, KINDS[k].label, k is kind) for k in offered],
        kind=kind.value,
        holds=KINDS[kind].label.lower(),
        invites=KINDS[kind].invites,
        fields=[
            (name, ", ".join(headings), name in KINDS[kind].needed)
            for name, headings in KINDS[kind].fields.items()
        ],
        agency={"id": agency.id, "name": agency.name} if agency else None,
        form={n: v for n, v in form.items() if isinstance(v, str)},
        errors=errors or {},
    )


async def _agency(actor: Actor, form: dict[str, Any], all_kinds: bool) -> Agency | None:
    """Whose roster it is: as asked, or the only one that the actor coordinates."""
    own = sorted(actor.agencies(Permission.IMPORT_ROWS))
    asked = str(form.get("agency_id") or ("" if all_kinds else own[0]))
    try:
        return await managed_agency(actor, UUID(asked)) if asked else None
    except ValueError:
        raise NotFound from None


async def _names(ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    rows = await Agency.select(Agency.id, Agency.name).where(Agency.id.is_in(sorted(ids)))
    return {row["id"]: row["name"] for row in rows}


def _listed(row: Import, names: dict[UUID, str], zone: str) -> dict[str, Any]:
    same = ("id", "state", "rows", "taken", "unchanged", "refused", "left_alone", "trouble")
    return {name: getattr(row, name) for name in same} | {
        "file_name": row.file_name or "A file",
        "kind": names.get(row.agency) or KINDS[ImportKind(row.kind)].label,
        "when": moment(row.made_at, zone),
        "dry_run": bool(row.dry_run),
        "invite": bool(row.invite),
        "is_kept": bool(row.file),
    }
