"""Courses and learning over JSON: shapes, refusals, strangers, and no key on the way out."""

import pytest

import make
from connect.learning.actions import enroll
from connect.learning.attempts import start_attempt

CANARY = "canary-of-the-key"


def secretive():
    """A course whose key and feedback carry a mark that nobody may see too early."""
    questions = [
        make.question(f"q{n}", feedback=CANARY, feedback_html=CANARY, right={"b"}) for n in range(4)
    ]
    return make.content(
        components=[make.component_quiz("final", questions=questions, max_attempts=3)]
    )


async def test_the_key_never_leaves_before_the_policy_allows_it(database, api, browser):
    content = secretive()
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    program, person = await api(actor), await browser(actor)
    attempt = (await program.post(f"/enrollments/{enrollment.id}/quizzes/final/attempts")).json()
    await program.put(f"/attempts/{attempt['id']}/answers/q0", json={"choices": ["a"]})

    shown = [
        await program.get(path)
        for path in (
            "/courses",
            f"/courses/{content.slug}",
            "/enrollments",
            f"/enrollments/{enrollment.id}",
            f"/enrollments/{enrollment.id}/components/final",
            f"/attempts/{attempt['id']}",
            "/openapi.json",
        )
    ]
    shown += [
        await person.get(path, follow_redirects=True)
        for path in (
            "/courses",
            f"/courses/{content.slug}",
            f"/learn/{enrollment.id}",
            f"/learn/{enrollment.id}/final",
            f"/attempts/{attempt['id']}",
            f"/attempts/{attempt['id']}/result",
        )
    ]

    assert [answer.status_code for answer in shown] == [200] * len(shown)
    document = shown.pop(shown.index(next(a for a in shown if "openapi" in a.request.url.path)))
    assert CANARY not in document.text
    assert [a.request.url.path for a in shown if CANARY in a.text or '"right"' in a.text] == []
    told = (await program.post(f"/attempts/{attempt['id']}/submission", json={})).json()
    assert all(CANARY in line["text"] and "key" not in line for line in told["feedback"])


async def test_the_catalog_filters_and_pages(client):
    for number in range(5):
        await make.course(
            make.content(
                slug=f"course-{number}",
                title=f"Finding {number}",
                topics=["abduction"] if number % 2 else ["runaway"],
                disciplines=["educator"] if number == 4 else ["law-enforcement"],
                contact_minutes=30 * (number + 1),
            )
        )

    async def slugs(**asked):
        found = (await client.get("/api/v1/courses", params=asked)).json()
        return [course["slug"][-1] for course in found["items"]], found["next"]

    assert await slugs() == (["0", "1", "2", "3", "4"], None)
    assert await slugs(q="FINDING 3") == (["3"], None)
    assert await slugs(q="%") == (["0", "1", "2", "3", "4"], None)
    assert await slugs(topic="abduction") == (["1", "3"], None)
    assert await slugs(discipline="educator") == (["4"], None)
    assert await slugs(min_minutes=60, max_minutes=90) == (["1", "2"], None)
    assert await slugs(language="es") == ([], None)
    first, following = await slugs(limit=2)
    assert first == ["0", "1"]
    assert await slugs(limit=3, after=following) == (["2", "3", "4"], None)


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "9999999999999999999"},
        {"after": "forged"},
        {"after": "AAAA"},
        {"min_minutes": "-1"},
        {"min_minutes": "9223372036854775808"},
        {"q": "a\x00b"},
        {"q": "x" * 101},
    ],
)
async def test_a_forged_question_is_refused_field_by_field(client, asked):
    answer = await client.get("/api/v1/courses", params=asked)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(asked)


@pytest.mark.parametrize("rows", [1, 3])
async def test_listing_enrollments_costs_the_same_whatever_its_length(database, api, queries, rows):
    actor = await make.learner()
    program = await api(actor)
    for _ in range(rows):
        content = make.content()
        await make.course(content)
        await enroll(actor, content.slug)
    await program.get("/enrollments")  # contents of versions are kept from now on
    queries.clear()

    answer = await program.get("/enrollments")

    assert len(answer.json()["items"]) == rows
    assert len(queries) == 4, queries  # who asks, the rows, their numbers, their facts


