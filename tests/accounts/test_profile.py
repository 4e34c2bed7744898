"""The profile: what may be sent, what is refused, and that nothing else can be set."""

import json

import make
from accounts.contents import contents
from accounts.people import PERSON, V1, elsewhere
from connect.accounts.api import ProfileIn, RegisterIn
from connect.accounts.tables import Account
from connect.policy import Role

FIELDS = {
    "legal_name": "Ada Sergeant",
    "certificate_name": "A. Sergeant",
    "discipline": "medical",
    "title": "Sergeant",
    "state": "ZZ",
    "time_zone": "Pacific/Honolulu",
}
COLUMNS = {column._meta.name for column in Account._meta.columns}
OTHERS = {"role": "admin", "roles": ["admin"], "is_admin": True, "agency_id": 1, "agency": "x"}
OTHERS |= {"status_code": 200, "__class__": "x", "csrf": "x", "account": {"id": 1}}


async def test_every_field_is_changed_and_shown_back(api):
    actor = await make.learner(email="ada@agency.example")
    program = await api(actor)

    answer = await program.patch("/me", json=FIELDS)

    assert answer.status_code == 200
    assert answer.json() == (await program.get("/me")).json()
    assert answer.json() == {
        "id": str(actor.id),
        "email": "ada@agency.example",
        "status": "active_unverified",
        "roles": [],
        **FIELDS,
    }


async def test_one_field_is_changed_and_the_others_stay(api):
    program = await api(await make.learner())
    for name in FIELDS:
        before = (await program.get("/me")).json()

        after = (await program.patch("/me", json={name: FIELDS[name]})).json()

        assert after == before | {name: FIELDS[name]}


async def test_the_roles_are_shown(api):
    actor = await make.staff(Role.REGISTRAR, Role.ANALYST)

    shown = (await (await api(actor)).get("/me")).json()["roles"]

    assert [(role["role"], role["agency_id"]) for role in shown] == [
        ("analyst", None),
        ("registrar", None),
    ]


async def test_the_page_changes_what_the_api_changes(browser):
    page = await browser(await make.learner())

    answer = await page.post("/account", data=FIELDS | {"csrf": page.csrf})

    (row,) = await Account.select()
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?notice=saved")
    assert {name: row[name] for name in FIELDS} == FIELDS


def others(form):
    """Names that *form* has not: all other columns, and what somebody might try."""
    return sorted((COLUMNS - set(form.__struct_fields__)) | OTHERS.keys())


def no_such(name):
    return 422, [{"field": name, "message": "There is no such field here."}]


async def test_registering_sets_no_other_column(app, database):
    before = await contents()
    for name in others(RegisterIn):
        given = PERSON | {name: OTHERS.get(name, "active_verified")}
        async with elsewhere(app) as client:
            by_api = await client.post(f"{V1}/accounts", json=given)
            texts = {k: str(v) for k, v in given.items() if k != "csrf"}  # the page's own
            by_page = await client.post("/register", data=texts | {f"{name}_": "x"})

        assert (by_api.status_code, by_api.json()["errors"]) == no_such(name)
        assert by_page.status_code == 422

    assert await contents() == before


async def test_a_profile_sets_no_other_column(api, browser):
    actor = await make.learner()
    program, page = await api(actor), await browser(actor)
    before = await contents(without=("session",))
    for name in others(ProfileIn):
        value = OTHERS.get(name, "active_verified")
        form = FIELDS | {name: str(value), "csrf": page.csrf, f"{name}_": "x"}

        by_api = await program.patch("/me", json={"title": "Sergeant", name: value})
        by_page = await page.post("/account", data=form)

        assert (by_api.status_code, by_api.json()["errors"]) == no_such(name)
        assert by_page.status_code == 422

    assert await contents(without=("session",)) == before


