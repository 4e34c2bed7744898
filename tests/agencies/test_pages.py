"""Agencies as pages: the forms work without script, and strangers see the public columns only."""

import re
from asyncio import gather
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

import make
from agencies import made
from connect.agencies.actions import Verdict, open_draft, screen
from connect.agencies.codes import make_code
from connect.agencies.queries import codes_of, domains_of, profiles_of, standing_agency
from connect.agencies.tables import Agency, AgencyState
from connect.merges.actions import merge_agencies
from connect.policy import Role


async def send(person, path, **fields):
    return await person.post(path, data={"csrf": person.csrf, **fields})


def words(answer):
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


async def test_anybody_searches_and_the_way_in_is_always_there(client):
    for number in range(26):
        await made.agency(name=f"Town {number:02} Police")
    await made.agency(name="Lone School", kind="school", state="TX", ori="TX1234567")

    every = await client.get("/agencies")
    following = re.search(r'href="(/agencies\?after=[^"]+)"', every.text)
    second = await client.get(following[1])
    one = await client.get("/agencies", params={"q": "tx12345", "state": "TX", "kind": "school"})
    nothing = await client.get("/agencies", params={"q": "nowhere"})

    assert words(every).count("Police") == 20 - 1  # the school comes first
    assert words(second).count("Police") == 7
    assert "1 agency" in words(one)
    assert "Lone School" in words(one)
    assert "No agency matches" in words(nothing)
    for answer in (every, second, one, nothing):
        assert answer.status_code == 200
        assert 'href="/agencies/new"' in answer.text
        assert "TX1234567" not in answer.text
    assert (await client.get("/agencies", params={"after": "forged"})).status_code == 422


@pytest.mark.parametrize("rows", [1, 3])
async def test_pages_cost_the_same_whatever_their_length(database, browser, queries, clock, rows):
    registrar = await make.staff(Role.REGISTRAR)
    person = await browser(registrar)
    agency = await made.agency(domains=tuple(f"d{n}.example" for n in range(rows)))
    for _ in range(rows):
        draft = await made.agency(status=AgencyState.DRAFT)
        await made.agency()
        until = clock() + timedelta(days=9)
        await make_code(registrar, agency.id, max_uses=1, expires_at=until)

    async def cost(path):
        queries.clear()
        answer = await person.get(path)
        assert answer.status_code == 200
        return len(queries)

    assert await cost("/agencies") == 3  # who asks, what they asked for, the rows
    # Who asks, the agency, its domains, codes and profiles, its terms.
    assert await cost(f"/agencies/{agency.id}") == 6
    assert await cost("/admin/agencies") == 3  # who asks, what waits, the rows
    # Who asks, the agency, what is similar, its domains, and who brought it.
    assert await cost(f"/admin/agencies/{draft.id}/screening") == 5


async def test_an_applicant_brings_an_agency_and_sees_where_it_stands(database, browser, clock):
    applicant = await make.learner()
    person = await browser(applicant)
    wish = made.wish(domains="@PD.example,\n  other.example")

    form = await person.get("/agencies/new")
    sent = await send(person, "/agencies/new", once="1", **wish)
    clock.move(timedelta(days=3))
    person = await browser(applicant)
    stands = await person.get(sent.headers["location"])

    assert "Your records clerk knows it." in words(form)
    assert sent.status_code == 303
    assert "This agency waits for a registrar." in words(stands)
    assert "Waits for 3 days" in words(stands)
    assert "March 2, 2026, 9:00 a.m. CST" in words(stands)
    assert "other.example, pd.example" in words(stands)
    assert "Waiting" in words(await person.get("/agencies"))
    stranger = await browser(await make.learner())
    assert (await stranger.get(sent.headers["location"])).status_code == 404


async def test_every_bad_field_of_the_form_is_told_and_what_was_typed_is_kept(database, browser):
    person = await browser(await make.learner())
    wish = {"name": "", "kind": "", "state": "TX", "ori": "IA0070100", "domains": "gmail.com"}

    answer = await send(person, "/agencies/new", **wish)

    assert answer.status_code == 422
    told = re.findall(r'<a href="#(\w+)">', answer.text)
    assert told == ["name", "kind", "ori", "domains"]
    assert "gmail.com</textarea>" in answer.text
    assert 'value="IA0070100"' in answer.text
    assert await Agency.count() == 0


