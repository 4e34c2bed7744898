"""Registering, signing in and the account, as pages."""

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from connect.accounts import actions, sign_in
from connect.accounts.api import EmailIn, PasswordChangeIn, PasswordIn, RegisterIn, sent
from connect.accounts.authentication import browser, network, no_cookie, session_cookie
from connect.accounts.queries import account_of
from connect.accounts.rules import faults, zones
from connect.accounts.sign_in import WrongPassword
from connect.config import settings
from connect.errors import Invalid, decode
from connect.fields import Discipline, Email, Line, Name, Password, State, Zone
from connect.lists import DISCIPLINES, STATES
from connect.policy import Actor, Permission
from connect.web.forms import read_form
from connect.web.templating import page, redirect

ActorRequest = Request[Actor, Any, Any]
MEANT = "/?#[]@!$&'()*+,;=:~%"  # characters with a meaning in addresses
USUAL_ZONES = {
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Mountain, no daylight saving (Arizona)",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "America/Puerto_Rico": "Atlantic (Puerto Rico, Virgin Islands)",
    "Pacific/Guam": "Guam and Northern Mariana Islands",
    "Pacific/Pago_Pago": "American Samoa",
}


class ProfileForm(msgspec.Struct, forbid_unknown_fields=True):
    legal_name: Name
    discipline: Discipline
    state: State
    time_zone: Zone
    certificate_name: Line = ""
    title: Line = ""

    faults = staticmethod(faults)


class SignInForm(msgspec.Struct, forbid_unknown_fields=True):
    email: Email
    password: Password


def options() -> dict[str, list[tuple[str, str]]]:
    """What the selects of a profile offer, the usual time zones first."""
    others = sorted(z for z in zones() - USUAL_ZONES.keys() if "/" in z and z[:3] != "Etc")
    return {
        "disciplines": [(item.code, item.label) for item in DISCIPLINES.values()],
        "states": [(item.code, item.label) for item in STATES.values()],
        "time_zones": [*USUAL_ZONES.items(), *((z, z.replace("_", " ")) for z in others)],
    }


def inside(address: str) -> str:
    """*address* if it leads to a page of this site, else the start page."""
    leads_in = address.startswith("/") and not address.startswith("//")
    plain = address.isprintable() and "\\" not in address  # browsers take \ for / and skip tabs
    return quote(address, safe=MEANT) if leads_in and plain else "/"


def _again(
    request: ActorRequest,
    template: str,
    fields: dict[str, Any],
    errors: dict[str, str],
    **more: Any,
) -> Response[str]:
    return page(request, template, status=422, form=fields, errors=errors, **more)


