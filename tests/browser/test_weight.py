"""What a visitor must load before the first use."""

import gzip

from httpx import AsyncClient
from playwright.async_api import Request

MOST = 200_000  # bytes, compressed


async def test_the_first_page_is_light(person, clock):
    visitor = await person()
    asked: list[Request] = []
    visitor.page.on("request", lambda request: asked.append(request))

    await visitor.open("/")
    await visitor.page.wait_for_load_state("networkidle")

    sizes = {}
    async with AsyncClient() as client:
        for request in asked:
            body = (await client.get(request.url)).content
            sizes[request.url.removeprefix(visitor.url)] = len(gzip.compress(body, 9))
    print(sum(sizes.values()), sizes)
    assert {request.resource_type for request in asked} >= {"document", "stylesheet", "font"}
    assert sum(sizes.values()) <= MOST, sizes
