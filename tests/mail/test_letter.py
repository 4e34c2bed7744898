"""The HTML of a mail: made of its text, with links to this site only, and nothing to fetch."""

import re
from html.parser import HTMLParser

import pytest

from accounts.environment import environment
from connect.config import settings
from connect.mail import transport
from connect.mail.kinds import KINDS
from connect.mail.letter import as_html
from connect.web.templating import SOURCE
from mail.post_office import post_office
from mail.test_transport import MAIL, WRITTEN

SITE = "http://127.0.0.1:8000"
FETCHING = {"img", "script", "link", "iframe", "object", "video", "audio", "form", "base"}


class Seen(HTMLParser):
    """The elements, links and words of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.links, self.words = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.words.append(data)


def shown(html):
    """The words of the page without those of its head, with single spaces."""
    return " ".join("".join(Seen(html.partition("<main>")[2]).words).split())


def test_text_becomes_paragraphs_quotes_and_one_button():
    html = as_html(
        "Subject",
        "Hello Ada,\n\nthey wrote:\n\n    first\n    \n    second\n\n"
        f"Open this page:\n\n{SITE}/sponsor/t-1\n\nYou get this.\n",
    )

    assert "<p>Hello Ada,</p>" in html
    quote = re.search(r"<blockquote>(.*?)</blockquote>", html, re.DOTALL)[1]
    assert "".join(quote.split()) == "first<br><br>second"
    assert html.count('class="button"') == 1
    assert Seen(html).links == [f"{SITE}/sponsor/t-1"] * 2


def test_several_addresses_make_no_button():
    html = as_html("S", f"- One\n\n  {SITE}/courses/one\n\n- Two\n\n  {SITE}/courses/two")

    assert 'class="button"' not in html
    assert Seen(html).links == [f"{SITE}/courses/one", f"{SITE}/courses/two"]


def test_a_line_that_was_broken_for_its_width_goes_on():
    long = "somebody, most likely you, tried to open an account with this address. You have one"

    html = as_html("S", f"{long}\nalready.\nShort\nlines stay: {SITE}/login\nand this one too")

    lines = re.split(r"\s*<br>\s*", html.partition("<p>")[2].partition("</p>")[0])
    assert lines[:2] == [f"{long} already.", "Short"]
    assert len(lines) == 4


@pytest.mark.parametrize(
    "typed",
    [
        "<img src=x onerror=alert(1)>",
        '"><script>alert(1)</script>',
        "<a href='https://evil.example'>you won</a>",
        "&lt;b&gt;",
    ],
)
def test_what_somebody_typed_stays_words(typed):
    html = as_html(typed, f"Hello {typed},\n\n    {typed}\n\n{typed}")

    assert shown(html).count(" ".join(typed.split())) == 3
    assert Seen(html).links == []
    assert Seen(html).tags & FETCHING == set()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/login",
        f"{SITE}.evil.example/login",
        f"{SITE}@evil.example/",
        f"{SITE}0/",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
def test_an_address_elsewhere_is_no_link(address):
    html = as_html("S", f"Look at {address}.\n\n{address}")

    assert Seen(html).links == []
    assert 'class="button"' not in html
    assert shown(html).count(address) == 2


def test_a_stop_behind_an_address_is_no_part_of_it():
    assert Seen(as_html("S", f"Go to {SITE}/agencies.")).links == [f"{SITE}/agencies"]


async def test_a_mail_has_both_forms_and_both_say_the_same(database):
    body = f"Grüße Ada,\n\nyou are verified:\n\n{SITE}/courses\n\nYou get this.\n"
    async with post_office() as office:
        with environment(smtp_url=office.url):
            await transport.send(MAIL, "a@b.example", "Hello", body, WRITTEN)

    message = office.letters[0].message
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().replace("\r\n", "\n") == body
    told = shown(html.get_content()).removeprefix(f"{settings().organization} ")
    assert told.replace("Open this page ", "") == " ".join(body.split())
    assert max(map(len, office.letters[0].raw.split(b"\r\n"))) <= 998


def test_every_mail_is_worded_as_the_html_takes_it():
    """No template uses what the text form alone would show: tabs, or a quote in a paragraph."""
    for kind in KINDS:
        feature, name = kind.split("/")
        text = (SOURCE / feature / "templates" / "mail" / f"{name}.txt").read_text()
        assert "\t" not in text, kind
        assert not re.search(r"\S\n {4}", text), kind
