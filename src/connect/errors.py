"""Refusals that a user can understand, and the one place that renders them."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar, get_args
from urllib.parse import quote, urlsplit

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

from connect.web.templating import MISSING, page

log = structlog.get_logger()
Problem = dict[str, Any]
TITLES = {
    403: "Not open to you",
    404: "Not found",
    409: "Not now",
    413: "Too large",
    422: "Please check what you sent",
    429: "Too many tries",
    500: "Something went wrong",
    503: "Very busy",
}
Form = TypeVar("Form")


class ConnectError(Exception):
    """A refusal the user can understand. Subclasses set ``status`` and ``message``."""

    status = 400
    message = "That is not possible."
    headers: dict[str, str] = {}
    kept = ""  # what of the user's work is safe, where that is in doubt
    way = ""  # what to do next
    href = ""  # where to do it

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.message.format(**facts))

    @property
    def code(self) -> str:
        """A stable machine name: ``AttemptClosed`` becomes ``attempt_closed``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class Unreadable(ConnectError):
    message = "The body could not be read as {what}. Send it again in that form."


class NotSignedIn(ConnectError):
    status = 401
    message = "You are not signed in. Sign in, then try again."
    headers = {"WWW-Authenticate": "Bearer"}


class Forbidden(ConnectError):
    status = 403
    message = "Your account may not do this. Ask an administrator if you think it should."


class SecondFactorNeeded(Forbidden):
    message = (
        "Your role needs a second factor, and you have none yet. Set one up, then go on; programs "
        "do it by POST /api/v1/me/factors."
    )
    way = "Set up a second factor"
    href = "/account/factors"


class StepUpNeeded(Forbidden):
    message = (
        "This needs a fresh proof that it is you. Give it on the page /step-up or by "
        "POST /api/v1/step-ups, then do this again within ten minutes."
    )
    way = "Confirm that it is you"
    href = "/step-up"


class OtpNeeded(ConnectError):
    status = 401
    message = (
        "One more step: this account has a second factor. Give a code from it, or a recovery "
        "code; programs send it as otp."
    )
    way = "Go on to the second step"
    href = "/second-factor"


class CrossSite(Forbidden):
    message = "This form did not come from this site. Open the page again and resend it."


class NotFound(ConnectError):
    status = 404
    message = "There is nothing here, or it is not yours to see. Check the address."


class Conflict(ConnectError):
    status = 409
    message = "That cannot be done now."


class UnsupportedMediaType(ConnectError):
    status = 415
    message = "Send the body as the type that this address takes."


