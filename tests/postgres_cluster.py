"""A private PostgreSQL server: made in a folder, started, ended with the tests."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "max_connections": "100",
    "listen_addresses": "127.0.0.1",
}
# Ends the server by its process id when standard input closes: at the latest when the tests die.
KEEPER = """
exec 3<&0
"$@" & server=$!
{ read -r _ <&3; kill -INT $server; } &
wait $server
"""


class Cluster:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        self.folder.mkdir()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        options = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [_binary("initdb"), "-D", self.folder / "data", *options],
            check=True,
            stdout=subprocess.DEVNULL,
            **self._user(),
        )
        for _ in range(5):  # another program may take the port first
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            if self._serve():
                return
        raise RuntimeError(f"PostgreSQL does not start: {(self.folder / 'log').read_text()}")

    def _serve(self) -> bool:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        place = ["-D", self.folder / "data", "-k", self.folder, "-p", str(self.port)]
        command = [_binary("postgres"), *place, *settings]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", KEEPER, "keeper", *command],
                stdin=subprocess.PIPE,
                stderr=log,
                **self._user(),
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._process.poll() is None:
            ready = [_binary("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(ready, check=False).returncode == 0:
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def stop(self) -> None:
        """End the server and everything that is connected to it."""
        if self._process is not None:
            self._process.communicate(timeout=20)
            self._process = None

    def _user(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": "postgres", "group": "postgres", "extra_groups": [], "cwd": "/"}


def _binary(name: str) -> str:
    places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *places]))
    if found is None:
        raise RuntimeError("The tests need PostgreSQL: install the package postgresql.")
    return found
