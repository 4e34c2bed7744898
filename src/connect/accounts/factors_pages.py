"""The second step of signing in, fresh proofs, second factors and sessions, as pages."""

from typing import Any
from uuid import UUID

import msgspec
import segno
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.accounts import factors, passkeys, proofs, sessions, step_up
from connect.accounts.authentication import browser, network, no_cookie, session_cookie
from connect.accounts.factors_api import FactorIn, StepUpIn, ways
from connect.accounts.pages import inside
from connect.accounts.proofs import CodesLocked, Proof, WrongOtp
from connect.accounts.queries import actor_of_session
from connect.accounts.tables import Factor, FactorKind
from connect.errors import Forbidden, Invalid, decode
from connect.policy import Actor, Permission
from connect.security import token_hash
from connect.web.forms import read_form
from connect.web.templating import day, moment, page, redirect

ActorRequest = Request[Actor, Any, Any]
SHOWN = 100  # sessions
NOTICES = {
    "added": "Your second factor is added. Every other session has ended.",
    "ended": "The session has ended.",
    "others": "You are signed out everywhere else.",
}


def _with_credential(fields: dict[str, Any]) -> dict[str, Any]:
    """A form's fields, with the passkey's answer that the script wrote as JSON.

    Raises:
        Invalid: it is no JSON.
    """
    given = {name: value for name, value in fields.items() if value != ""}
    try:
        if "credential" in given:
            given["credential"] = msgspec.json.decode(given["credential"], type=dict[str, Any])
    except (msgspec.DecodeError, TypeError):
        raise Invalid({"otp": "This passkey could not be read. Try again."}) from None
    return given


def _go_on(to: str, secret: str) -> Response[Any]:
    answer = redirect(to)
    answer.set_cookie(session_cookie(secret))
    return answer


