"""A creating request that is sent twice happens once."""

import asyncio
from collections import Counter
from datetime import timedelta

from httpx import ASGITransport, AsyncClient

import make
from accounts.contents import contents, count
from connect.idempotency import IdempotencyKey, sweep

PERSON = {
    "email": "ada@agency.example",
    "password": make.PASSWORD,
    "legal_name": "Ada Officer",
    "discipline": "law-enforcement",
    "state": "TX",
}
KEY = {"Idempotency-Key": "k-1"}


async def learner_with_course(api):
    version = await make.course()
    learner = await api(await make.learner())
    slug = (await learner.get("/courses")).json()["items"][0]["slug"]
    assert version.number == 1
    return learner, f"/courses/{slug}/enrollments"


async def test_d12_the_same_key_and_body_get_the_same_answer_once(api):
    learner, place = await learner_with_course(api)

    first = await learner.post(place, headers=KEY)
    before = await contents()
    second = await learner.post(place, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert await contents() == before


async def test_d12_another_body_under_the_same_key_is_refused(client):
    await client.post("/api/v1/accounts", json=PERSON, headers=KEY)
    before = await contents(without=("rate_limit",))

    answer = await client.post("/api/v1/accounts", json=PERSON | {"legal_name": "Eve"}, headers=KEY)

    assert (answer.status_code, answer.json()["code"], answer.json()["errors"]) == (
        422,
        "invalid",
        [
            {
                "field": "Idempotency-Key",
                "message": "This key was used with another body. Use a new key.",
            }
        ],
    )
    assert await contents(without=("rate_limit",)) == before


async def test_d12_an_answer_with_a_secret_is_not_kept_and_not_given_twice(client):
    account = await make.account()
    asked = {"email": account.email, "password": make.PASSWORD}

    first = await client.post("/api/v1/tokens", json=asked, headers=KEY)
    second = await client.post("/api/v1/tokens", json=asked, headers=KEY)

    assert (first.status_code, second.status_code, second.json()["code"]) == (
        201,
        409,
        "already_done",
    )
    assert await count("api_token") == 1
    assert [row["answer"] for row in await IdempotencyKey.select()] == [""]
    assert first.json()["token"] not in str(await contents())


async def test_d12_a_refusal_is_not_kept(api):
    learner, place = await learner_with_course(api)
    missing = place.replace("course-", "no-such-course-")

    refused = await learner.post(missing, headers=KEY)
    assert (refused.status_code, await count("idempotency_key")) == (404, 0)

    assert (await learner.post(place, headers=KEY)).status_code == 201


async def test_d12_of_twenty_at_once_one_has_an_effect_and_all_get_its_answer(api):
    learner, place = await learner_with_course(api)

    answers = await asyncio.gather(*(learner.post(place, headers=KEY) for _ in range(20)))

    assert Counter((a.status_code, a.content) for a in answers) == {(201, answers[0].content): 20}
    assert (await count("enrollment"), await count("audit_event")) == (1, 1)


async def test_d12_of_twenty_tokens_asked_for_at_once_under_one_key_one_is_made(client, app):
    account = await make.account()
    asked = {"email": account.email, "password": make.PASSWORD}

    answers = await asyncio.gather(
        *(client.post("/api/v1/tokens", json=asked, headers=KEY) for _ in range(10))
    )

    assert Counter(a.status_code for a in answers) == {201: 1, 409: 9}
    assert await count("api_token") == 1


async def test_d12_a_key_belongs_to_whoever_sent_it_and_to_one_address(api):
    learner, place = await learner_with_course(api)
    other = await api(await make.learner())

    first = await learner.post(place, headers=KEY)
    second = await other.post(place, headers=KEY)
    enrollment = first.json()["id"]
    third = await learner.post(f"/enrollments/{enrollment}/quizzes/final/attempts", headers=KEY)

    assert first.json()["id"] != second.json()["id"]
    assert third.json().get("code") != "invalid"
    assert await count("enrollment") == 2


async def test_d12_the_keys_of_visitors_do_not_meet(client, app):
    elsewhere = AsyncClient(
        transport=ASGITransport(app, client=("198.51.100.9", 40000)),
        base_url=client.base_url,
    )
    async with elsewhere:
        first = await client.post("/api/v1/accounts", json=PERSON, headers=KEY)
        other = PERSON | {"email": "bob@agency.example"}
        second = await elsewhere.post("/api/v1/accounts", json=other, headers=KEY)

    assert (first.status_code, second.status_code) == (202, 202)
    assert await count("account") == 2


async def test_d12_a_key_is_at_most_200_printable_characters(api):
    learner, place = await learner_with_course(api)
    for key in ("x" * 201, "a\x1bb", "tab\there", "\x7f"):
        answer = await learner.post(place, headers={"Idempotency-Key": key})

        wrong = [error["field"] for error in answer.json()["errors"]]
        assert (answer.status_code, wrong) == (422, ["Idempotency-Key"])

    assert await count("enrollment") == 0


async def test_d12_without_a_key_nothing_is_kept(api):
    learner, place = await learner_with_course(api)

    answers = [(await learner.post(place)).status_code for _ in range(2)]

    assert answers == [201, 200]  # the open enrollment
    assert await count("idempotency_key") == 0


async def test_d12_a_key_is_forgotten_after_a_week(client, clock):
    await client.post("/api/v1/accounts", json=PERSON, headers=KEY)
    clock.move(timedelta(days=7))
    await sweep()
    assert await count("idempotency_key") == 1

    clock.move(timedelta(seconds=1))
    await sweep()

    assert await count("idempotency_key") == 0
