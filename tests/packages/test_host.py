"""What is given out of a package: to its own launch, on its own host, and nothing beside it."""

import asyncio
import json
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest
from httpx import ASGITransport, AsyncClient

import make
from catalog.course_folder import FILES, write_course
from catalog.hostile_zips import SLUG, zipped
from connect.catalog.archive import pack, unpack
from connect.catalog.check import check_course
from connect.catalog.package_content import Unit
from connect.catalog.tables import CourseVersion, PackageFile
from connect.config import WrongSettings, read_settings, settings
from connect.files import get as stored_file
from connect.packages.actions import launch
from connect.packages.host import launch_address
from connect.policy import Role
from connect.publishing.preview import previewed
from connect.publishing.queries import files_of
from packages.course import STANDARDS, public, says, taken

OTHER = "http://packages.example:9000"
TRAVERSALS = [
    *("../secret-key", "..%2fsecret-key", "%2e%2e/secret-key", "%2e%2e%2fsecret-key"),
    *("..%5csecret-key", "..\\secret-key", "%5c..%5csecret-key", "....//secret-key"),
    *("..;/secret-key", "..%00/secret-key", "..%c0%afsecret-key", "..%252fsecret-key"),
    *("%252e%252e%252fsecret-key", "content/../../secret-key", "content/..%2f..%2fsecret-key"),
    *("./imsmanifest.xml", "content/../imsmanifest.xml", "/imsmanifest.xml", "//imsmanifest.xml"),
    *("imsmanifest.xml/", "imsmanifest.xml%00", "imsmanifest.xml%00.html", "imsmanifest.xml."),
    *("imsmanifest.xml%20", "IMSMANIFEST.XML", "imsmanifest.xml::$DATA", "imsmanifest.xml;x"),
    *("%69msmanifest.xml%2f", "file:///etc/passwd", "/etc/passwd", "%2fetc%2fpasswd", "~/api"),
    *("~root/.ssh/id", "C:/windows/win.ini", "c%3a%5cwindows%5cwin.ini", "\\\\host\\share\\x"),
    *("content", "content/", "content//index.html", "%e2%80%a6/secret-key", "%uff0e%uff0e/x"),
    *(
        "..%ef%bc%8fsecret-key",
        "%ef%bc%8e%ef%bc%8e/secret-key",
        "../" * 20 + "etc/passwd",
        "setup.exe",
    ),
]


@pytest.fixture
def apart(monkeypatch):
    """Packages have a host of their own."""
    monkeypatch.setenv("CONNECT_PACKAGES_URL", OTHER)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
async def there(app, database):
    """A browser's frame at the host of packages."""
    async with AsyncClient(transport=ASGITransport(app), base_url=OTHER) as client:
        yield client


async def started(tmp_path, files=STANDARDS["scorm-1.2"]):
    learner, enrollment = await taken(tmp_path, files)
    return learner, enrollment, (await launch(learner, enrollment.id, "gates")).token


async def test_a_file_comes_by_its_path_with_its_kind_and_a_narrow_policy(
    apart, there, clock, tmp_path
):
    *_, token = await started(tmp_path)

    page = await there.get(f"/p/{token}/content/index.html")
    style = await there.get(f"/p/{token}/content/gate.css")
    part = await there.get(f"/p/{token}/content/gate.css", headers={"Range": "bytes=0-1"})

    assert page.status_code == 200
    assert page.text == STANDARDS["scorm-1.2"]["content/index.html"]
    assert page.headers["content-type"] == "text/html"  # its own <meta> says the characters
    assert style.headers["content-type"] == "text/css"
    assert (part.status_code, part.text) == (206, "p ")
    policy = page.headers["content-security-policy"]
    for said in (
        "sandbox allow-scripts allow-forms allow-same-origin",
        f"default-src {OTHER}/p/{token}/",
        f"connect-src {OTHER}/p/{token}/",
        "form-action 'none'",
        "worker-src blob:",
        f"frame-ancestors 'self' {settings().base_url}",
    ):
        assert said in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in page.headers
    clock.move(timedelta(hours=4, seconds=1))
    late = await there.get(f"/p/{token}/content/index.html")
    assert late.status_code == 404
    assert "open it again" in late.text


async def test_the_site_does_not_give_out_packages_and_their_host_nothing_else(
    apart, there, client, browser, tmp_path
):
    learner, _, token = await started(tmp_path)
    there.cookies = (await browser(learner)).cookies

    here = await client.get(f"/p/{token}/content/index.html")
    others = [
        await there.get(path)
        for path in (
            "/",
            "/courses",
            "/api/v1/me",
            "/static/x",
            "/login",
            "/pp/x",
            "/p",
            "/health/live",
        )
    ]

    assert here.status_code == 421
    assert [answer.status_code for answer in others] == [421] * len(others)
    assert (await client.get("/courses")).status_code == 200


@pytest.mark.parametrize("where", ["apart", "here"])
async def test_a_path_is_that_of_a_file_or_nothing(where, request, app, database, tmp_path):
    if where == "apart":
        request.getfixturevalue("apart")
    *_, token = await started(tmp_path, {**STANDARDS["scorm-1.2"], "setup.exe": "x"})
    host = OTHER if where == "apart" else settings().base_url

    answers = {
        spelling: await asked(app, host, f"/p/{token}/{spelling}") for spelling in TRAVERSALS
    }

    assert len(answers) >= 40
    assert {s: status for s, status in answers.items() if status not in (404, 421)} == {}
    assert await asked(app, host, f"/p/{token}/content/the%20map.html") == 200