async def test_who_has_proved_no_address_is_told_the_way(database, browser, client):
    person = await browser(await make.learner(proved_at=None))

    form = await person.get("/agencies/new")
    refused = await send(person, "/agencies/new", **made.wish(domains=""))

    assert "Confirm your email address first" in words(form)
    assert 'id="ori"' not in form.text
    assert refused.status_code == 403
    assert (await client.get("/agencies/new")).headers["location"] == "/login?next=/agencies/new"


async def test_a_declined_and_a_matched_request_say_so(database, browser):
    applicant, registrar = await make.learner(), await make.staff(Role.REGISTRAR)
    known = await made.agency(name="Ames Police Department")
    declined = await open_draft(applicant, **made.wish())
    await screen(registrar, declined.id, Verdict.DECLINED, reason="There is no such town.")
    matched = await open_draft(applicant, **made.wish(name="Ames PD"))
    await screen(registrar, matched.id, Verdict.MATCHED, known.id)
    person, stranger = await browser(applicant), await browser(await make.learner())

    no, yes = [words(await person.get(f"/agencies/{d.id}")) for d in (declined, matched)]

    assert "There is no such town." in no
    assert "Ames Police Department" in yes
    assert {"Declined", "Listed already"} <= {
        word
        for word in ("Declined", "Listed already")
        if word in words(await person.get("/agencies"))
    }
    led_on = await stranger.get(f"/agencies/{matched.id}")
    assert (led_on.status_code, led_on.headers["location"]) == (303, f"/agencies/{known.id}")
    assert (await stranger.get(f"/agencies/{declined.id}")).status_code == 404


async def test_a_coordinator_keeps_the_agency_up_to_date(database, browser, clock):
    agency = await made.agency()
    actor = await made.coordinator(agency)
    person, path = await browser(actor), f"/agencies/{agency.id}"

    changed = await send(person, path, name="New Name", county="Story")
    listed = await send(person, f"{path}/domains", domain="@PD.example")
    code = await send(person, f"{path}/codes", max_uses="12", last_day="2026-03-31")
    profile = await send(
        person,
        f"{path}/profiles",
        as_of="2026-03-01",
        population="41,700",
        population_source="U.S. Census",
        population_year="2024",
        employees="",
    )
    page = words(await person.get(profile.headers["location"]))

    assert [a.status_code for a in (changed, listed, code, profile)] == [303, 303, 200, 303]
    stored = await standing_agency(agency.id)
    assert (stored.name, stored.county, stored.kind) == ("New Name", "Story", "law-enforcement")
    assert [row["domain"] for row in await domains_of(agency.id)] == ["pd.example"]
    assert [row["population"] for row in await profiles_of(agency.id)] == [41700]
    told = re.search(r'<strong class="code">([\w-]+)</strong>', code.text)[1]
    (row,) = await codes_of(agency.id)
    assert (row["max_uses"], row["expires_at"].isoformat()) == (12, "2026-04-01T04:59:59+00:00")
    assert "0 of 12" in page
    assert "41,700, U.S. Census, 2024" in page
    assert "pd.example Employment" in page
    assert told not in page

    ended = await send(person, f"{path}/codes/{row['id']}/end")
    removed = await send(person, f"{path}/domains/removal", domain="pd.example")
    assert [a.status_code for a in (ended, removed)] == [303, 303]
    assert "Ended" in words(await person.get(path))
    assert await domains_of(agency.id) == []


async def test_d12_a_form_sent_twice_acts_once(database, browser, clock):
    agency = await made.agency()
    person, path = await browser(await made.coordinator(agency)), f"/agencies/{agency.id}"
    code = {"once": "k1", "max_uses": "1", "last_day": "2026-03-31"}
    profile = {"once": "k2", "as_of": "2026-03-01", "employees": "9"}
    draft = {"once": "k3", "kind": "nonprofit", "name": "Harbor House", "state": "IA"}

    first, second = await gather(*(send(person, f"{path}/codes", **code) for _ in range(2)))
    profiles = [await send(person, f"{path}/profiles", **profile) for _ in range(2)]
    drafts = [await send(person, "/agencies/new", **draft) for _ in range(2)]
    changed = await send(person, f"{path}/profiles", **profile | {"employees": "8"})

    assert sorted([first.status_code, second.status_code]) == [200, 409]
    assert len(await codes_of(agency.id)) == 1
    assert [a.status_code for a in (*profiles, *drafts, changed)] == [303] * 5
    assert [row["employees"] for row in await profiles_of(agency.id)] == [8, 9]
    assert drafts[0].headers["location"] == drafts[1].headers["location"]
    assert await Agency.count().where(Agency.name == "Harbor House") == 1


