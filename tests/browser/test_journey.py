"""A visitor becomes a certified and counted learner: with script, without, by keyboard alone."""

from typing import Any

import pytest

from browser.story import Story


async def unseen(*_: Any) -> None:
    """Look at nothing: another journey has."""


@pytest.fixture
def live(person, watch, work, clock):
    """``await live(script=..., keyboard=..., look=...)``: the whole story."""

    async def story(*, script: bool, keyboard: bool = False, look: Any = unseen) -> None:
        watch.refusals = {401, 409, 422}
        admin, learner, board = [
            await person(script=script, keyboard=keyboard) for _ in ("admin", "learner", "board")
        ]
        story = Story(
            admin=admin, learner=learner, script=script, look=look, work=work, clock=clock
        )
        await story.live(board)

    return story


async def test_with_script_every_page_looked_at(live, album):
    await live(script=True, look=album.look)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
async def test_without_script(database, live):
    await live(script=False)


async def test_by_keyboard_alone(live):
    await live(script=True, keyboard=True)