class TooMany(ConnectError):
    status = 429
    message = "Too many tries. Wait {wait}, then try again."

    def __init__(self, *, seconds: int) -> None:
        number, unit = (seconds, "second") if seconds < 60 else (-(-seconds // 60), "minute")
        super().__init__(wait=f"{number} {unit}{'s'[: number > 1]}")
        self.headers = {"Retry-After": str(seconds)}


class Busy(ConnectError):
    status = 503
    message = "The site is very busy. Nothing was changed; try again in a few seconds."
    headers = {"Retry-After": "3"}


class OutcomeUnknown(ConnectError):
    status = 503
    message = (
        "The connection to the database was lost, and it is not known whether this was saved. "
        "Look at it, or send the same request with the same Idempotency-Key again."
    )
    headers = {"Retry-After": "3"}


class Invalid(ConnectError):
    """One or more fields are wrong; *errors* maps each to a sentence that says what to do."""

    status = 422
    message = "Some fields need another look."

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = dict(errors)


def problem(request: Request[Any, Any, Any], error: ConnectError) -> Problem:
    """*error* as an RFC 9457 document."""
    body: Problem = {
        "type": f"urn:connect:problem:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "detail": str(error),
        "code": error.code,
        "request_id": request.scope.get("state", {}).get("request_id", ""),
    }
    if isinstance(error, Invalid):
        body["errors"] = [{"field": f, "message": m} for f, m in error.errors.items()]
    return body


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a program or one of our scripts asks, and not a person's browser."""
    path = request.scope["path"]
    return path.startswith("/api/") or request.headers.get("accept") == "application/json"


def _led_to(request: Request[Any, Any, Any], error: ConnectError) -> str:
    """The page that mends *error* and leads back; empty when there is none."""
    here = request.url.path
    if isinstance(error, NotSignedIn) and request.method == "GET":
        return f"/login?next={quote(here)}"
    if isinstance(error, OtpNeeded) and request.method == "GET":
        return f"/second-factor?next={quote(here)}"
    if isinstance(error, StepUpNeeded):
        if request.method != "GET":  # back to the page that the form stands on
            came = urlsplit(request.headers.get("referer", ""))
            ours = came.netloc == request.headers.get("host")
            here = came.path if ours else here.rpartition("/")[0]
        return f"/step-up?next={quote(here)}"
    return ""


def show(request: Request[Any, Any, Any], error: ConnectError) -> Response[Any]:
    """Render *error*: problem+json for programs, a page for people."""
    if wants_json(request):
        return Response(
            problem(request, error),
            status_code=error.status,
            media_type="application/problem+json",
            headers=error.headers,
        )
    if to := _led_to(request, error):
        return Response(None, status_code=303, headers={"Location": to})
    shown = {
        "title": TITLES.get(error.status, "That is not possible"),
        "message": str(error),
        "kept": error.kept,
        "way": error.way,
        "href": error.href,
        "code": error.code,
        "request_id": request.scope.get("state", {}).get("request_id", ""),
    }
    if isinstance(error, Invalid):
        shown["message"] = " ".join([str(error), *error.errors.values()])
    return page(
        request, "web/refused.html", status=error.status, headers=error.headers, error=shown
    )


class _Http(ConnectError):
    """A refusal by the framework, in our words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.message = message.replace("{", "{{").replace("}", "}}")
        super().__init__()
        self.status = status
        self._code = code

    @property
    def code(self) -> str:
        return self._code


FRAMEWORK = {
    404: ("not_found", NotFound.message),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "What was sent is too large. Send something smaller."),
}


def show_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Render what Litestar itself refuses; wrong input is told field by field."""
    if error.status_code == 400:
        return show(request, _wrong_input(request, error))
    if error.status_code >= 500:
        return show_crash(request, error)
    code, words = FRAMEWORK.get(error.status_code, ("refused", error.detail))
    shown = _Http(error.status_code, code, words)
    shown.headers = error.headers or {}
    return show(request, shown)


def show_busy(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """No connection to the database became free in time."""
    return show(request, Busy())


def show_unknown(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The connection was lost at COMMIT: neither done nor undone can be claimed."""
    return show(request, OutcomeUnknown())


def show_crash(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A bug: logged with its trace, told without details."""
    if isinstance(error, (UnicodeDecodeError, RecursionError)) and _is_raw(request):
        return show(request, Unreadable(what="JSON"))
    # The path of a mailed link holds its token; the route's template does not.
    log.error("request failed", route=request.scope.get("path_template"), exc_info=error)
    words = "Something went wrong on our side. It was recorded; what you saved before is kept."
    return show(request, _Http(500, "internal_error", words))


def _is_raw(request: Request[Any, Any, Any]) -> bool:
    """Whether the body came whole, and the failure came before it was read as JSON."""
    state = ScopeState.from_scope(request.scope)
    return isinstance(state.body, bytes) and state.json is Empty


def _wrong_input(request: Request[Any, Any, Any], error: HTTPException) -> ConnectError:
    handler = request.scope["route_handler"]
    field = handler.parsed_fn_signature.parameters.get("data")
    body = ScopeState.from_scope(request.scope).body
    if field is not None and isinstance(body, bytes):
        if request.content_type[0] not in ("application/json", ""):
            return UnsupportedMediaType()
        try:
            given = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return Unreadable(what="JSON")
        if not isinstance(given, dict):
            return Unreadable(what="a JSON object")
        # A body that may be left out is declared as ``Form | None``.
        forms = [f for f in get_args(field.annotation) if hasattr(f, "__struct_fields__")]
        if errors := field_errors(forms[0] if forms else field.annotation, given):
            return Invalid(errors)
    if missing := re.match(r"Missing required query parameter '(\w+)'", error.detail):
        return Invalid({missing[1]: MISSING})
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        return Invalid(
            {_asked_as(handler, e.get("key", "")): _sentence(e["message"]) for e in error.extra}
        )
    return Invalid({"body": _sentence(error.detail)})


def _asked_as(handler: Any, name: str) -> str:
    """What the parameter *name* of *handler* is called in a request."""
    field = handler.parsed_fn_signature.parameters.get(name)
    return getattr(field and field.kwarg_definition, "name", None) or name or "body"


def decode(
    form: type[Form],
    given: Mapping[str, Any],
    *,
    strict: bool = True,
    ignore: frozenset[str] = frozenset(),
) -> Form:
    """*given* as a *form* struct.

    Args:
        strict: JSON types as they are; False for form posts, where all is text.
        ignore: keys that belong to the page and not to the form.

    Raises:
        Invalid: every bad field, unknown ones included.
    """
    kept = {k: v for k, v in given.items() if k not in ignore}
    try:
        return msgspec.convert(kept, form, strict=strict)
    except msgspec.ValidationError:
        raise Invalid(field_errors(form, kept, strict=strict)) from None


def field_errors(form: Any, given: Mapping[str, Any], *, strict: bool = True) -> dict[str, str]:
    """Every field of *given* that does not fit the struct *form*, with what is wrong.

    The typed decoder stops at the first bad field; this asks it field by field. A form says by
    a static method ``faults(given)`` what no type can; it is asked about the fields that fit.
    """
    fields = {f.encode_name: f for f in msgspec.structs.fields(form)}
    errors = {name: "There is no such field here." for name in given if name not in fields}
    for name, field in fields.items():
        if name not in given:
            if field.required:
                errors[name] = MISSING
            continue
        try:
            msgspec.convert(given[name], field.type, strict=strict)
        except msgspec.ValidationError as error:
            errors[name] = _hint(field.type) or _sentence(str(error))
    if judge := getattr(form, "faults", None):
        errors |= judge({name: value for name, value in given.items() if name not in errors})
    return {name: errors[name] for name in (*fields, *errors) if name in errors}


def _hint(annotation: Any) -> str:
    """The sentence that a type carries for whoever fills it in (``Meta(description=...)``)."""
    for part in (annotation, *getattr(annotation, "__args__", ())):
        for meta in getattr(part, "__metadata__", ()):
            if getattr(meta, "description", None):
                return str(meta.description)
    return ""


def _sentence(words: str) -> str:
    words = re.sub(r" - at `\$?\.?(.*?)`", r" (\1)", words).replace(" ()", "")
    return words.replace("`", "").rstrip(".") + "."