async def test_wrong_entries_are_told_at_their_field(database, browser, clock):
    agency = await made.agency()
    person, path = await browser(await made.coordinator(agency)), f"/agencies/{agency.id}"

    answers = {
        "population sworn": await send(
            person, f"{path}/profiles", as_of="2026-03-01", population="about 40k", sworn="x"
        ),
        "as_of": await send(person, f"{path}/profiles", as_of="2026-03-03", employees="1"),
        "max_uses last_day": await send(person, f"{path}/codes", max_uses="many", last_day=""),
        "last_day": await send(person, f"{path}/codes", max_uses="1", last_day="2026-03-01"),
        "domain": await send(person, f"{path}/domains", domain="gmail.com"),
        "name": await send(person, path, name="", county=""),
    }

    for fields, answer in answers.items():
        assert answer.status_code == 422, fields
        assert re.findall(r'<a href="#(\w+)">', answer.text) == fields.split()
    assert 'value="about 40k"' in answers["population sworn"].text
    assert await codes_of(agency.id) == await profiles_of(agency.id) == []


@pytest.mark.parametrize("who", ["visitor", "learner", "stranger"])
async def test_strangers_see_the_public_columns_and_change_nothing(
    database, browser, client, who, clock
):
    agency = await made.agency(domains=("pd.example",), ori="IA0990099")
    path, expected = f"/agencies/{agency.id}", 403
    if who == "visitor":
        person, fields, expected = client, {}, 401
    else:
        stranger = who == "stranger"
        actor = await (made.coordinator(await made.agency()) if stranger else make.learner())
        person = await browser(actor)
        fields = {"csrf": person.csrf}
        expected = 404 if stranger else 403

    shown = await person.get(path)
    answers = [
        await person.post(path, data={**fields, "name": "Theirs"}),
        await person.post(f"{path}/domains", data={**fields, "domain": "x.example"}),
        await person.post(f"{path}/domains/removal", data={**fields, "domain": "pd.example"}),
        await person.post(
            f"{path}/codes", data={**fields, "max_uses": "1", "last_day": "2026-03-31"}
        ),
        await person.post(f"{path}/codes/{uuid4()}/end", data=fields),
        await person.post(f"{path}/profiles", data={**fields, "employees": "1"}),
    ]

    assert shown.status_code == 200
    assert agency.name in shown.text
    for secret in ("IA0990099", "pd.example", "<form method"):
        assert secret not in shown.text.split("<main")[1]
    assert [answer.status_code for answer in answers] == [expected] * len(answers)


async def test_a_form_without_its_token_changes_nothing(database, browser):
    agency = await made.agency()
    person = await browser(await made.coordinator(agency))

    answer = await person.post(f"/agencies/{agency.id}", data={"name": "Forged", "county": ""})

    assert answer.status_code == 403
    assert (await standing_agency(agency.id)).name == agency.name


async def test_registrars_see_what_waits_the_oldest_first(database, browser, clock):
    asks = await make.learner(legal_name="Ada Chief", title="Chief")
    first = await open_draft(asks, **made.wish(name="Old PD", ori=None))
    clock.move(timedelta(days=4))
    await open_draft(await make.learner(), **made.wish(name="New PD", ori=None, state="TX"))
    await made.agency(name="Old Town Police")
    registrar = await browser(await make.staff(Role.REGISTRAR))

    start = words(await registrar.get("/admin/agencies"))
    page = await registrar.get(f"/admin/agencies/{first.id}/screening")
    other_words = words(await registrar.get(f"/admin/agencies/{first.id}/screening?q=nothing"))

    assert re.search(r"\b4 Old PD .*\b0 New PD ", start)
    assert f'action="/admin/agencies/{first.id}/screening"' in page.text
    assert "cedarfallspd.example</textarea>" in page.text
    assert "Old Town Police" in words(page)
    assert re.search("Who asks Name Ada Chief .* Title Chief", words(page))
    led_on = await registrar.get(f"/admin/agencies/{first.id}?q=nothing")
    assert led_on.headers["location"] == f"/admin/agencies/{first.id}/screening?q=nothing"
    assert "Nothing similar is listed." in other_words
    assert (await registrar.get(f"/admin/agencies/{uuid4()}")).status_code == 404


