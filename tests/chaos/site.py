"""The real site in processes of its own, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.request import urlopen

CONNECT = [sys.executable, "-m", "connect"]
SLOWEST = 30.0  # seconds for a start or an end, before the test gives up


class Site:
    """``connect serve``, and ``connect worker`` beside it where the server does not work itself."""

    def __init__(self, folder: Path, database_url: str, wrapper: list[str] | None = None) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.files = folder / "files"
        self._log = folder / "log"
        self._wrapper = wrapper or []
        self._running: list[subprocess.Popen[bytes]] = []
        self._commands = [["serve"]]
        if not database_url.startswith("sqlite:"):
            self._commands.append(["worker"])
        self._environment = without_settings(os.environ) | {
            "CONNECT_DATA_DIR": str(folder),
            "CONNECT_DATABASE_URL": database_url,
            "CONNECT_SECRET_KEY": "0123456789" * 4,
            "CONNECT_BASE_URL": self.address,
            "PORT": str(self.port),
        }

    def start(self) -> float:
        """Start everything; the seconds until the server was ready."""
        began = time.monotonic()
        with self._log.open("ab") as log:
            self._running = [self._command(args, log) for args in self._commands]
        while not self._is_ready():
            ended = [process.returncode for process in self._running if process.poll() is not None]
            if ended or time.monotonic() - began > SLOWEST:
                raise RuntimeError(f"the site does not start, ended with {ended}: {self.log}")
            time.sleep(0.01)
        return time.monotonic() - began

    def kill(self) -> None:
        """End every process at once, with no chance to tidy up, and see its children go too."""
        self._end(signal.SIGKILL)

    def terminate(self) -> tuple[list[int], float]:
        """Ask every process to end; how each ended, and the seconds until the last was gone."""
        return self._end(signal.SIGTERM)

    def _end(self, with_signal: signal.Signals) -> tuple[list[int], float]:
        began = time.monotonic()
        children = [pid for process in self._running for pid in children_of(process.pid)]
        for process in self._running:
            os.killpg(process.pid, with_signal)
        codes = [process.wait(SLOWEST) for process in self._running]
        seconds = time.monotonic() - began
        self._running = []
        while left := [pid for pid in children if is_running(pid)]:
            if time.monotonic() - began > SLOWEST:
                raise RuntimeError(f"processes {left} outlived the one that started them")
            time.sleep(0.01)
        return codes, seconds

    @property
    def log(self) -> str:
        """What the processes printed, without the line that each request leaves."""
        lines = self._log.read_text().splitlines()
        return "\n".join(line for line in lines if '"event": "request"' not in line)

    def _command(self, args: list[str], log: BinaryIO) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*self._wrapper, *CONNECT, *args],
            env=self._environment,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a process group of its own, so that the whole can be killed
        )

    def _is_ready(self) -> bool:
        try:
            with urlopen(f"{self.address}/health/ready", timeout=SLOWEST) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: v for name, v in environment.items() if not name.startswith("CONNECT_")}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def children_of(pid: int) -> list[int]:
    """The processes that *pid* started, such as those that draw PDFs in sessions of their own."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it ends while one looks
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, path.read_text().split()):
                found += [child, *children_of(child)]
    return found


def is_running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
