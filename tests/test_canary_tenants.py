"""Bar S2: nothing of one agency's people is seen by anybody of another, by any door."""

import re

import pytest
from structlog.testing import capture_logs

import make
from canaries import CANARY, plant, tenant_tables
from connect.accounts.affiliations import affiliate
from connect.accounts.tables import RoleGrant
from connect.policy import Role
from test_policy import Visit, routes, signed_in

HERE = [None, Role.COORDINATOR, Role.EXECUTIVE]  # of agency A; None: just works there
SITE = [Role.PRESENTER, Role.PARTNER_COORDINATOR, Role.INSTRUCTOR]
SEARCHES = ["", f"?q={CANARY}", "?limit=100", "?agency_id={agency}", "?account_id={account}"]
LOOKS = {  # what a parameter is called → the table that its ids are of
    "affiliation_id": "affiliation",
    "case_id": "eligibility_case",
    "import_id": "import_file",
}


def addresses(app, ids, numbers):
    """Every GET of the application, with the ids of the other agency put in."""
    for method, path, _ in routes(app):
        if method != "GET" or path.startswith(("/static", "/media", "/health", "/metrics")):
            continue
        names = re.findall(r"\{(\w+):\w+\}", path)
        filled = path
        for name in names:
            table = LOOKS.get(name, name.removesuffix("_id"))
            given = str(ids.get(table) or numbers.get(name, "x"))
            filled = re.sub(rf"\{{{name}:\w+\}}", given, filled)
        for search in SEARCHES if not names else SEARCHES[:1]:
            yield filled + search.format(agency=ids["agency"], account=ids["account"])


async def seen(visit, wanted):
    """Addresses whose answer holds a canary."""
    found = []
    for path in wanted:
        with capture_logs():
            answer = await visit.ask("GET", path)
        if CANARY in answer.text.lower().replace(f"q={CANARY}", "").replace(
            f'value="{CANARY}"', ""
        ):
            found.append(path)
    return found


async def somebody(app, agency, role):
    account = await make.account()
    await affiliate(make.actor_of(account), account, agency)
    if role:
        await RoleGrant(account=account.id, role=role, agency=agency.id).save()
    return await signed_in(app, account)


@pytest.fixture
async def other(database):
    return await plant()


async def test_s2_every_table_of_tenants_has_a_canary(other):
    assert {t._meta.tablename for t in tenant_tables()} - other.keys() == set()


async def test_s2_no_canary_is_seen_from_another_agency(app, other):
    numbers = {"number": "C-2026-000001", "component": "final", "slug": "course-1"}
    wanted = list(addresses(app, other, numbers))
    ours = await make.agency(name="Southgate Police Department")
    visits = [("nobody", Visit(app))]
    visits += [(role or "works there", await somebody(app, ours, role)) for role in HERE]
    for role in SITE:
        account = await make.account()
        await RoleGrant(account=account.id, role=role).save()
        visits.append((role, await signed_in(app, account)))

    leaks = {name: found for name, visit in visits if (found := await seen(visit, wanted))}
    assert leaks == {}
    assert len(wanted) > 100

    # A registrar sees them, by many doors: the canaries sing, and the test can fail.
    registrar = await make.account()
    await RoleGrant(account=registrar.id, role=Role.REGISTRAR).save()
    assert len(await seen(await signed_in(app, registrar), wanted)) > 8
