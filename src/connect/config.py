"""Settings, read once from ``CONNECT_*`` variables (see ``connect doctor``)."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parseaddr
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import msgspec

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SECRETS = {"secret_key", "database_url", "smtp_url", "signing_key"}
LIMITS = "sign_in=10/15m,network=30/1m,register=60/1h,verify=30/1m,mail=3/1h,upload=20/1h,pdf=30/1h"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class WrongSettings(Exception):
    """The environment does not make a working configuration; the text says what to set."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator can change. Empty text means "not set"."""

    data_dir: str
    database_url: str
    files_url: str
    secret_key: str  # comma-separated, new first; the first seals, all open
    base_url: str
    packages_url: str = ""  # another host; empty: packages run on this one, without storage
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
    certificate_templates: str = ""  # folder; its files stand in for ours of the same name
    signing_key: str = ""  # PEM, key and certificate; empty: made and kept in the data folder
    clamd_url: str = ""  # virus scanner, tcp:// or unix://; empty: files are not scanned
    two_persons: str = "on"  # or off: who reviews a readiness application may decide on it, too
    membership_months: int = 60  # of a term in the readiness program
    timestamp_url: str = ""  # RFC 3161 server; empty: signatures carry no timestamp
    limits: str = "default"

    def __repr__(self) -> str:
        return f"Settings({ {name: self.masked(name) for name in self.__struct_fields__} })"

    def masked(self, name: str) -> str:
        """A setting as it may be shown: of a secret only whether it is set."""
        value = str(getattr(self, name))
        return "***" if name in SECRETS and value else value

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
        name = _host(self.base_url)
        names = [*LOOPBACK] if name in LOOPBACK else [name]
        return [name for name in names if name != self.packages_host]

    @property
    def packages_host(self) -> str:
        """The host that gives out packages and nothing else; empty when there is none."""
        return _host(self.packages_url) if self.packages_url else ""

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
        try:
            value = _value(env, f"CONNECT_{name.upper()}")
        except WrongSettings as fault:
            faults.append(str(fault))
        else:
            given |= {name: value} if value else {}

    data = Path(given.get("data_dir", str(ROOT / "var"))).absolute()
    given["data_dir"] = str(data)
    given.setdefault("database_url", f"sqlite:///{data / 'connect.sqlite'}")
    given.setdefault("files_url", f"file://{data / 'files'}")
    given.setdefault("courses_dir", str(ROOT / "courses"))
    embedded = given["database_url"].startswith("sqlite:")
    if embedded:
        given.setdefault("base_url", f"http://127.0.0.1:{env.get('PORT', '8000')}")
    faults += [
        f"CONNECT_{name.upper()}: {words}"
        for name, (fits, words) in CHECKS.items()
        if name in given and not _holds(fits, given[name])
    ]
    if wrong := _packages_fault(given):
        faults.append(f"CONNECT_PACKAGES_URL: {wrong}")
    faults += [
        f"CONNECT_{name.upper()}: set it ({what})."
        for name, what in (("secret_key", "at least 32 characters"), ("base_url", "https://..."))
        if name not in given and not embedded
    ]
    if faults:
        raise WrongSettings("\n".join(faults))
    if "secret_key" not in given:
        given["secret_key"] = _kept_key(data)
    for name in {"base_url", "packages_url"} & given.keys():
        given[name] = given[name].rstrip("/")
    return msgspec.convert(given, Settings, strict=False)


def _value(env: Mapping[str, str], variable: str) -> str:
    """The value of *variable*, or what stands in the file that its twin names; empty: not set."""
    path = env.get(f"{variable}_FILE")
    try:
        return Path(path).read_text().strip() if path else env.get(variable, "")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", "it is not text")
        raise WrongSettings(f"{variable}_FILE: {path} cannot be read ({reason}).") from None


def _holds(fits: Callable[[str], object], value: str) -> bool:
    try:
        return bool(fits(value))
    except (ValueError, KeyError, OSError):
        return False


def _host(url: str) -> str:
    name = urlsplit(url).hostname or ""
    return f"[{name}]" if ":" in name else name


def _packages_fault(given: Mapping[str, str]) -> str:
    """What is wrong with the two addresses beside each other, if anything."""
    packages, base = given.get("packages_url", ""), given.get("base_url", "")
    if not (packages and base and _holds(_is_site, packages) and _holds(_is_site, base)):
        return ""
    if _host(packages) == _host(base):
        return "name another host than CONNECT_BASE_URL; another port is not enough."
    if packages.partition(":")[0] != base.partition(":")[0]:
        return "use https for both or for neither, as CONNECT_BASE_URL does."
    return ""


def _is_key(value: str) -> bool:
    """Whether each of the keys is long, and not one that somebody typed to get on."""
    return all(len(key.strip()) >= 32 and len(set(key)) >= 8 for key in value.split(","))


def _is_site(value: str) -> bool:
    url = urlsplit(value)
    _ = url.port  # raises when it is none
    plain = url.path in ("", "/") and not (url.query or url.fragment or "@" in url.netloc)
    return url.scheme in ("http", "https") and bool(url.hostname) and plain


