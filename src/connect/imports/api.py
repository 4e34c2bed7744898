"""Imports over JSON."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from connect.csv_out import download, to_csv
from connect.errors import Invalid
from connect.imports.actions import open_import
from connect.imports.queries import import_by_id, refused_rows
from connect.imports.reading import MOST_BYTES
from connect.imports.tables import ImportKind
from connect.policy import Actor, Permission

ActorRequest = Request[Actor, Any, Any]
SHOWN = 100  # refused rows in the answer; the CSV has all
MULTIPART = MOST_BYTES + 100_000  # bytes: the file and what stands around it


class ImportOut(msgspec.Struct):
    id: UUID
    kind: str
    state: str
    dry_run: bool
    columns: dict[str, str]
    rows: int
    taken: int
    unchanged: int
    refused: int
    agency: UUID | None
    invite: bool
    left_alone: int | None  # people of the agency who are not in the file
    trouble: str
    errors: list[dict[str, Any]]


class OpenedOut(msgspec.Struct):
    id: UUID


async def upload(request: ActorRequest, fields: dict[str, Any]) -> dict[str, Any]:
    """What an upload asks for, as ``open_import`` takes it.

    Raises:
        Invalid: every bad field.
    """
    wrong = {}
    given = fields.get("file")
    if not isinstance(given, UploadFile):
        wrong["file"] = "Choose a file: CSV in UTF-8, or XLSX."
    if fields.get("kind") not in list(ImportKind):
        wrong["kind"] = f"Use one of {', '.join(ImportKind)}. Other kinds cannot be imported yet."
    try:
        columns = msgspec.json.decode(str(fields.get("columns") or "{}"), type=dict[str, str])
    except msgspec.DecodeError:
        wrong["columns"] = 'Write JSON such as {"name": "agency_name", "state": "state_abbr"}.'
    try:
        agency = UUID(str(fields["agency_id"])) if fields.get("agency_id") else None
    except ValueError:
        wrong["agency_id"] = "Use the id of an agency."
    if wrong or not isinstance(given, UploadFile):
        raise Invalid(wrong)
    return {
        "kind": ImportKind(fields["kind"]),
        "data": await given.read(),
        "file_name": given.filename,
        "dry_run": _ticked(fields, "dry_run"),
        "columns": columns,
        "agency_id": agency,
        "invite": _ticked(fields, "invite"),
    }


def _ticked(fields: dict[str, Any], name: str) -> bool:
    return str(fields.get(name, "")).lower() in ("true", "yes", "1", "on")


class ImportsApi(Controller):
    path = "/api/v1/imports"
    tags = ["imports"]

    @post(
        "/",
        permission=Permission.IMPORT_ROWS,
        summary="Hand in a file (multipart: kind, file, dry_run, columns, agency_id, invite)",
        status_code=202,
        request_max_body_size=MULTIPART,
    )
    async def open(self, request: ActorRequest) -> OpenedOut:
        form = await request.form()
        asked = await upload(request, dict(form.items()))
        data = asked.pop("data")
        row = await open_import(request.user, asked.pop("kind"), data, **asked)
        return OpenedOut(row.id)

    @get(
        "/{import_id:uuid}",
        permission=Permission.IMPORT_ROWS,
        summary="Where an import stands, and the first rows that were not taken",
    )
    async def read(self, request: ActorRequest, import_id: FromPath[UUID]) -> ImportOut:
        row = await import_by_id(request.user, import_id)
        errors = [
            {"row": refused["row"], "field": field, "message": message}
            for refused in await refused_rows(row.id, limit=SHOWN)
            for field, message in refused["faults"].items()
        ]
        names = [n for n in ImportOut.__struct_fields__ if n not in ("columns", "errors")]
        return ImportOut(
            **{name: getattr(row, name) for name in names},
            columns=msgspec.json.decode(row.columns),
            errors=errors,
        )

    @get(
        "/{import_id:uuid}/errors.csv",
        permission=Permission.IMPORT_ROWS,
        summary="The rows that were not taken, to be corrected and handed in again",
        media_type="text/csv",
    )
    async def errors_csv(self, request: ActorRequest, import_id: FromPath[UUID]) -> Response[str]:
        row = await import_by_id(request.user, import_id)
        return download(errors_csv(await refused_rows(row.id)), "rows-to-correct.csv")


def errors_csv(rows: list[dict[str, Any]]) -> str:
    """Refused rows under their own headings, with their number and what is wrong behind them."""
    headings = list(rows[0]["cells"]) if rows else []
    lines = [
        [
            *(row["cells"].get(heading, "") for heading in headings),
            row["row"],
            " ".join(f"{field}: {message}" for field, message in row["faults"].items()),
        ]
        for row in rows
    ]
    return to_csv([*headings, "row in the file", "what is wrong"], lines)
