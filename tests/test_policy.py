"""Who may do what: the table itself, and that every route of the application keeps to it."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient
from structlog.testing import capture_logs

import make
from accounts.contents import contents
from accounts.people import V1
from connect import clock, security
from connect.accounts.authentication import cookie_name
from connect.accounts.sign_in import open_session
from connect.accounts.tables import ApiToken, RoleGrant
from connect.audit import keyed_hash
from connect.certificates.tables import Certificate
from connect.errors import Forbidden, NotSignedIn
from connect.learning.actions import enroll
from connect.learning.attempts import start_attempt
from connect.policy import SYSTEM, TABLE, VISITOR, Actor, Permission, Relation, Role

STAFF = [Role.ANALYST, Role.AUDITOR, Role.REGISTRAR, Role.ADMIN]
ACTORS = ["nobody", "learner", *STAFF]
ALLOWED, FORBIDDEN, NOT_SIGNED_IN = "allowed", "forbidden", "not_signed_in"
ENDINGS = {("POST", "/logout"), ("DELETE", f"{V1}/me/sessions")}
SAMPLES = {"uuid": str(uuid4()), "str": "x", "int": "1", "path": "/x"}


def routes(app):
    """(method, address, permission) of every route; what ends sessions last."""
    found = [
        (method, route.path, Permission(handler.opt["permission"]))
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
    ]
    return sorted(found, key=lambda route: (route[:2] in ENDINGS, route))


def address(path):
    return re.sub(r"/?\{\w+:(\w+)\}", lambda fits: f"/{SAMPLES[fits[1]].strip('/')}", path)


def expected(actor, permission):
    held = {Role.ANYONE} if actor == "nobody" else {Role.ANYONE, Role.LEARNER, actor}
    if held & TABLE[permission].keys():
        return ALLOWED
    return NOT_SIGNED_IN if actor == "nobody" else FORBIDDEN


def verdict(answer):
    if answer.headers.get("content-type") != "application/problem+json":
        return ALLOWED
    refusals = {("forbidden", 403): FORBIDDEN, ("not_signed_in", 401): NOT_SIGNED_IN}
    return refusals.get((answer.json()["code"], answer.status_code), ALLOWED)


class Visit:
    """One actor at every door: a token for the API, a session for the pages."""

    def __init__(self, app, token="", secret=""):
        self.csrf = keyed_hash(f"form {security.token_hash(secret)}") if secret else ""
        self.bearer = {"Authorization": f"Bearer {token}"} if token else {}
        self.client = AsyncClient(
            transport=ASGITransport(app, client=("127.0.0.1", 40000)),
            base_url="http://127.0.0.1:8000",
            cookies={cookie_name(): secret} if secret else {},
            headers={"Accept": "application/json"},
        )

    async def ask(self, method, path):
        if path.startswith("/api/"):
            body = {} if method in ("GET", "DELETE") else {"json": {}}
            return await self.client.request(method, path, headers=self.bearer, **body)
        body = {} if method == "GET" else {"data": {"csrf": self.csrf}}
        return await self.client.request(method, path, **body)


async def visit(app, actor):
    if actor == "nobody":
        return Visit(app)
    account = await make.account()
    if actor != "learner":
        await RoleGrant(account=account.id, role=actor).save()
    return await signed_in(app, account)


async def signed_in(app, account):
    token = security.new_token()
    await ApiToken(
        account=account.id,
        token_hash=security.token_hash(token),
        expires_at=clock.now() + timedelta(days=1),
    ).save()
    return Visit(app, token, await open_session(account, "192.0.2.1"))


async def test_s1_every_route_keeps_to_the_table_for_everybody(app, database):
    table, found = {}, {}
    for actor in ACTORS:
        here = await visit(app, actor)
        for method, path, permission in routes(app):
            with capture_logs():
                answer = await here.ask(method, address(path))
            assert answer.status_code < 500, (method, path, answer.text)
            found[actor, method, path] = verdict(answer)
            table[actor, method, path] = expected(actor, permission)

    wrong = {place: verdict for place, verdict in found.items() if verdict != table[place]}
    assert wrong == {}
    assert set(table.values()) == {ALLOWED, FORBIDDEN, NOT_SIGNED_IN}
    assert len(table) > 600


async def test_s1_what_is_refused_changes_nothing(app, database):
    here = await visit(app, "nobody")
    before = await contents()
    for method, path, permission in routes(app):
        if expected("nobody", permission) != ALLOWED:
            with capture_logs():
                await here.ask(method, address(path))

    assert await contents() == before


@pytest.fixture
async def somebody(database):
    """Somebody with an enrollment, an attempt, a certificate and a token; the addresses of them."""
    version = await make.course(
        make.content(components=[make.component_quiz("final", pass_percent=80)])
    )
    account = await make.account()
    actor = make.actor_of(account)
    slug = (await version.get_related(type(version).course)).slug
    enrollment, _ = await enroll(actor, slug)
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    await Certificate(
        number="C-2026-000001",
        code="0" * 26,
        holder=account.id,
        name=account.legal_name,
        title="A course",
        minutes=30,
        issued_on=clock.now().date(),
        facts="{}",
        digest="0" * 64,
        source_kind="test",
        source=enrollment.id,
    ).save()
    return account, str(enrollment.id), str(attempt.id)


def places(enrollment, attempt, token):
    """Everything that is somebody's own, by API and by page."""
    question = f"{V1}/attempts/{attempt}/answers/q1"
    return {
        "learning": [
            ("GET", f"{V1}/enrollments/{enrollment}"),
            ("GET", f"{V1}/enrollments/{enrollment}/components/final"),
            ("PUT", f"{V1}/enrollments/{enrollment}/components/final"),
            ("POST", f"{V1}/enrollments/{enrollment}/quizzes/final/attempts"),
            ("GET", f"{V1}/attempts/{attempt}"),
            ("PUT", question),
            ("POST", f"{V1}/attempts/{attempt}/submission"),
            ("GET", f"/learn/{enrollment}"),
            ("GET", f"/learn/{enrollment}/final"),
            ("POST", f"/learn/{enrollment}/continue"),
            ("POST", f"/learn/{enrollment}/final/next"),
            ("POST", f"/learn/{enrollment}/final/heartbeat"),
            ("POST", f"/learn/{enrollment}/final/attempts"),
            ("GET", f"/attempts/{attempt}"),
            ("GET", f"/attempts/{attempt}/result"),
            ("POST", f"/attempts/{attempt}/answers/q1"),
            ("POST", f"/attempts/{attempt}/submission"),
        ],
        "records": [
            ("GET", f"{V1}/certificates/C-2026-000001"),
            ("GET", f"{V1}/certificates/C-2026-000001/pdf"),
            ("GET", "/certificates/C-2026-000001"),
            ("GET", "/certificates/C-2026-000001/pdf"),
        ],
        "token": [("DELETE", f"{V1}/tokens/{token}")],
    }


