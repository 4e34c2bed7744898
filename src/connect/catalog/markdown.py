"""Markdown as courses use it: CommonMark, tables and footnote marks in, safe HTML out."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin

# Lists and quotes inside each other; each level of a list counts twice. The parser leaves out
# what stands deeper, and takes twice as long for the worst input with its own limit of 20.
MOST_NESTING = 12

_MARK = re.compile(r"\[\^([^\s\[\]]++)\]")
_EXTERNAL = ("https:", "mailto:", "tel:")
_ALIGNED = {f"text-align:{side}": f"text-{side}" for side in ("left", "center", "right")}

# No style attribute anywhere: the pages' Content-Security-Policy would refuse it.
_SAFE = nh3.Cleaner(
    tags={
        *("a", "blockquote", "br", "code", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img"),
        *("li", "ol", "p", "pre", "section", "strong", "sup"),
        *("table", "tbody", "td", "th", "thead", "tr", "ul"),
    },
    attributes={
        "a": {"href", "rel", "id", "role", "aria-label"},
        "div": {"tabindex"},
        "img": {"src", "alt", "loading"},
        "li": {"id"},
        "ol": {"start"},
        "pre": {"tabindex"},
        "section": {"role"},
        "th": {"scope"},
        **{f"h{level}": {"id"} for level in range(2, 7)},
    },
    allowed_classes={
        "a": {"footnote-back"},
        "div": {"usa-table-container--scrollable"},
        "img": {"lesson-image"},
        "section": {"footnotes"},
        "sup": {"footnote-mark"},
        "table": {"usa-table"},
        "td": set(_ALIGNED.values()),
        "th": set(_ALIGNED.values()),
    },
    link_rel=None,
    url_schemes={scheme.rstrip(":") for scheme in _EXTERNAL},
)


def parse(source: str) -> list[Token]:
    """Block tokens of *source*; a ``map`` counts lines from 0.

    Raw HTML becomes ``html_block`` and ``html_inline`` tokens, so that a check can find it;
    rendered, it is text. A footnote mark becomes a ``footnote_ref`` token with its ``label``,
    whether or not there is such a footnote.
    """
    return _PARSER.parse(source)


def parse_inline(source: str) -> list[Token]:
    """One inline token for *source*, in which no blocks are looked for."""
    return _PARSER.parseInline(source)


def render(tokens: Sequence[Token]) -> str:
    """HTML of *tokens*, still to be sanitized."""
    html: str = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return html


def to_html(tokens: Sequence[Token], after: str = "") -> str:
    """Sanitized HTML of *tokens*, followed by the HTML *after*."""
    return _SAFE.clean(render(tokens) + after).strip()


def table_cells(source: str) -> int:
    """At most how many cells the tables of *source* have, short rows filled up.

    Filling up makes 65,000 cells of a few hundred bytes, which takes more than a second to
    parse, so look before.
    """
    cells = width = 0
    for line in source.split("\n"):
        if not line.strip():
            width = 0
        elif "|" in line and set(line) <= set("|:- \t>"):
            width = max(width, line.count("|") + 1)
        cells += width
    return cells


def inline_tokens(tokens: Sequence[Token]) -> Iterator[tuple[int, Token]]:
    """Each inline token with its line, from 1, in the order of the source."""
    for block in tokens:
        line = block.map[0] + 1 if block.map else 1
        for token in block.children or []:
            yield line, token
            line += _newlines(token)


def _newlines(token: Token) -> int:
    if token.type in {"softbreak", "hardbreak"}:
        return 1
    if token.type == "image":
        return sum(_newlines(child) for child in token.children or [])
    return token.content.count("\n") if token.type == "html_inline" else 0


def plain(tokens: Sequence[Token] | None) -> str:
    """The words of inline *tokens*, without images and footnote marks."""
    words = {"text", "code_inline", "text_special"}
    breaks = {"softbreak", "hardbreak"}
    return "".join(
        token.content if token.type in words else " "
        for token in tokens or []
        if token.type in words | breaks
    ).strip()


def slug_of(title: str) -> str:
    """*title* as the part of an address: ``¿Qué hacer?`` is ``que-hacer``."""
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-") or "section"


def is_external(href: str) -> bool:
    return href.lower().startswith(_EXTERNAL)


def _footnote_mark(state: StateInline, silent: bool) -> bool:
    # The rule of the plugin looks for the end of each mark up to the end of the paragraph,
    # which takes minutes for 64 kB of "[^".
    found = _MARK.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("footnote_ref", "", 0).meta = {"label": found[1]}
    state.pos = found.end()
    return True


def _table_open(*_: object) -> str:
    return '<div class="usa-table-container--scrollable" tabindex="0"><table class="usa-table">\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"


def _cell(self: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    tag = tokens[at].tag
    side = _ALIGNED.get(str(tokens[at].attrs.get("style")))
    scope = ' scope="col"' if tag == "th" else ""
    return f'<{tag}{scope} class="{side}">' if side else f"<{tag}{scope}>"


def _link(self: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    href = str(tokens[at].attrs.get("href", ""))
    rel = ' rel="noopener noreferrer"' if is_external(href) else ""
    return f'<a href="{escape(href)}"{rel}>'


def _image(self: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    source = escape(str(tokens[at].attrs.get("src", "")))
    alt = escape(plain(tokens[at].children))
    return f'<img src="{source}" alt="{alt}" class="lesson-image" loading="lazy">'


def _code_block(self: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    return f'<pre tabindex="0"><code>{escape(tokens[at].content)}</code></pre>\n'


def _as_text(self: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    return escape(tokens[at].content)


def _footnote_ref(self: RendererHTML, tokens: Sequence[Token], at: int, *_: object) -> str:
    facts = tokens[at].meta
    if "number" not in facts:
        return ""
    return (
        f'<sup class="footnote-mark"><a href="#{facts["note"]}" id="{facts["mark"]}"'
        f' role="doc-noteref">[{facts["number"]}]</a></sup>'
    )


def _nothing(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    return ""


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": MOST_NESTING}).enable("table")
    parser.use(footnote_plugin, inline=False, move_to_end=False)
    parser.inline.ruler.at("footnote_ref", _footnote_mark)
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    rules: dict[str, Callable[..., str]] = {
        "table_open": _table_open,
        "table_close": _table_close,
        "th_open": _cell,
        "td_open": _cell,
        "link_open": _link,
        "image": _image,
        "fence": _code_block,
        "code_block": _code_block,
        "html_block": _as_text,
        "html_inline": _as_text,
        "footnote_ref": _footnote_ref,
        "footnote_reference_open": _nothing,
        "footnote_reference_close": _nothing,
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


_PARSER = _parser()