class AccountPages(Controller):
    include_in_schema = False

    @get("/register", permission=Permission.REGISTER)
    async def register_form(self, request: ActorRequest) -> Response[str]:
        start = {"time_zone": settings().time_zone}
        return page(request, "accounts/register.html", form=start, errors={}, options=options())

    @post("/register", permission=Permission.REGISTER, status_code=200)
    async def register(self, request: ActorRequest) -> Response[str]:
        fields = await read_form(request)
        try:
            given = decode(RegisterIn, {"adult": "false"} | fields, strict=False)
            account = await actions.new_account(network(request), **sent(given))
        except Invalid as refusal:
            shown = {"options": options()}
            return _again(request, "accounts/register.html", fields, refusal.errors, **shown)
        await actions.register(account)
        return page(request, "accounts/register_sent.html", email=account.email)

    @get("/verify-email/{token:str}", permission=Permission.REGISTER)
    async def prove_form(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        return page(request, "accounts/verify_email.html")

    @post("/verify-email/{token:str}", permission=Permission.REGISTER)
    async def prove(self, request: ActorRequest, token: FromPath[str]) -> Response[None]:
        await read_form(request)
        await actions.prove_address(token)
        return redirect("/courses" if request.user.signed_in else "/login?notice=proved")

    @get("/login", permission=Permission.SIGN_IN)
    async def login_form(
        self, request: ActorRequest, following: FromQuery[str] = "", notice: FromQuery[str] = ""
    ) -> Response[Any]:
        asked = request.query_params.get("next", following)
        if request.user.signed_in:
            return redirect(inside(asked))
        form = {"email": "", "next": inside(asked) if asked else ""}
        words = NOTICES.get(notice, "")
        return page(request, "accounts/login.html", form=form, errors={}, notice=words)

    @post("/login", permission=Permission.SIGN_IN, status_code=303)
    async def login(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        following = inside(str(fields.pop("next", "") or "/"))
        try:
            given = decode(SignInForm, fields, strict=False)
            secret = await sign_in.sign_in(
                given.email, given.password, network(request), browser(request)
            )
        except (Invalid, WrongPassword) as refusal:
            errors = refusal.errors if isinstance(refusal, Invalid) else {"password": str(refusal)}
            shown = {"email": fields.get("email", ""), "next": following}
            return _again(request, "accounts/login.html", shown, errors, notice="")
        answer = redirect(following)
        answer.set_cookie(session_cookie(secret))
        return answer

    @post("/logout", permission=Permission.SIGN_IN, half_open=True)
    async def logout(self, request: ActorRequest) -> Response[None]:
        await read_form(request)
        if request.user.session:
            await sign_in.sign_out(request.user)
        answer = redirect("/")
        answer.set_cookie(no_cookie())
        return answer

    @get("/reset-password", permission=Permission.SIGN_IN)
    async def reset_request_form(self, request: ActorRequest) -> Response[str]:
        return page(request, "accounts/reset_request.html", form={}, errors={})

    @post("/reset-password", permission=Permission.SIGN_IN, status_code=200)
    async def reset_request(self, request: ActorRequest) -> Response[str]:
        fields = await read_form(request)
        try:
            given = decode(EmailIn, fields, strict=False)
        except Invalid as refusal:
            return _again(request, "accounts/reset_request.html", fields, refusal.errors)
        await sign_in.request_reset(network(request), given.email)
        return page(request, "accounts/reset_sent.html", email=given.email)

    @get("/reset-password/{token:str}", permission=Permission.SIGN_IN)
    async def reset_form(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        return page(request, "accounts/reset.html", errors={})

    @post("/reset-password/{token:str}", permission=Permission.SIGN_IN, status_code=303)
    async def reset(self, request: ActorRequest, token: FromPath[str]) -> Response[Any]:
        fields = await read_form(request)
        try:
            await sign_in.reset_password(token, decode(PasswordIn, fields, strict=False).password)
        except Invalid as refusal:
            return page(request, "accounts/reset.html", status=422, errors=refusal.errors)
        return redirect("/login?notice=reset")

    @get("/setup/{token:str}", permission=Permission.REGISTER)
    async def setup_form(self, request: ActorRequest, token: FromPath[str]) -> Response[str]:
        if await actions.has_administrator():
            raise actions.SetupIsOver
        return page(request, "accounts/setup.html", form={}, errors={})

    @post("/setup/{token:str}", permission=Permission.REGISTER, status_code=303)
    async def setup(self, request: ActorRequest, token: FromPath[str]) -> Response[Any]:
        fields = await read_form(request)
        try:
            given = decode(actions.Administrator, fields, strict=False)
            secret = await actions.set_up(
                network(request), browser(request), token, **msgspec.structs.asdict(given)
            )
        except Invalid as refusal:
            return _again(request, "accounts/setup.html", fields, refusal.errors)
        answer = redirect("/admin")
        answer.set_cookie(session_cookie(secret))
        return answer

    @get("/account", permission=Permission.EDIT_ACCOUNT)
    async def account(self, request: ActorRequest, notice: FromQuery[str] = "") -> Response[str]:
        return await _account_page(request, notice=NOTICES.get(notice, ""))

    @post("/account", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def change(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        try:
            given = decode(ProfileForm, fields, strict=False)
            await actions.update_profile(request.user, msgspec.structs.asdict(given))
        except Invalid as refusal:
            return await _account_page(request, form=fields, errors=refusal.errors)
        return redirect("/account?notice=saved")

    @post("/account/password", permission=Permission.EDIT_ACCOUNT, status_code=303)
    async def change_password(self, request: ActorRequest) -> Response[Any]:
        fields = await read_form(request)
        fields.pop("username", None)  # there for password managers
        try:
            given = decode(PasswordChangeIn, fields, strict=False)
            await sign_in.change_password(request.user, given.current, given.new)
        except Invalid as refusal:
            return await _account_page(request, password_errors=refusal.errors)
        return redirect("/account?notice=password")

    @post("/account/email-verification", permission=Permission.EDIT_ACCOUNT)
    async def send_proof(self, request: ActorRequest) -> Response[None]:
        await read_form(request)
        await actions.request_proof(network(request), (await account_of(request.user)).email)
        return redirect("/account?notice=sent")


NOTICES = {
    "proved": "Your email address is confirmed. Sign in and choose a course.",
    "closed": "Your account is closed. Thank you for what you did here.",
    "confirmed": "The address is confirmed. Sign in to see it with your account.",
    "reset": "Your new password is set. Sign in with it.",
    "saved": "Your changes are saved.",
    "password": "Your password is changed. Every other session has ended.",
    "factor": "Your second factors have changed, and every session has ended. Sign in again.",
    "sent": "The mail is on its way. Open its link to confirm your address.",
}


async def _account_page(
    request: ActorRequest,
    *,
    form: dict[str, Any] | None = None,
    errors: dict[str, str] | None = None,
    password_errors: dict[str, str] | None = None,
    notice: str = "",
) -> Response[str]:
    account = await account_of(request.user)
    return page(
        request,
        "accounts/account.html",
        status=422 if errors or password_errors else 200,
        account={"email": account.email, "address_proved": account.proved_at is not None},
        form=form or {n: getattr(account, n) for n in actions.PROFILE},
        errors=errors or {},
        password_errors=password_errors or {},
        options=options(),
        notice=notice,
    )
