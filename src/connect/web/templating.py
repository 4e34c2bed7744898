"""Pages: one Jinja environment, and what every template may use."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape
from litestar import MediaType, Request, Response

from connect.config import settings

SOURCE = Path(__file__).parents[1]
STATIC = Path(__file__).parent / "static"
MISSING = "This is needed."  # what a field without a value is told


@cache
def manifest() -> dict[str, str]:
    """Logical name of an asset → its name with a hash, as the build wrote it.

    Raises:
        FileNotFoundError: the assets were never built (``make setup`` builds them).
    """
    return msgspec.json.decode((STATIC / "manifest.json").read_bytes(), type=dict[str, str])


def asset(name: str) -> str:
    """The address of an asset."""
    return f"/static/{manifest()[name]}"


def day(value: date) -> str:
    """March 4, 2026."""
    return f"{value:%B} {value.day}, {value.year}"


def moment(value: datetime, zone: str) -> str:
    """March 4, 2026, 3:05 p.m. EST."""
    local = value.astimezone(ZoneInfo(zone))
    half = "a.m." if local.hour < 12 else "p.m."
    return f"{day(local)}, {local.hour % 12 or 12}:{local:%M} {half} {local:%Z}"


def clock_time(value: datetime, zone: str) -> str:
    """3:05:12 p.m. EST."""
    local = value.astimezone(ZoneInfo(zone))
    half = "a.m." if local.hour < 12 else "p.m."
    return f"{local.hour % 12 or 12}:{local:%M:%S} {half} {local:%Z}"


def hours(minutes: int) -> str:
    """0.5 contact hours; 1 contact hour: two decimals at most, half rounds up."""
    exact = (Decimal(minutes) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)
    number = f"{exact:f}".rstrip("0").rstrip(".")
    return f"{number} contact hour{'' if number == '1' else 's'}"


def plural(number: int, noun: str) -> str:
    """1 course, 2 courses, 1,200 courses."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _environment() -> Environment:
    folders = {p.parent.name: FileSystemLoader(p) for p in SOURCE.glob("*/templates")}
    env = Environment(
        loader=PrefixLoader(folders),
        autoescape=select_autoescape(["html", "svg"]),  # mails are plain text
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals |= {
        "asset": asset,
        "day": day,
        "moment": moment,
        "hours": hours,
        "plural": plural,
        "MISSING": MISSING,
        "new_key": lambda: uuid4().hex,
    }
    return env


environment = _environment()


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """The HTML answer that *template* (``learning/quiz.html``) makes of *context*."""
    html = environment.get_template(template).render(
        actor=request.scope["user"], path=request.url.path, settings=settings(), **context
    )
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers or {})


def redirect(to: str) -> Response[None]:
    """Go on to *to* with a GET: the answer to every form that succeeded."""
    return Response(None, status_code=303, headers={"Location": to})
