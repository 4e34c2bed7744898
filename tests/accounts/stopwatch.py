"""Whether some ways take the same time, on a machine that may be busy with other things."""

import os
import statistics
import time
from collections.abc import Awaitable, Callable

ENOUGH = 0.002  # seconds
ROUNDS = 20
MOST = 8  # times as many rounds


async def difference(*ways: Callable[[], Awaitable[object]]) -> float:
    """Seconds between the slowest and the fastest median of *ways*, measured in turn.

    Measures on, and counts every round, until the medians are close or the rounds many. Where
    other processes keep all processors busy, the clock tells of them: then the time of the
    processors that *ways* used is compared instead.
    """
    elapsed: list[list[float]] = [[] for _ in ways]
    used: list[list[float]] = [[] for _ in ways]
    for _ in range(MOST):
        for _ in range(ROUNDS):
            for number, way in enumerate(ways):
                began, began_cpu = time.perf_counter(), time.process_time()
                await way()
                elapsed[number].append(time.perf_counter() - began)
                used[number].append(time.process_time() - began_cpu)
        if _spread(elapsed) <= ENOUGH:
            break
        if os.getloadavg()[0] > (os.cpu_count() or 1) and _spread(used) <= ENOUGH:
            return _spread(used)
    return _spread(elapsed)


def _spread(times: list[list[float]]) -> float:
    medians = [statistics.median(taken) for taken in times]
    return max(medians) - min(medians)
