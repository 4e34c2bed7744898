"""The reader of the API's description, whose parts are not ours."""

from playwright.async_api import expect


async def test_the_reader_of_the_api_draws_it_with_what_we_serve(person, clock, album):
    visitor = await person()

    await visitor.open("/api/docs")
    await expect(visitor.page.locator(".opblock-tag").first).to_be_visible()

    await album.look(visitor.page, "api-docs")
