"""Imports, as a page: hand in, look, take in for real, correct."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from connect.csv_out import download
from connect.errors import Invalid
from connect.imports.actions import import_for_real, open_import
from connect.imports.api import MULTIPART, errors_csv, upload
from connect.imports.queries import import_by_id, imports, refused_rows
from connect.imports.rules import AGENCY_FIELDS
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
SHOWN = 20


class ImportPages(Controller):
    path = "/admin/imports"
    include_in_schema = False

    @get("/", permission=Permission.IMPORT_ROWS)
    async def imports(self, request: ActorRequest) -> Response[str]:
        return await _page(request)

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
            await open_import(request.user, asked.pop("kind"), data, **asked)
        except Invalid as refusal:
            return await _page(request, form=fields, errors=refusal.errors)
        return redirect("/admin/imports")

    @post("/{import_id:uuid}/for-real", permission=Permission.IMPORT_ROWS)
    async def for_real(self, request: ActorRequest, import_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await import_for_real(request.user, import_id)
        return redirect("/admin/imports")

    @get("/{import_id:uuid}/errors.csv", permission=Permission.IMPORT_ROWS)
    async def errors_csv(self, request: ActorRequest, import_id: FromPath[UUID]) -> Response[str]:
        row = await import_by_id(request.user, import_id)
        return download(errors_csv(await refused_rows(row.id)), "rows-to-correct.csv")


async def _page(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
) -> Response[str]:
    zone = request.user.time_zone
    listed = []
    for row in await imports(request.user, limit=SHOWN):
        listed.append(
            {
                "id": row.id,
                "file_name": row.file_name or "A file",
                "kind": row.kind,
                "when": moment(row.made_at, zone),
                "state": row.state,
                "dry_run": bool(row.dry_run),
                "rows": row.rows,
                "taken": row.taken,
                "unchanged": row.unchanged,
                "refused": row.refused,
                "trouble": row.trouble,
            }
        )
    return page(
        request,
        "imports/imports.html",
        status=422 if errors else 200,
        imports=listed,
        under_way=any(row["state"] in ("waiting", "running") for row in listed),
        fields=[(name, ", ".join(headings)) for name, headings in AGENCY_FIELDS.items()],
        form={n: v for n, v in (form or {}).items() if isinstance(v, str)},
        errors=errors or {},
    )