class SecondStepPages(Controller):
    include_in_schema = False

    @get("/second-factor", permission=Permission.SIGN_IN, half_open=True)
    async def second_factor(
        self, request: ActorRequest, following: FromQuery[str] = ""
    ) -> Response[Any]:
        to = inside(request.query_params.get("next", following) or "/")
        if request.user.signed_in:
            return redirect(to)
        if not request.user.half_open:
            return redirect("/login")
        return await _second_factor(request, to)

    @post("/second-factor", permission=Permission.SIGN_IN, half_open=True, status_code=303)
    async def pass_second_factor(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        to = inside(str(fields.pop("next", "") or "/"))
        if not request.user.half_open:  # the time for the second step is over
            return redirect("/login")
        try:
            proof = decode(Proof, _with_credential(fields))
            secret = await step_up.pass_second_factor(
                request.user, proof, network(request), browser(request)
            )
        except Invalid as refusal:
            return await _second_factor(request, to, refusal.errors)
        except (WrongOtp, CodesLocked) as refusal:
            return await _second_factor(request, to, {"otp": str(refusal)})
        return _go_on(to, secret)

    @get("/step-up", permission=Permission.EDIT_ACCOUNT)
    async def step_up_form(
        self, request: ActorRequest, following: FromQuery[str] = ""
    ) -> Response[Any]:
        to = inside(request.query_params.get("next", following) or "/")
        try:
            request.user.must_be_fresh()
        except Forbidden:
            return await _step_up(request, to)
        return redirect(to)

    @post("/step-up", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def step_up(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        fields.pop("username", None)  # there for password managers
        to = inside(str(fields.pop("next", "") or "/"))
        try:
            given = decode(StepUpIn, _with_credential(fields))
            _, secret = await step_up.step_up(
                request.user,
                proof=Proof(given.otp, given.credential),
                password=given.password,
                network=network(request),
            )
        except Invalid as refusal:
            return await _step_up(request, to, refusal.errors)
        except CodesLocked as refusal:
            return await _step_up(request, to, {"otp": str(refusal)})
        return _go_on(to, secret)


async def _second_factor(
    request: ActorRequest, to: str, errors: dict[str, str] | None = None
) -> Response[str]:
    return await _asking(request, "accounts/second_factor.html", to, errors)


async def _step_up(
    request: ActorRequest, to: str, errors: dict[str, str] | None = None
) -> Response[str]:
    return await _asking(request, "accounts/step_up.html", to, errors)


async def _asking(
    request: ActorRequest, template: str, to: str, errors: dict[str, str] | None
) -> Response[str]:
    asked = await ways(request.user)
    return page(
        request,
        template,
        status=422 if errors else 200,
        kinds=asked.kinds,
        options=msgspec.json.encode(asked.options).decode() if asked.options else "",
        form={"next": to},
        errors=errors or {},
    )


class FactorPages(Controller):
    include_in_schema = False

    @get("/account/factors", permission=Permission.EDIT_ACCOUNT)
    async def factors(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        return await _factors(request, notice=NOTICES.get(notice, ""))

    @post("/account/factors", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def begin(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        try:
            asked = decode(FactorIn, fields)
        except Invalid as refusal:
            return await _factors(request, form=fields, errors=refusal.errors)
        factor = await factors.begin(request.user, asked.kind, asked.name.strip())
        return redirect(f"/account/factors/{factor.id}")

    @get("/account/factors/{factor_id:uuid}", permission=Permission.EDIT_ACCOUNT)
    async def begun(self, request: ActorRequest, factor_id: FromPath[UUID]) -> Response[str]:
        return await _begun(request, await factors.begun(request.user, factor_id))

    @post("/account/factors/{factor_id:uuid}", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def confirm(self, request: ActorRequest, factor_id: FromPath[UUID]) -> Response[Any]:
        fields = await read_form(request)
        try:
            proof = decode(Proof, _with_credential(fields))
            done = await factors.confirm(
                request.user, factor_id, proof, network=network(request), browser=browser(request)
            )
        except Invalid as refusal:
            factor = await factors.begun(request.user, factor_id)
            return await _begun(request, factor, refusal.errors)
        if not done.codes:
            return _go_on("/account/factors?notice=added", done.secret)
        if found := await actor_of_session(token_hash(done.secret)):
            request.scope["user"] = found[0]  # the forms of this page belong to the new session
        answer = _codes(request, done.codes, is_first=True)
        answer.set_cookie(session_cookie(done.secret))
        return answer

    @post("/account/factors/{factor_id:uuid}/removal", permission=Permission.EDIT_ACCOUNT)
    async def remove(self, request: ActorRequest, factor_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await factors.remove(request.user, factor_id)
        answer = redirect("/login?notice=factor")
        answer.set_cookie(no_cookie())
        return answer

    @post("/account/recovery-codes", permission=Permission.EDIT_ACCOUNT, status_code=200)
    async def new_codes(self, request: ActorRequest) -> Response[str]:
        await read_form(request)
        return _codes(request, await factors.new_codes(request.user))

    @get("/account/sessions", permission=Permission.EDIT_ACCOUNT)
    async def sessions(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        rows = await sessions.sessions_of(request.user, limit=SHOWN)
        zone = request.user.time_zone
        return page(
            request,
            "accounts/sessions.html",
            sessions=[
                row
                | {
                    "made_at": moment(row["made_at"], zone),
                    "last_seen_at": moment(row["last_seen_at"], zone),
                }
                for row in rows[:SHOWN]
            ],
            notice=NOTICES.get(notice, ""),
        )

    @post("/account/sessions", permission=Permission.EDIT_ACCOUNT)
    async def end_sessions(self, request: ActorRequest) -> Response[None]:
        fields = await read_form(request)
        if session_id := str(fields.get("session", "")):
            await sessions.end_session(request.user, session_id)
            return redirect("/account/sessions?notice=ended")
        await sessions.end_other_sessions(request.user)
        return redirect("/account/sessions?notice=others")

    @post("/admin/people/{account_id:uuid}/factors", permission=Permission.RESET_FACTORS)
    async def reset(self, request: ActorRequest, account_id: FromPath[UUID]) -> Response[None]:
        await read_form(request)
        await factors.reset(request.user, account_id)
        return redirect(f"/admin/people/{account_id}?notice=reset")


async def _factors(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    confirmed = await proofs.factors_of(request.user.id)
    return page(
        request,
        "accounts/factors.html",
        status=422 if errors else 200,
        factors=[_listed(factor, request.user.time_zone) for factor in confirmed],
        codes_left=await proofs.codes_left(request.user.id),
        passkeys_work=passkeys.has_name(),
        form=form or {"kind": FactorKind.TOTP},
        errors=errors or {},
        notice=notice,
    )


def _listed(factor: Factor, zone: str) -> dict[str, Any]:
    return {
        "id": factor.id,
        "name": factor.name,
        "kind": factors.WORDS[FactorKind(factor.kind)],
        "since": day(factor.made_at),
        "used": moment(factor.used_at, zone) if factor.used_at else "",
    }


async def _begun(
    request: ActorRequest, factor: Factor, errors: dict[str, str] | None = None
) -> Response[str]:
    needed = await factors.to_set_up(request.user, factor)
    uri, secret = needed.get("uri", ""), needed.get("secret", "")
    options = needed.get("options")
    return page(
        request,
        "accounts/factor.html",
        status=422 if errors else 200,
        kind=factor.kind,
        # Dark on white whatever the page's colors are: apps read nothing else.
        picture=segno.make(uri, error="m").svg_data_uri(scale=5, light="white") if uri else "",
        secret=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        options=msgspec.json.encode(options).decode() if options else "",
        errors=errors or {},
    )


def _codes(request: ActorRequest, codes: list[str], *, is_first: bool = False) -> Response[str]:
    return page(request, "accounts/recovery_codes.html", codes=codes, is_first=is_first)
