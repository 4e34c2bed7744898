"""Whether two ways take the same time, on a machine that does other things too."""

import statistics
import time
from collections.abc import Awaitable, Callable

ENOUGH = 0.002  # seconds
ROUNDS = 20
MOST = 15  # times as many rounds, on a busy machine


async def difference(*ways: Callable[[], Awaitable[object]]) -> float:
    """Seconds between the medians of *ways*, each measured in turn.

    Measures on, and counts every round, until the medians are close or the rounds many.
    """
    times: list[list[float]] = [[] for _ in ways]
    found = float("inf")
    for _ in range(MOST):
        for _ in range(ROUNDS):
            for way, taken in zip(ways, times, strict=True):
                began = time.perf_counter()
                await way()
                taken.append(time.perf_counter() - began)
        medians = [statistics.median(taken) for taken in times]
        found = max(medians) - min(medians)
        if found <= ENOUGH:
            break
    return found
