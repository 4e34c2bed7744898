"""Paths over JSON and as pages."""

import make
from paths.followed import MODULES, finish, modules, path


async def test_the_story_of_a_path_over_json(database, api, client, work):
    await modules()
    await path()
    ada = await make.learner()
    program = await api(ada)

    listed = (await client.get("/api/v1/paths")).json()["items"]
    assert [(p["slug"], p["contact_minutes"], len(p["courses"])) for p in listed] == [
        ("introduction", 90, 3)
    ]
    assert (await program.get("/paths/introduction/enrollment")).status_code == 404
    begun = await program.post("/paths/introduction/enrollments", json={})
    again = await program.post("/paths/introduction/enrollments", json={})
    assert (begun.status_code, again.status_code) == (201, 200)
    assert [c["state"] for c in begun.json()["courses"]] == ["open", "locked", "open"]
    assert [m["what"] for m in begun.json()["missing"]] == [
        "Start Module-a.",
        "Module-b opens after Module-a.",
        "Start Module-c.",
    ]
    early = await program.post("/paths/introduction/courses/module-b/enrollments", json={})
    assert (early.status_code, early.json()["code"]) == (409, "prerequisite_missing")
    fine = await program.post("/paths/introduction/courses/module-a/enrollments", json={})
    assert fine.status_code == 201
    for slug in MODULES:
        await finish(ada, slug)
    await work()
    done = (await program.get("/paths/introduction/enrollment")).json()
    assert (done["state"], done["missing"]) == ("completed", [])
    shown = await client.get(f"/api/v1/certificates/{done['certificate']}")
    assert shown.status_code == 401
    kind = (await program.get(f"/certificates/{done['certificate']}")).json()["kind"]
    assert kind == "path"


async def test_a_list_of_paths_takes_as_many_statements_for_three_as_for_one(
    database, client, queries
):
    await modules()
    await path()
    await client.get("/api/v1/paths")
    queries.clear()
    await client.get("/api/v1/paths")
    for_one = len(queries)
    for slug in ("second", "third"):
        await path(slug=slug, title=slug)
    queries.clear()

    answer = await client.get("/api/v1/paths")

    assert len(answer.json()["items"]) == 3
    assert len(queries) == for_one


async def test_the_page_follows_and_begins_by_forms(database, browser, work):
    await modules()
    await path()
    ada = await make.learner()
    page = await browser(ada)
    form = {"csrf": page.csrf}

    assert "Follow this path" in (await page.get("/paths/introduction")).text
    followed = await page.post("/paths/introduction/enrollments", data=form)
    assert followed.headers["location"] == "/paths/introduction"
    shown = (await page.get("/paths/introduction")).text
    assert "Opens after Module-a." in shown
    begun = await page.post("/paths/introduction/courses/module-a/enrollments", data=form)
    assert begun.headers["location"].startswith("/learn/")
    assert "100% done" not in (await page.get("/paths/introduction")).text
    early = await page.post("/paths/introduction/courses/module-b/enrollments", data=form)
    assert early.status_code == 409
    assert "comes after" in early.text


async def test_visitors_see_paths_and_are_asked_for_an_account(database, client):
    await modules()
    await path()

    assert "Introduction" in (await client.get("/paths")).text
    assert "Create an account" in (await client.get("/paths/introduction")).text
    assert (await client.get("/paths/other")).status_code == 404


async def test_the_transcript_shows_the_path_with_its_modules(database, api, browser, work):
    await modules()
    await path()
    ada = await make.learner()
    program = await api(ada)
    await program.post("/paths/introduction/enrollments", json={})
    before = (await program.get("/me/paths")).json()
    for slug in MODULES:
        await finish(ada, slug)
    await work()

    after = (await program.get("/me/paths")).json()
    shown = (await (await browser(ada)).get("/transcript")).text

    assert before["completed"] == after["under_way"] == []
    assert before["under_way"] == [{"slug": "introduction", "title": "Introduction"}]
    (done,) = after["completed"]
    assert done["courses"] == ["Module-a", "Module-b", "Module-c"]
    assert "Completed paths" in shown
    assert "Module-a · Module-b · Module-c" in shown
    assert done["certificate"] in shown
