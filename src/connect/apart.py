"""Reading what others made in a process of its own, with little memory and time.

A few kilobytes can describe many gigabytes: the process that reads them may die of it, Connect may
not. A module that is run so has ``limited()`` as its first act and ``refuse`` for its words.
"""

import asyncio
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NoReturn

MEMORY = 1_000_000_000  # bytes of address space
SECONDS = 30  # of the processor
PATIENCE = 90  # seconds that Connect waits
REFUSED = 3  # exit code; the words stand in the errors
_one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="apart")


class Refused(Exception):
    """The process read the bytes and does not take them; the text says why."""


class Died(Exception):
    """The process ran out of memory or time, or stumbled over the bytes."""


async def read_apart(module: str, data: bytes) -> bytes:
    """What ``python -m module`` makes of *data*: its output. One at a time.

    Raises:
        Refused: in the module's own words.
        Died: whatever else went wrong with it.
    """
    return await asyncio.get_running_loop().run_in_executor(_one_at_a_time, _run, module, data)


def _run(module: str, data: bytes) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 -- ours, and only bytes go in
            [sys.executable, "-P", "-m", module],
            input=data,
            capture_output=True,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},  # no secrets
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise Died from None
    if done.returncode == REFUSED:
        raise Refused(done.stderr.decode())
    if done.returncode:
        raise Died
    return done.stdout


def limited() -> None:
    """Take away from this process what it does not need."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refuse(words: str) -> NoReturn:
    """End this process with words for whoever sent the bytes."""
    sys.stderr.write(words)
    sys.exit(REFUSED)