async def asked(app, host: str, target: str) -> int:
    """The status of a GET of *target* as it is spelled, which every client would tidy up."""
    told, over = [], asyncio.Event()
    coming = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        if coming:
            return coming.pop()
        await over.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        told.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            over.set()

    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(target),
        "raw_path": target.encode(),
        "query_string": b"",
        "headers": [(b"host", urlsplit(host).netloc.encode())],
        "client": ("192.0.2.7", 40000),
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
        "http_version": "1.1",
        "state": {},
    }
    await app(scope, receive, send)
    return told[0]["status"]


async def test_without_a_host_of_its_own_a_part_runs_in_a_sandbox_with_the_api_in_it(
    client, tmp_path
):
    _, enrollment, token = await started(tmp_path)
    assert enrollment

    page = await client.get(f"/p/{token}/content/index.html")
    style = await client.get(f"/p/{token}/content/gate.css")
    around = await client.get(f"/p/{token}/")

    head, script, rest = page.text.partition(f'<script src="/p/{token}/~/api.js"></script>')
    assert head.endswith("<head>")
    assert script
    assert head + rest == STANDARDS["scorm-1.2"]["content/index.html"]
    policy = page.headers["content-security-policy"]
    assert "sandbox allow-scripts allow-forms;" in policy
    assert "allow-same-origin" not in policy
    assert style.headers["access-control-allow-origin"] == "*"
    assert style.headers["cross-origin-resource-policy"] == "cross-origin"
    assert around.status_code == 404


async def test_the_api_brings_what_was_kept_and_no_markup(client, tmp_path):
    learner, enrollment, token = await started(tmp_path)
    await says(learner, enrollment, token, lesson_location="</script><script>alert(1)")

    script = (await client.get(f"/p/{token}/~/api.js")).text

    first = script.partition("\n")[0]
    assert "<" not in first
    given = json.loads(first.removeprefix("window.ConnectPackage = ").removesuffix(";"))
    values = given["values"]
    assert values["cmi.core.lesson_location"] == "</script><script>alert(1)"
    assert values["cmi.core.entry"] == "resume"
    assert values["cmi.core.student_name"] == "Ada <b>Guard</b>"
    assert values["cmi.core.student_id"] == str(enrollment.id)
    assert given["site"] == settings().base_url


async def test_the_page_around_a_part_is_escaped(apart, there, tmp_path):
    files = dict(STANDARDS["scorm-1.2"])
    title = "&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;"
    files["imsmanifest.xml"] = files["imsmanifest.xml"].replace("Watch the gates", title)
    *_, token = await started(tmp_path, files)

    page = (await there.get(f"/p/{token}/")).text

    assert "<img" not in page
    assert title in page


@pytest.mark.parametrize("token", ["a" * 43, "a", "%00", "..", "a" * 400])
async def test_no_launch_no_file(apart, there, token, tmp_path):
    await started(tmp_path)

    for path in ("", "content/index.html", "~/api.js"):
        assert (await there.get(f"/p/{token}/{path}")).status_code in (404, 421)


async def test_what_is_of_an_unknown_kind_is_not_stored_to_be_given_out(database, tmp_path):
    await started(tmp_path, {**STANDARDS["scorm-1.2"], "setup.exe": "x"})

    assert not await PackageFile.exists().where(PackageFile.path == "setup.exe")
    assert await PackageFile.exists().where(PackageFile.path == "content/the map.html")


def test_an_address_is_quoted_and_keeps_what_follows_it(monkeypatch):
    unit = Unit("one", "One", "content/the map?#.html", query="?a=1#b")

    assert urlsplit(launch_address("t", unit)).path == "/p/t/content/the%20map%3F%23.html"
    assert launch_address("t", unit).endswith(".html?a=1#b")


@pytest.mark.parametrize(
    ("packages", "says_what"),
    [
        ("https://connect.example", "another host"),
        ("https://connect.example:8443", "another host"),
        ("http://packages.example", "https for both"),
        ("https://packages.example/p", "without a path"),
        ("packages.example", "without a path"),
    ],
)
def test_a_host_of_packages_that_keeps_nothing_apart_stops_the_start(packages, says_what, tmp_path):
    env = {
        "CONNECT_DATA_DIR": str(tmp_path),
        "CONNECT_BASE_URL": "https://connect.example",
        "CONNECT_PACKAGES_URL": packages,
    }

    with pytest.raises(WrongSettings, match=f"CONNECT_PACKAGES_URL: .*{says_what}"):
        read_settings(env)


async def test_a_course_with_a_package_comes_out_of_its_zip_byte_for_byte(api, tmp_path):
    author = await make.staff(Role.AUTHOR)
    program = await api(author)
    files = {f"{SLUG}/{path}": data for path, data in {**FILES, **public()}.items()}
    sent = {"files": {"file": ("course.zip", zipped(files), "application/zip")}}

    made = await program.post("/course-publications", **sent)

    assert made.status_code == 201, made.text
    version = await CourseVersion.objects().first()
    stored = {f"{SLUG}/{p}": await stored_file(d) for p, d in (await files_of(version.id)).items()}
    assert stored == {path: _bytes(data) for path, data in files.items()}
    unpacked = unpack(pack(SLUG, {p.partition("/")[2]: d for p, d in stored.items()}), tmp_path)
    assert (unpacked / "media/gates.zip").read_bytes() == files[f"{SLUG}/media/gates.zip"]


def test_an_author_sees_of_a_package_what_its_parts_are(tmp_path):
    folder = write_course(tmp_path, **public(STANDARDS["scorm-2004"]))
    content = check_course(folder).content

    seen = previewed(content, "gates", url="/x", files="/y")["component"]

    assert seen["parts"] == ["Watch the gates", "The map"]


def _bytes(data) -> bytes:
    return data if isinstance(data, bytes) else data.encode()
