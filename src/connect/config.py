"""Settings, read once from ``CONNECT_*`` variables (see ``connect doctor``)."""

import os
import secrets
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SECRETS = {"secret_key", "database_url", "smtp_url"}


class WrongSettings(Exception):
    """The environment does not make a working configuration; the text says what to set."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator can change. Empty text means "not set"."""

    data_dir: str
    database_url: str
    files_url: str
    secret_key: str  # comma-separated, new first; the first seals, all open
    base_url: str
    courses_dir: str
    trusted_proxies: str = ""
    smtp_url: str = ""  # empty: mails are printed and shown on the outbox page
    mail_from: str = "Connect <no-reply@localhost>"
    support_email: str = ""
    time_zone: str = "America/New_York"
    organization: str = "Connect"
    mark_file: str = ""
    grant_acknowledgement: str = ""
    signatory_name: str = ""
    signatory_title: str = ""
    limits: str = "default"

    def __repr__(self) -> str:
        shown = {n: "***" if n in SECRETS else getattr(self, n) for n in self.__struct_fields__}
        return f"Settings({shown})"

    @property
    def embedded(self) -> bool:
        """Whether the database is SQLite: then one process serves and works."""
        return self.database_url.startswith("sqlite:")

    @property
    def secure(self) -> bool:
        """Whether the site is reached by https, so cookies carry ``Secure``."""
        return self.base_url.startswith("https:")

    @property
    def allowed_hosts(self) -> list[str]:
        """Host names that requests may ask for, with and without the port."""
        url = urlsplit(self.base_url)
        name = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
        return [*LOOPBACK] if name in LOOPBACK else [name]

    @property
    def keys(self) -> list[str]:
        """Secret keys, new first."""
        return [key.strip() for key in self.secret_key.split(",") if key.strip()]


def read_settings(env: Mapping[str, str] = os.environ) -> Settings:
    """Build ``Settings`` from the ``CONNECT_*`` variables in *env*.

    ``CONNECT_X_FILE`` names a file that holds the value of ``CONNECT_X``. With SQLite a
    missing secret key is made and kept in the data folder.

    Raises:
        WrongSettings: something is missing or malformed; every fault is named.
    """
    faults: list[str] = []
    given: dict[str, str] = {}
    for name in Settings.__struct_fields__:
        variable = f"CONNECT_{name.upper()}"
        if path := env.get(f"{variable}_FILE"):
            try:
                given[name] = Path(path).read_text().strip()
            except OSError as error:
                faults.append(f"{variable}_FILE: {path} cannot be read ({error.strerror}).")
        elif variable in env:
            given[name] = env[variable]

    data = Path(given.setdefault("data_dir", str(ROOT / "var"))).absolute()
    given["data_dir"] = str(data)
    given.setdefault("database_url", f"sqlite:///{data / 'connect.sqlite'}")
    given.setdefault("files_url", f"file://{data / 'files'}")
    given.setdefault("courses_dir", str(ROOT / "courses"))
    scheme = given["database_url"].partition(":")[0]
    if scheme not in {"sqlite", "postgresql", "cockroachdb"}:
        faults.append(
            "CONNECT_DATABASE_URL: begin it with sqlite:///, postgresql:// or cockroachdb://."
        )
    if scheme == "sqlite":
        given.setdefault("base_url", f"http://127.0.0.1:{env.get('PORT', '8000')}")
        if not given.get("secret_key") and not faults:
            given["secret_key"] = _kept_key(data)
    for name, what in (("secret_key", "at least 32 characters"), ("base_url", "https://...")):
        if not given.get(name):
            faults.append(f"CONNECT_{name.upper()}: set it ({what}).")
    if any(len(key.strip()) < 32 for key in given.get("secret_key", "x" * 32).split(",")):
        faults.append("CONNECT_SECRET_KEY: each key needs at least 32 characters.")
    if given.get("base_url") and urlsplit(given["base_url"]).scheme not in {"http", "https"}:
        faults.append("CONNECT_BASE_URL: begin it with https:// or http://.")
    given["base_url"] = given.get("base_url", "").rstrip("/")
    try:
        ZoneInfo(given.get("time_zone", "UTC"))
    except (KeyError, ValueError, OSError):
        faults.append("CONNECT_TIME_ZONE: name an IANA zone such as America/New_York.")
    if faults:
        raise WrongSettings("\n".join(faults))
    return msgspec.convert(given, Settings, strict=False)


def _kept_key(data: Path) -> str:
    """The secret key of an embedded installation, made at its first run."""
    path = data / "secret-key"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings()