NAME = "Write the name in 1 to 120 characters, on one line."
LINE = "Write at most 120 characters, on one line."
ZONE = "Choose a time zone such as America/Chicago."
STATE = "Choose a state from the list."
DISCIPLINE = "Choose a discipline from the list."
UNSEEN = ["\x00", "\x1b", "\n", "\r", "\t", "\x7f", "\x85", "\u2028", "\u202e", "\u2066"]
WRONG = [
    *(("legal_name", f"Ada {mark}Officer", NAME) for mark in UNSEEN),
    *(("legal_name", f"Ada Officer{mark}", NAME) for mark in UNSEEN),
    *(("legal_name", mark, NAME) for mark in UNSEEN),
    *(("title", f"Officer{mark}", LINE) for mark in UNSEEN),
    ("legal_name", "", NAME),
    ("legal_name", "   ", NAME),
    ("legal_name", "x" * 121, NAME),
    ("legal_name", None, NAME),
    ("legal_name", 7, NAME),
    ("legal_name", ["Ada"], NAME),
    ("legal_name", {"a": 1}, NAME),
    ("title", "x" * 121, LINE),
    ("title", True, LINE),
    ("certificate_name", "\ufb2c" * 41, "Write at most 120 characters, on one line."),
    ("state", "XX", STATE),
    ("state", "tx", STATE),
    ("state", "TX\n", STATE),
    ("state", "TX ", STATE),
    ("state", "", STATE),
    ("state", 2**63, STATE),
    ("discipline", "law-enforcement\n", DISCIPLINE),
    ("discipline", "officer", DISCIPLINE),
    ("time_zone", "", ZONE),
    ("time_zone", "Mars/Olympus", ZONE),
    ("time_zone", "America/Chicago\n", ZONE),
    ("time_zone", "x" * 61, ZONE),
]


async def test_a_bad_value_is_named_with_what_to_do_and_nothing_changes(api):
    program = await api(await make.learner())
    before = await contents()

    told = []
    for name, value, _ in WRONG:
        answer = await program.patch("/me", content=json.dumps({name: value}))
        told += [(name, value, e["message"]) for e in answer.json()["errors"]]
        assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [name])

    assert told == WRONG
    assert await contents() == before


async def test_every_bad_field_is_told_at_once_by_api_and_page(client):
    given = {
        "email": "ada",
        "password": "password1234567",
        "legal_name": "\ufb2c" * 41,
        "discipline": "officer",
        "time_zone": "Mars",
        "nickname": "x",
    }
    wrong = ["discipline", "email", "legal_name", "nickname", "password", "state", "time_zone"]

    by_api = await client.post(f"{V1}/accounts", json=given)
    by_page = await client.post("/register", data=given)

    assert by_api.status_code == by_page.status_code == 422
    assert sorted(error["field"] for error in by_api.json()["errors"]) == wrong
    for error in by_api.json()["errors"]:
        assert error["message"] in by_page.text


async def test_names_of_all_the_world_are_taken(api):
    program = await api(await make.learner())
    names = ["Zoë Ó Briain-Łukasz", "Nguyễn Thị Minh", "王小明", "O'Neil, Jr.", "X", "🦦 Otter"]
    for name in names:
        answer = await program.patch("/me", json={"legal_name": name})

        assert (answer.status_code, answer.json()["legal_name"]) == (200, name)


async def test_a_page_shows_every_bad_field_and_what_was_typed(browser):
    page = await browser(await make.learner())

    answer = await page.post(
        "/account",
        data=FIELDS | {"csrf": page.csrf, "legal_name": "<b>x", "state": "XX", "time_zone": "Mars"},
    )

    assert answer.status_code == 422
    assert [f'href="#{name}"' in answer.text for name in ("state", "time_zone", "title")] == [
        True,
        True,
        False,
    ]
    assert "&lt;b&gt;x" in answer.text
    assert "<b>x" not in answer.text


async def test_nobody_without_an_account_reads_or_changes_a_profile(client):
    answers = [
        await client.get(f"{V1}/me"),
        await client.patch(f"{V1}/me", json=FIELDS),
        await client.put(f"{V1}/me/password", json={"current": "x", "new": "y"}),
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [(401, "not_signed_in")] * 3