def _is_site_with_path(value: str) -> bool:
    url = urlsplit(value)
    return url.scheme in ("http", "https") and bool(url.hostname)


def _is_mail_server(value: str) -> bool:
    url = urlsplit(value)
    _ = url.port
    asked = parse_qs(url.query, strict_parsing=True) if url.query else {}
    known = asked in ({}, {"starttls": ["required"]})
    return url.scheme in ("smtp", "smtps") and bool(url.hostname) and known


def _is_scanner(value: str) -> bool:
    url = urlsplit(value)
    by_port = url.scheme == "tcp" and bool(url.hostname) and bool(url.port)
    return by_port or (url.scheme == "unix" and len(url.path) > 1)


def _is_mailbox(value: str) -> bool:
    _, address = parseaddr(value)
    return value.isprintable() and bool(re.fullmatch(r"[^@\s]+@[^@\s]+", address))


@cache
def read_limits(text: str) -> dict[str, tuple[int, int]]:
    """``sign_in=10/15m,...`` as ``{purpose: (hits, seconds)}``, over the defaults.

    Raises:
        ValueError: a part that cannot be read.
    """
    found: dict[str, tuple[int, int]] = {}
    given = [] if text == "default" else text.split(",")
    for part in [*LIMITS.split(","), *given]:
        fits = re.fullmatch(r"\s*([a-z_]+)=([1-9]\d{0,8})/([1-9]\d{0,5})([smhd])\s*", part)
        if not fits or f",{fits[1]}=" not in f",{LIMITS}":
            raise ValueError(part)
        found[fits[1]] = int(fits[2]), int(fits[3]) * UNITS[fits[4]]
    return found


CHECKS: dict[str, tuple[Callable[[str], object], str]] = {
    "database_url": (
        re.compile(r"sqlite:///.|(postgresql|cockroachdb)://").match,
        "begin it with sqlite:///, postgresql:// or cockroachdb://.",
    ),
    "files_url": (re.compile(r"file:///.|s3://.").match, "begin it with file:/// or s3://."),
    "secret_key": (_is_key, "each key needs at least 32 characters, as random ones have."),
    "base_url": (_is_site, "write it as https://connect.example or http://..., without a path."),
    "packages_url": (_is_site, "write it as https://packages.example, without a path."),
    "trusted_proxies": (
        lambda value: [ip_network(part.strip()) for part in value.split(",")],
        "list addresses or networks such as 10.0.0.0/8, with commas between.",
    ),
    "smtp_url": (
        _is_mail_server,
        "write it as smtp://user:pass@host:587?starttls=required or smtps://user:pass@host.",
    ),
    "mail_from": (_is_mailbox, "write it as Connect <no-reply@connect.example>."),
    "support_email": (_is_mailbox, "write an address such as help@connect.example."),
    "time_zone": (ZoneInfo, "name an IANA zone such as America/New_York."),
    "organization": (str.isprintable, "write it on one line."),
    "mark_file": (lambda value: Path(value).is_file(), "there is no such file."),
    "signatory_name": (str.isprintable, "write it on one line."),
    "signatory_title": (str.isprintable, "write it on one line."),
    "certificate_templates": (lambda value: Path(value).is_dir(), "there is no such folder."),
    "signing_key": (
        lambda value: "PRIVATE KEY-----" in value and "BEGIN CERTIFICATE-----" in value,
        "give the PEM that connect rotate-signing-key --output FILE writes; use "
        "CONNECT_SIGNING_KEY_FILE to name the file.",
    ),
    "clamd_url": (_is_scanner, "write it as tcp://127.0.0.1:3310 or unix:///run/clamd.ctl."),
    "two_persons": (("on", "off").index, "write on or off."),
    "membership_months": (
        re.compile(r"[1-9][0-9]{0,2}").fullmatch,
        "write a whole number of months such as 60.",
    ),
    "timestamp_url": (_is_site_with_path, "write it as http://... or https://..."),
    "limits": (read_limits, "write each as sign_in=10/15m, with s, m, h or d."),
}


def keep_once(path: Path, make: Callable[[], str]) -> str:
    """What the secret file *path* holds; when there is none it is made, readable by us alone.

    It is linked when it is whole: two processes that start at once get the same.
    """
    if not path.exists():
        fresh = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
        fresh.touch(0o600)
        fresh.write_text(make())
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text()


def _kept_key(data: Path) -> str:
    """The secret key of an embedded installation, made at its first run.

    Raises:
        WrongSettings: the data folder takes no file.
    """
    path = data / "secret-key"
    try:
        data.mkdir(parents=True, exist_ok=True)
        key = keep_once(path, lambda: secrets.token_urlsafe(48)).strip()
    except OSError as error:
        raise WrongSettings(
            f"CONNECT_DATA_DIR: {error.filename} cannot be used ({error.strerror})."
        ) from None
    if not _is_key(key):
        raise WrongSettings(f"CONNECT_SECRET_KEY: {path} holds no key. Put back the one it held.")
    return key


@cache
def settings() -> Settings:
    """The settings of this process."""
    return read_settings()