BODIES = {"components": {"event": "open"}, "answers": {"choices": ["a"]}}


async def statuses(here, wanted):
    found = set()
    for method, path in wanted:
        if path.startswith(V1) and method in ("PUT", "POST"):
            body = next((body for name, body in BODIES.items() if f"/{name}/" in path), {})
            answer = await here.client.request(method, path, json=body, headers=here.bearer)
        else:
            answer = await here.ask(method, path)
        found.add(answer.status_code)
    return found


@pytest.mark.parametrize("stranger", ["learner", *STAFF])
async def test_s1_the_rows_of_somebody_else_are_not_found(app, somebody, stranger):
    owner, enrollment, attempt = somebody
    here = await signed_in(app, owner)
    (token,) = await ApiToken.select(ApiToken.id)
    there = await visit(app, stranger)
    wanted = places(enrollment, attempt, token["id"])
    before = await contents(without=("session",))

    readers = {Role.REGISTRAR, Role.AUDITOR, Role.ADMIN}
    assert await statuses(there, wanted["learning"]) == {404}
    assert await statuses(there, wanted["token"]) == {404}
    assert (await statuses(there, wanted["records"]) == {404}) is (stranger not in readers)
    assert await contents(without=("session",)) == before
    assert 404 not in await statuses(here, wanted["records"] + wanted["learning"])


async def test_lists_hold_only_ones_own_rows(app, somebody):
    owner, *_ = somebody
    here, there = await signed_in(app, owner), await visit(app, Role.ADMIN)
    found = {
        name: [len((await one.ask("GET", f"{V1}/{name}")).json()["items"]) for one in (here, there)]
        for name in ("enrollments", "certificates", "tokens", "transcript")
    }

    assert found == {
        "enrollments": [1, 0],
        "certificates": [1, 0],
        "tokens": [1, 1],
        "transcript": [0, 0],
    }


SOMEBODY, ELSE, AGENCY = uuid4(), uuid4(), uuid4()


def holder(*roles):
    return Actor(account_id=SOMEBODY, roles=frozenset(roles))


@pytest.mark.parametrize("role", Role)
def test_a_role_for_the_whole_site_reaches_as_far_as_the_table_says(role):
    for permission, row in TABLE.items():
        reaches_as_far(role, permission, row)


def reaches_as_far(role, permission, row):
    held = {Role.ANYONE, Role.LEARNER, role} & row.keys()
    farthest = Relation.OWN if held else None
    if any(row[r] is not Relation.OWN for r in held):
        farthest = Relation.ANY  # what reaches one's agency reaches all of them

    actor = holder((role, None))

    assert actor.relation(permission) == farthest
    assert actor.may(permission) is (farthest is not None)
    assert actor.may(permission, owner=SOMEBODY) is (farthest is not None)
    assert actor.may(permission, owner=ELSE) is (farthest is Relation.ANY)


@pytest.mark.parametrize("role", Role)
def test_a_role_for_an_agency_reaches_no_other(role):
    for permission in Permission:
        reaches_its_agency(role, permission)


def reaches_its_agency(role, permission):
    reaches = TABLE[permission].get(role) is Relation.AGENCY
    actor = holder((role, AGENCY))
    without = holder()

    assert actor.agencies(permission) == ({AGENCY} if reaches else frozenset())
    assert actor.may(permission, agency=AGENCY) is (
        reaches or without.relation(permission) is Relation.ANY
    )
    assert actor.may(permission, agency=ELSE) is (without.relation(permission) is Relation.ANY)


def test_a_visitor_may_do_what_anyone_may_and_the_system_no_more():
    public = {permission for permission in Permission if Role.ANYONE in TABLE[permission]}

    assert {p for p in Permission if VISITOR.may(p)} == public
    assert {p for p in Permission if SYSTEM.may(p)} == public


def test_the_refusal_says_whether_signing_in_might_help():
    with pytest.raises(NotSignedIn):
        VISITOR.must(Permission.LEARN)
    with pytest.raises(NotSignedIn):
        _ = VISITOR.id
    with pytest.raises(Forbidden):
        holder().must(Permission.READ_OUTBOX)
    with pytest.raises(Forbidden):
        holder().must(Permission.LEARN, owner=ELSE)
    holder().must(Permission.LEARN, owner=SOMEBODY)


def test_every_permission_has_a_row_and_every_row_a_role():
    assert TABLE.keys() == set(Permission)
    assert [permission for permission, row in TABLE.items() if not row] == []
