"""Lists of codes, health, measures."""

from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from connect import db, migrate
from connect.errors import Forbidden, NotFound
from connect.limits import network_of
from connect.lists import AGENCY_KINDS, DISCIPLINES, ROSTER_CATEGORIES, STATES, Item
from connect.policy import Actor, Permission

LISTS = {
    "disciplines": DISCIPLINES,
    "states": STATES,
    "agency-kinds": AGENCY_KINDS,
    "roster-categories": ROSTER_CATEGORIES,
}


class ListsApi(Controller):
    path = "/api/v1/lists"
    tags = ["lists"]

    @get("/{name:str}", permission=Permission.READ_SITE, summary="Codes and labels of one list")
    async def items(self, name: FromPath[str]) -> list[Item]:
        if name not in LISTS:
            raise NotFound
        return list(LISTS[name].values())


@get("/health/live", permission=Permission.READ_SITE, include_in_schema=False)
async def live() -> dict[str, str]:
    """The process answers; asks nothing else."""
    return {"status": "ok"}


@get("/health/ready", permission=Permission.READ_SITE, include_in_schema=False)
async def ready() -> Response[dict[str, str]]:
    """The database answers and its schema is the code's."""
    try:
        await db.fetch("SELECT 1 AS one")
        pending = await migrate.migrate(only_check=True)
    except Exception:
        return Response({"status": "the database does not answer"}, status_code=503)
    if pending:
        return Response({"status": "the schema is not at head"}, status_code=503)
    return Response({"status": "ok"})


@get("/metrics", permission=Permission.READ_SITE, include_in_schema=False, media_type="text/plain")
async def metrics(request: Request[Actor, Any, Any]) -> Response[bytes]:
    """Prometheus measures, for this machine alone."""
    client = request.client.host if request.client else ""
    if "x-forwarded-for" in request.headers or network_of(client) not in ("127.0.0.1", "::/64"):
        raise Forbidden
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