async def test_one_enrollment_tells_what_is_missing(database, api):
    content = make.content()
    await make.course(content)
    actor = await make.learner()
    program = await api(actor)

    answer = await program.post(f"/courses/{content.slug}/enrollments")

    shown = answer.json()
    assert answer.status_code == 201
    assert shown == {
        "id": shown["id"],
        "course": content.slug,
        "version": 1,
        "state": "enrolled",
        "progress_percent": 0,
        "next_component": "one",
        "components": [
            {
                "id": "one",
                "kind": "lesson",
                "title": "One",
                "state": "open",
                "seconds": 0,
                "min_seconds": 60,
                "by_hand": False,
                "carried_over": False,
            },
            {
                "id": "final",
                "kind": "quiz",
                "title": "Final",
                "state": "locked",
                "seconds": 0,
                "min_seconds": 0,
                "by_hand": False,
                "carried_over": False,
            },
        ],
        "missing": [
            {
                "component": "one",
                "kind": "lesson",
                "what": "You have not finished this lesson yet.",
            },
            {"component": "final", "kind": "quiz", "what": "You need 80 % to pass."},
        ],
        "completed_at": None,
        "certificate": None,
        "expires_on": None,
        "carried_from": None,
    }


async def test_a_locked_component_is_not_shown(database, api):
    content = make.content(components=[make.lesson("one"), make.lesson("two")])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    program = await api(actor)

    answer = await program.get(f"/enrollments/{enrollment.id}/components/two")

    assert (answer.status_code, answer.json()["code"]) == (409, "component_locked")


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        ({}, 422, ["choices"]),
        ({"choices": "a"}, 422, ["choices"]),
        ({"choices": ["a"], "right": True}, 422, ["right"]),
        ({"choices": ["\x00"]}, 422, ["choices"]),
        ({"choices": ["a"] * 21}, 422, ["choices"]),
        ({"choices": [2**63]}, 422, ["choices"]),
        ([], 400, None),
    ],
)
async def test_an_answer_of_the_wrong_form_is_refused(database, api, body, status, fields):
    content = make.content(components=[make.component_quiz("final")])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    attempt, _ = await start_attempt(actor, enrollment.id, "final")
    program = await api(actor)

    answer = await program.put(f"/attempts/{attempt.id}/answers/q1", json=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if fields:
        assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_enrolling_with_the_same_key_answers_the_same(database, api):
    content = make.content()
    await make.course(content)
    program = await api(await make.learner())
    path, headers = f"/courses/{content.slug}/enrollments", {"Idempotency-Key": "k1"}

    first = await program.post(path, headers=headers)
    second = await program.post(path, headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_an_enrollment_is_explained_with_the_way_to_what_is_missing(database, api, browser):
    content = make.content(components=[make.lesson("one"), make.acknowledgement("promise")])
    await make.course(content)
    actor = await make.learner()
    enrollment, _ = await enroll(actor, content.slug)
    program, stranger = await api(actor), await api(await make.learner())
    path = f"/enrollments/{enrollment.id}/explanation"
    await program.put(f"/enrollments/{enrollment.id}/components/one", json={"event": "open"})

    told = (await program.get(path)).json()["items"]
    page = await (await browser(actor)).get(f"/courses/{content.slug}")

    assert [(r["component"], r["asked"], r["recorded"], r["missing"]) for r in told] == [
        ("one", "Finish this step.", "Opened.", "You have not finished this lesson yet."),
        (
            "promise",
            "Confirm this statement.",
            "Nothing yet.",
            "You have not confirmed this statement yet.",
        ),
    ]
    assert [r["url"] for r in told] == [
        f"/learn/{enrollment.id}/one",
        f"/learn/{enrollment.id}/promise",
    ]
    assert all(row["missing"] in page.text and row["url"] in page.text for row in told)
    assert (await stranger.get(path)).status_code == 404
