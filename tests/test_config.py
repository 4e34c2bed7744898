"""Settings: read once, refused in words, never shown with their secrets."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from connect.config import ROOT, WrongSettings, read_settings

KEY = "q7Zr-canary-secret-key-0123456789abcdef"
SERVER = {
    "CONNECT_DATABASE_URL": "postgresql://connect:canary-password@db/connect",
    "CONNECT_SECRET_KEY": KEY,
    "CONNECT_BASE_URL": "https://connect.example",
}


def faults(env):
    with pytest.raises(WrongSettings) as refusal:
        read_settings(env)
    return str(refusal.value).splitlines()


def test_nothing_needs_to_be_set_on_one_machine(tmp_path):
    found = read_settings({"CONNECT_DATA_DIR": str(tmp_path), "PORT": "8123"})

    assert (found.database_url, found.files_url, found.base_url, found.courses_dir) == (
        f"sqlite:///{tmp_path}/connect.sqlite",
        f"file://{tmp_path}/files",
        "http://127.0.0.1:8123",
        str(ROOT / "courses"),
    )
    assert (found.embedded, found.secure) == (True, False)
    assert found.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]


def test_the_key_of_an_embedded_installation_is_made_once_for_its_owner_alone(tmp_path):
    env = {"CONNECT_DATA_DIR": str(tmp_path / "new")}
    with ThreadPoolExecutor(4) as processes:
        keys = {found.secret_key for found in processes.map(read_settings, [env] * 8)}

    assert len(keys) == 1
    assert len(keys.pop()) == 64
    (file,) = (tmp_path / "new").iterdir()
    assert file.name == "secret-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_s28_a_server_needs_a_key_and_an_address():
    assert faults({"CONNECT_DATABASE_URL": "postgresql://db/connect"}) == [
        "CONNECT_SECRET_KEY: set it (at least 32 characters).",
        "CONNECT_BASE_URL: set it (https://...).",
    ]


def test_a_server_is_reached_by_its_own_name_alone():
    found = read_settings(SERVER | {"CONNECT_BASE_URL": "https://Connect.example:8443/"})

    assert found.base_url == "https://Connect.example:8443"
    assert found.allowed_hosts == ["connect.example"]
    assert (found.embedded, found.secure) == (False, True)


WRONG = [
    ("DATABASE_URL", "mysql://db/connect"),
    ("DATABASE_URL", "sqlite:"),
    ("DATABASE_URL", "postgresql:"),
    ("FILES_URL", "/var/files"),
    ("FILES_URL", "http://files.example"),
    ("SECRET_KEY", "too-short"),
    ("SECRET_KEY", "x" * 31),
    ("SECRET_KEY", "changeme" * 8),
    ("SECRET_KEY", "0" * 64),
    ("SECRET_KEY", f"{KEY},short"),
    ("SECRET_KEY", f"{KEY},"),
    ("BASE_URL", "connect.example"),
    ("BASE_URL", "ftp://connect.example"),
    ("BASE_URL", "https://"),
    ("BASE_URL", "https://["),
    ("BASE_URL", "https://connect.example:port"),
    ("BASE_URL", "https://connect.example/app"),
    ("BASE_URL", "https://user@connect.example"),
    ("TRUSTED_PROXIES", "*"),
    ("TRUSTED_PROXIES", "proxy.example"),
    ("TRUSTED_PROXIES", "10.0.0.1,"),
    ("SMTP_URL", "mail.example:587"),
    ("SMTP_URL", "http://mail.example"),
    ("SMTP_URL", "smtp://"),
    ("SMTP_URL", "smtp://mail.example:mail"),
    ("SMTP_URL", "smtp://mail.example?starttls=perhaps"),
    ("SMTP_URL", "smtp://mail.example?tls"),
    ("MAIL_FROM", "Connect"),
    ("MAIL_FROM", "Connect <no-reply@connect.example>\nBcc: eve@evil.example"),
    ("SUPPORT_EMAIL", "help"),
    ("TIME_ZONE", "Eastern"),
    ("TIME_ZONE", "../../etc/passwd"),
    ("ORGANIZATION", "Two\nlines"),
    ("MARK_FILE", "/there/is/no/such.svg"),
    ("LIMITS", "sign_in=0/15m"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_one_is_refused_by_name_with_what_to_write(name, value):
    (fault,) = faults(SERVER | {f"CONNECT_{name}": value})

    assert fault.startswith(f"CONNECT_{name}: ")
    assert fault.endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "canary"),
        ("DATABASE_URL", "mysql://connect:canary@db/connect"),
        ("SMTP_URL", "smpt://connect:canary@mail.example"),
    ],
)
def test_s28_a_refused_secret_is_not_shown(name, value):
    assert "canary" not in faults(SERVER | {f"CONNECT_{name}": value})[0]


def test_every_fault_is_named_at_once():
    env = SERVER | {f"CONNECT_{name}": value for name, value in WRONG}

    assert len(faults(env)) == len({name for name, _ in WRONG})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "cockroachdb://root@a,b,c/connect"),
        ("FILES_URL", "s3://bucket/prefix"),
        ("SECRET_KEY", f"{KEY} , {KEY[::-1]}"),
        ("BASE_URL", "http://[::1]:8000"),
        ("TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16,::1"),
        ("SMTP_URL", "smtp://user:p%40ss@mail.example:587?starttls=required"),
        ("SMTP_URL", "smtps://mail.example"),
        ("MAIL_FROM", '"Connect, Inc." <no-reply@localhost>'),
        ("TIME_ZONE", "Pacific/Honolulu"),
    ],
)
def test_a_right_one_is_taken_as_it_is(name, value):
    assert getattr(read_settings(SERVER | {f"CONNECT_{name}": value}), name.lower()) == value


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATA_DIR", "BASE_URL", "SMTP_URL", "LIMITS"])
def test_an_empty_one_is_not_set(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = {"CONNECT_SECRET_KEY": KEY}

    assert read_settings(env | {f"CONNECT_{name}": ""}) == read_settings(env)


def test_a_value_may_stand_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    env = {name: value for name, value in SERVER.items() if name != "CONNECT_SECRET_KEY"}

    found = read_settings(env | {"CONNECT_SECRET_KEY_FILE": str(file)})

    assert found.keys == [KEY]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named_and_not_shown(tmp_path, content):
    file = tmp_path / "url"
    if content:
        file.write_bytes(content)

    (fault,) = faults(SERVER | {"CONNECT_SMTP_URL_FILE": str(file)})

    reason = "it is not text" if content else "No such file or directory"
    assert fault == f"CONNECT_SMTP_URL_FILE: {file} cannot be read ({reason})."


@pytest.mark.parametrize("content", ["", "cut sho"])
def test_a_damaged_key_is_not_replaced_in_silence(tmp_path, content):
    file = tmp_path / "secret-key"
    file.write_text(content)

    assert faults({"CONNECT_DATA_DIR": str(tmp_path)}) == [
        f"CONNECT_SECRET_KEY: {file} holds no key. Put back the one it held."
    ]
    assert file.read_text() == content


def test_a_data_folder_that_takes_no_file_is_named(tmp_path):
    (tmp_path / "data").write_text("a file, not a folder")

    assert faults({"CONNECT_DATA_DIR": f"{tmp_path}/data"}) == [
        f"CONNECT_DATA_DIR: {tmp_path}/data cannot be used (File exists)."
    ]


def test_keys_are_listed_new_first():
    found = read_settings(SERVER | {"CONNECT_SECRET_KEY": f"{KEY}, {KEY[::-1]}"})

    assert found.keys == [KEY, KEY[::-1]]


@pytest.mark.parametrize("shown", [repr, str, "{}".format, "{!r:>10}".format])
def test_s28_no_way_to_print_them_shows_a_secret(shown):
    env = SERVER | {"CONNECT_SMTP_URL": "smtp://connect:canary-password@mail.example"}

    text = shown(read_settings(env))

    assert "canary" not in text
    assert text.count("***") == 3
    assert "'base_url': 'https://connect.example'" in text


def test_they_do_not_change():
    with pytest.raises(AttributeError):
        read_settings(SERVER).secret_key = "another"  # type: ignore[misc]


def test_nothing_starts_with_wrong_settings():
    env = SERVER | {"CONNECT_LIMITS": "sign_in=0/15m", "CONNECT_MAIL_FROM": "nobody"}

    ended = subprocess.run(
        [sys.executable, "-m", "connect", "serve"],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        "CONNECT_MAIL_FROM: write it as Connect <no-reply@connect.example>.",
        "CONNECT_LIMITS: write each as sign_in=10/15m, with s, m, h or d.",
    ]


def test_every_setting_has_a_default_or_is_asked_for():
    assert {field.name for field in msgspec.structs.fields(type(read_settings(SERVER)))} == {
        "data_dir",
        "database_url",
        "files_url",
        "secret_key",
        "base_url",
        "packages_url",
        "courses_dir",
        "trusted_proxies",
        "smtp_url",
        "mail_from",
        "support_email",
        "time_zone",
        "organization",
        "mark_file",
        "grant_acknowledgement",
        "signatory_name",
        "signatory_title",
        "limits",
        "certificate_templates",
        "signing_key",
        "timestamp_url",
        "clamd_url",
        "membership_months",
        "two_persons",
    }