@pytest.mark.parametrize("roles", [(), (Role.ANALYST,)])
async def test_only_registrars_come_to_the_registrars_pages(database, browser, client, roles):
    ours, theirs = await made.agency(), await made.agency()
    actor = await (make.staff(*roles) if roles else made.coordinator(ours, theirs))
    person = await browser(actor)

    answers = [
        await person.get("/admin/agencies"),
        await person.get(f"/admin/agencies/{ours.id}"),
        await send(person, f"/admin/agencies/{ours.id}/merges", other_id=str(theirs.id)),
    ]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert (await client.get("/admin/agencies")).status_code == 303
    assert (await standing_agency(theirs.id)).id == theirs.id


async def test_a_registrar_mends_a_request_before_screening_it(database, browser):
    draft = await open_draft(await make.learner(), **made.wish(ori=None))
    person = await browser(await make.staff(Role.REGISTRAR))
    facts = {"name": draft.name, "county": "", "kind": "law-enforcement", "state": "IA"}

    wrong = await send(person, f"/agencies/{draft.id}", **facts, ori="TX0070100")
    right = await send(person, f"/agencies/{draft.id}", **facts, ori="IA0070100")
    page = await person.get(right.headers["location"], follow_redirects=True)

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert re.findall(r'<a href="#(\w+)">', wrong.text) == ["ori"]
    assert f'action="/admin/agencies/{draft.id}/screening"' in wrong.text
    assert "Your changes are saved." in words(page)
    stored = await standing_agency(draft.id)
    assert (stored.ori, stored.status) == ("IA0070100", AgencyState.DRAFT)


async def test_a_registrar_lists_changes_and_merges(database, browser):
    registrar = await make.staff(Role.REGISTRAR)
    person = await browser(registrar)
    known = await made.agency(name="Cedar Falls PD", domains=("pd.example",))

    listed = await send(person, "/agencies/new", **made.wish(domains=""))
    path = listed.headers["location"].partition("?")[0]
    new = await standing_agency(UUID(path.rpartition("/")[2]))
    shared = await send(person, f"{path}/domains", domain="county.example")
    own = await send(person, f"{path}/domains", domain="cf.example", is_its_alone="yes")
    changed = await send(person, path, name=new.name, county="", kind="school", state="IA", ori="")
    merging = await person.get(f"/admin{path}")
    nobody = await send(person, f"/admin{path}/merges", other_id="")
    merged = await send(person, f"/admin{path}/merges", other_id=str(known.id))

    assert [a.status_code for a in (listed, shared, own, changed, nobody, merged)] == [
        303,
        303,
        303,
        303,
        422,
        303,
    ]
    assert f'<option value="{known.id}"' in merging.text
    stored = await standing_agency(known.id)
    assert (stored.id, stored.kind, stored.ori, stored.county) == (new.id, "school", None, "")
    assert {row["domain"]: row["is_its_alone"] for row in await domains_of(new.id)} == {
        "county.example": False,
        "cf.example": True,
        "pd.example": True,
    }
    gone = await person.get(f"/agencies/{known.id}")
    assert (gone.status_code, gone.headers["location"]) == (303, path)
    assert (await person.get(f"/admin/agencies/{known.id}")).headers["location"] == path


async def test_what_was_merged_is_found_under_the_kept_name_only(database, client):
    kept, dropped = await made.agency(name="Ames Police"), await made.agency(name="Ames PD")

    await merge_agencies(await make.staff(Role.REGISTRAR), kept.id, dropped.id)

    shown = words(await client.get("/agencies", params={"q": "ames"}))
    assert "Ames Police" in shown
    assert "Ames PD" not in shown
