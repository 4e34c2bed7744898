"""The benchmarks: Connect beside a bare Litestar app that does the same SQL, in the same run.

``make bench``, or ``python bench/run.py --engine sqlite --only answer,pdf --seconds 1``.
Prints a table for each engine and writes ``bench/results.json``.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import asyncpg  # type: ignore[import-untyped]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests"))

import loop  # noqa: E402 -- it stands beside this file

import postgres_cluster  # type: ignore[import-not-found] # noqa: E402 -- by the line above

CLIENTS = 32
TURNS = ("connect", "bare", "connect", "bare")
STARTS = 5
DURABLE = {  # the tests' server has them off; these are PostgreSQL's own
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "wal_level": "replica",
    "checkpoint_timeout": "5min",
}
LIMITS = "sign_in=100000/15m,network=100000/1m,verify=100000/1m"
V1 = "/api/v1"
OTHERS = ("loop", "certificates")  # measured in other ways than rows
UNSIGNED = 60  # certificates a second, at least
MEANS = ("per_second", "p50", "p95", "p99", "cpu_ms")  # of a side's turns


@dataclass
class Row:
    """One kind of request."""

    title: str
    moodle: float | None  # requests a second of Moodle 4.5.6 at 32 clients, performance.md
    aim: float  # least share of the bare handler
    status: int
    of: Callable[[dict[str, Any]], Iterator[bytes]]


def http(method: str, path: str, body: Any = None, **headers: str) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        headers |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def bearer(person: dict[str, str]) -> str:
    return f"Bearer {person['token']}"


def address(number: int) -> str:
    """Each person comes from a network of their own, by way of a proxy."""
    return f"10.0.{number // 250}.{number % 250 + 1}"


def catalog(facts: dict[str, Any]) -> Iterator[bytes]:
    yield http("GET", "/courses")


def course(facts: dict[str, Any]) -> Iterator[bytes]:
    for person in facts["people"]:
        yield http("GET", f"/courses/{facts['slug']}", Cookie=f"connect={person['cookie']}")


def answer(facts: dict[str, Any]) -> Iterator[bytes]:
    for turn in range(10):
        for person, (attempt, questions) in zip(facts["people"], facts["attempts"], strict=True):
            question, choice = questions[turn % len(questions)]
            path = f"{V1}/attempts/{attempt}/answers/{question}"
            yield http("PUT", path, {"choices": [choice]}, Authorization=bearer(person))


def enrollments(facts: dict[str, Any]) -> Iterator[bytes]:
    for person in facts["people"]:
        yield http("GET", f"{V1}/enrollments", Authorization=bearer(person))


def sign_in(facts: dict[str, Any]) -> Iterator[bytes]:
    for number, person in enumerate(facts["people"]):
        body = {"email": person["email"], "password": facts["password"]}
        yield http("POST", f"{V1}/tokens", body, X_Forwarded_For=address(number))


def pdf(facts: dict[str, Any]) -> Iterator[bytes]:
    for person, (number, _) in zip(facts["people"], facts["certificates"], strict=False):
        yield http("GET", f"{V1}/certificates/{number}/pdf", Authorization=bearer(person))


def verify(facts: dict[str, Any]) -> Iterator[bytes]:
    for turn in range(3):
        for number, (_, code) in enumerate(facts["certificates"]):
            place = address(number + turn * len(facts["certificates"]))
            yield http("GET", f"/verify/{code}", X_Forwarded_For=place)


ROWS = {
    "catalog": Row("catalog page, signed out", 26, 0.4, 200, catalog),
    "course": Row("course page, signed in", 24, 0.4, 200, course),
    "answer": Row("save an answer", 65, 0.5, 200, answer),
    "enrollments": Row("own enrollments, JSON", 53, 0.5, 200, enrollments),
    "sign_in": Row("sign in, token", 50, 0.5, 201, sign_in),
    "pdf": Row("stored certificate, PDF", 8, 0.5, 200, pdf),
    "verify": Row("certificate check, page", None, 0.4, 200, verify),
}


@dataclass
class Server:
    """A process that answers on a port of its own."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, path: str = "/health/ready") -> float:
        """Start it; the seconds until it gave its first answer."""
        began = time.monotonic()
        process = self.run()
        while time.monotonic() - began < 30 and process.poll() is None:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{self.port}{path}"):
                return time.monotonic() - began
            time.sleep(0.005)
        raise RuntimeError(f"{self.name} does not start: {self.log.read_text()[-2000:]}")

    def run(self) -> "subprocess.Popen[bytes]":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [part.format(port=self.port) for part in self.command],
                env=self.environment | {"PORT": str(self.port)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def stop(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)
            self.process = None

    def cpu(self) -> float:
        """Seconds of processor time that the process has used, without its children."""
        assert self.process is not None
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def settle(self) -> None:
        """Wait until it has done what the clients of the last turn no longer wait for."""
        deadline = time.monotonic() + 10
        used, before = 1.0, self.cpu()
        while used > 0.1 and time.monotonic() < deadline:
            time.sleep(0.2)
            used, before = (self.cpu() - before) / 0.2, self.cpu()

    def memory(self) -> float:
        """Megabytes that the process holds, without its children."""
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the process is gone")


@dataclass
class Bench:
    """One engine, prepared."""

    folder: Path
    connect: Server
    bare: Server
    facts: dict[str, Any]
    results: dict[str, Any] = field(default_factory=dict)


def environment(folder: Path, database_url: str) -> dict[str, str]:
    kept = {name: v for name, v in os.environ.items() if not name.startswith("CONNECT_")}
    return kept | {
        "CONNECT_DATA_DIR": str(folder),
        "CONNECT_DATABASE_URL": database_url,
        "CONNECT_SECRET_KEY": "Zm9yIHRoZSBiZW5jaG1hcmtzIG9ubHks",
        "CONNECT_BASE_URL": "http://127.0.0.1",
        "CONNECT_TRUSTED_PROXIES": "127.0.0.1",
        "CONNECT_LIMITS": LIMITS,
        "PICCOLO_CONF": "connect.piccolo_conf",
    }


@contextmanager
def prepared(engine: str, work: Path) -> Iterator[Bench]:
    """A filled database for Connect, a copy of it for the bare app, both servers not started."""
    folder = work / engine
    folder.mkdir()
    cluster = postgres_cluster.Cluster(work / "cluster") if engine == "postgres" else None
    if cluster:
        postgres_cluster.SETTINGS |= DURABLE
        cluster.start()
    try:
        url = f"sqlite:///{folder / 'connect.sqlite'}"
        copy = f"sqlite:///{folder / 'bare.sqlite'}"
        if cluster:
            url, copy = cluster.url("connect"), cluster.url("bare")
            ask(cluster.url("postgres"), "CREATE DATABASE connect")
        given = environment(folder, url)
        filled = subprocess.run(
            [sys.executable, HERE / "prepare.py"], env=given, check=True, stdout=subprocess.PIPE
        )
        drawn = certificates_a_second(given, url, folder / "worker.log")
        if cluster:
            ask(cluster.url("postgres"), "CREATE DATABASE bare TEMPLATE connect")
        else:
            ask(url, f"VACUUM INTO '{folder / 'bare.sqlite'}'")
        connect = [sys.executable, "-m", "connect", "serve"]
        bare = [sys.executable, str(HERE / "bare.py"), "{port}"]
        bench = Bench(
            folder,
            Server("connect", connect, given, folder / "connect.log"),
            Server("bare", bare, environment(folder, copy), folder / "bare.log"),
            json.loads(filled.stdout),
            {"certificates_per_second": drawn},
        )
        try:
            yield bench
        finally:
            bench.connect.stop()
            bench.bare.stop()
    finally:
        if cluster:
            cluster.stop()


def ask(url: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows of one statement, by a connection of its own."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            return database.execute(sql).fetchall()

    async def run() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(run())


def certificates_a_second(given: dict[str, str], url: str, log: Path) -> float:
    """Let the real worker draw all certificates that wait; how many it drew in a second."""
    worker = Server("worker", [sys.executable, "-m", "connect", "worker"], given, log)
    worker.run()
    try:
        deadline = time.monotonic() + 120
        while ask(url, "SELECT count(*) FROM job WHERE done_at IS NULL") != [(0,)]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the worker does not finish: {log.read_text()[-2000:]}")
            time.sleep(0.5)
    finally:
        worker.stop()
    drawn = "SELECT done_at FROM job WHERE kind = 'certificates.draw' ORDER BY done_at"
    moments = [datetime.fromisoformat(str(moment)) for (moment,) in ask(url, drawn)]
    # The first four were begun before the first was done.
    return (len(moments) - 4) / (moments[-1] - moments[3]).total_seconds()


def certificates_alone() -> dict[str, float]:
    """Certificates a second with nothing else going on, by a process of its own."""
    command = [sys.executable, HERE / "certificates.py"]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def first_answers(server: Server) -> list[float]:
    """Seconds from the start of the process to the first page, several times."""
    seconds = []
    for _ in range(STARTS):
        seconds.append(server.start("/courses"))
        server.stop()
    return seconds


def load(server: Server, requests: Path, seconds: float) -> dict[str, Any]:
    """What wrk saw in *seconds* with ``CLIENTS`` connections."""
    options: list[str | Path] = ["-t1", f"-c{CLIENTS}", f"-d{seconds:g}s", "--timeout", "10s"]
    script: list[str | Path] = [
        "-s",
        HERE / "load.lua",
        f"http://127.0.0.1:{server.port}",
        "--",
        requests,
    ]
    before = server.cpu()
    ran = subprocess.run(
        ["wrk", *options, *script],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    if not found["requests"]:  # every client still waits: a fault, to be told as one
        found |= {"requests": 1, "broken": found["broken"] + CLIENTS}
    found["per_second"] = found["requests"] / found["seconds"]
    found["cpu_ms"] = (server.cpu() - before) * 1000 / found["requests"]
    return found


def must_answer(server: Server, request: bytes, status: int) -> None:
    """Send one request by itself and look at the answer: wrk does not."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(request)
        answer = wire.recv(4096)
    if not answer.startswith(f"HTTP/1.1 {status} ".encode()):
        log = server.log.read_text()[-3000:]
        raise RuntimeError(f"{server.name} answered {answer!r} to {request!r}: {log}")


def measured(bench: Bench, row: Row, seconds: float) -> dict[str, Any]:
    """One row: Connect and the bare app in turns, after a second of warming each."""
    requests = list(row.of(bench.facts))
    file = bench.folder / "requests"
    file.write_bytes(b"\0".join(requests))
    servers = {"connect": bench.connect, "bare": bench.bare}
    seen: dict[str, list[dict[str, Any]]] = {name: [] for name in servers}
    for server in servers.values():
        must_answer(server, requests[0], row.status)
        load(server, file, 1)
    for name in TURNS:
        for server in servers.values():
            server.settle()
        seen[name].append(load(servers[name], file, seconds))
    found: dict[str, Any] = {
        name: {
            **{p: statistics.mean(turn[p] for turn in turns) for p in MEANS},
            "errors": sum(turn["refused"] + turn["broken"] for turn in turns),
        }
        for name, turns in seen.items()
    }
    found["memory_mb"] = bench.connect.memory()
    found["of_bare"] = found["connect"]["per_second"] / found["bare"]["per_second"]
    found["of_moodle"] = found["connect"]["per_second"] / row.moodle if row.moodle else None
    return found


def run(engine: str, only: list[str], seconds: float, work: Path) -> dict[str, Any]:
    with prepared(engine, work) as bench:
        found = bench.results
        starts = first_answers(bench.connect)
        found["first_answer_seconds"] = statistics.median(starts)
        bench.connect.start()
        bench.bare.start()
        found["memory_at_start_mb"] = bench.connect.memory()
        found["rows"] = {}
        for name in filter(ROWS.get, only):
            found["rows"][name] = measured(bench, ROWS[name], seconds)
            print(".", end="", flush=True, file=sys.stderr)
        print(file=sys.stderr)
        if "loop" in only:  # last: it closes the attempts that others save answers in
            before = bench.connect.cpu()
            found["loop"] = seen = loop.measure(bench.connect.port, bench.facts)
            seen["cpu_ms"] = (bench.connect.cpu() - before) * 1000 / seen["requests"]
        found["memory_after_load_mb"] = bench.connect.memory()
        found["bare_memory_after_load_mb"] = bench.bare.memory()
        return found


def verdict(value: float, aim: float, *, most: bool = False) -> str:
    return "" if (value <= aim if most else value >= aim) else "  MISSED"


COLUMNS = ("req/s", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "bare/s", "CPU ms", "of bare")


def table(engine: str, found: dict[str, Any]) -> str:
    heads = "".join(f"{head:>9}" for head in (*COLUMNS, "Moodle", "errors"))
    lines = [f"{f'{engine}, {CLIENTS} clients':26}{heads}"]
    for name, row in found["rows"].items():
        ours, bare = row["connect"], row["bare"]
        cells = [
            f"{ours['per_second']:,.0f}",
            *(f"{ours[p]:.1f}" for p in ("p50", "p95", "p99")),
            f"{ours['cpu_ms']:.2f}",
            f"{bare['per_second']:,.0f}",
            f"{bare['cpu_ms']:.2f}",
            f"{row['of_bare']:.2f}",
            f"{row['of_moodle']:.0f} x" if row["of_moodle"] else "-",
            str(ours["errors"] + bare["errors"]),
        ]
        missed = verdict(row["of_bare"], ROWS[name].aim)
        lines.append(f"{ROWS[name].title:26}{''.join(f'{cell:>9}' for cell in cells)}{missed}")
    if "loop" in found:
        seen = found["loop"]
        cells = [f"{seen['per_second']:.0f}", *(f"{seen[p]:.1f}" for p in MEANS[1:])]
        missed = verdict(seen["p95"], loop.AIM, most=True)
        lines.append(f"{'learner loops':26}{''.join(f'{c:>9}' for c in cells)}{missed}")
    for title, key, unit, aim, most in (
        ("certificates by worker", "certificates_per_second", "/s", 50, False),
        ("start to first answer", "first_answer_seconds", "s", 1.5, True),
        ("memory of the web process", "memory_after_load_mb", "MB", 120, True),
    ):
        value = found[key]
        lines.append(f"{title:26}{value:7.2f} {unit}{verdict(value, aim, most=most)}")
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--seconds", type=float, default=3, help="of each of four turns")
    options.add_argument("--engine", choices=["sqlite", "postgres"], action="append")
    options.add_argument("--only", default=",".join([*ROWS, *OTHERS]), help="with commas between")
    given = options.parse_args()
    results: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "clients": CLIENTS,
        "seconds": given.seconds,
        "load_before": os.getloadavg()[0],
        "engines": {},
    }
    work = Path(tempfile.mkdtemp(prefix="connect-bench-"))
    work.chmod(0o711)  # PostgreSQL runs as a user of its own
    try:
        for engine in given.engine or ["sqlite", "postgres"]:
            found = run(engine, given.only.split(","), given.seconds, work)
            results["engines"][engine] = found
            print(table(engine, found), end="\n\n", flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if "certificates" in given.only.split(","):
        results["certificates"] = drawn = certificates_alone()
        missed = verdict(drawn["unsigned_per_second"], UNSIGNED)
        print(f"certificates unsigned {drawn['unsigned_per_second']:11.1f} /s{missed}")
        print(f"certificates signed {drawn['signed_per_second']:13.1f} /s")
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    errors = [
        row[side]["errors"]
        for found in results["engines"].values()
        for row in found["rows"].values()
        for side in ("connect", "bare")
    ]
    errors += [found["loop"]["refused"] for found in results["engines"].values() if "loop" in found]
    sys.exit(1 if any(errors) else 0)


if __name__ == "__main__":
    main()
