"""The audit trail, as a page."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get

from connect.audit import AuditEvent
from connect.errors import Invalid, decode
from connect.policy import Actor, Permission
from connect.trail.queries import Search, acts, details_of, names_of
from connect.web.templating import moment, page

PER_PAGE = 50
NAMES = [field.encode_name for field in msgspec.structs.fields(Search)]


class TrailPages(Controller):
    include_in_schema = False

    @get("/admin/audit", permission=Permission.READ_AUDIT)
    async def acts(self, request: Request[Actor, Any, Any]) -> Response[str]:
        asked = request.query_params
        typed = {name: asked.get(name, "").strip() for name in NAMES}
        given = {name: value for name, value in typed.items() if value}
        zone = request.user.time_zone
        after = asked.get("after", "")
        rows: list[AuditEvent] = []
        following, errors = None, {}
        try:
            search = decode(Search, given, strict=False)
        except Invalid as wrong:
            errors = wrong.errors
        else:
            rows, following = await acts(search, zone=zone, after=after, limit=PER_PAGE)
        names = await names_of(rows)
        return page(
            request,
            "trail/acts.html",
            status=422 if errors else 200,
            form=typed,
            errors=errors,
            rows=[_shown(row, names, zone) for row in rows],
            next=_address(given | {"after": following}) if following else "",
            first=_address(given) if after else "",
        )


def _address(query: dict[str, str]) -> str:
    return f"/admin/audit?{urlencode(query)}" if query else "/admin/audit"


def _shown(row: AuditEvent, names: dict[UUID, str], zone: str) -> dict[str, Any]:
    return {
        "when": moment(row.at, zone),
        "who": names.get(row.actor) or f"Account {row.actor}" if row.actor else "",
        "who_url": _address({"actor": str(row.actor)}),
        "act": row.act,
        "kind": row.subject_kind,
        "subject": row.subject if len(row.subject) < 20 else f"…{row.subject[-12:]}",
        "subject_url": _address({"subject": row.subject}),
        "number": row.number,
        "facts": [
            *((name, _text(value)) for name, value in details_of(row).items()),
            ("On", f"{row.subject_kind} {row.subject}"),
            ("At", row.at.isoformat().replace("+00:00", "Z")),
            ("Row", str(row.id)),
            ("Request", row.request),
            ("Seal", row.seal),
        ],
    }


def _text(value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    return msgspec.json.encode(value).decode()
