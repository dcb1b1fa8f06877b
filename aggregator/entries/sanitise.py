"""HTML from strangers: made safe to show, and turned into plain text.

Sanitising is nh3's (the Rust library ammonia, an HTML5 parser with an allow list); text is selectolax's.
Both are fast, and both can be made to take quadratic time by nesting, so nesting is measured first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

import nh3
from selectolax.lexbor import LexborHTMLParser

from aggregator.core import text as plain

TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "u",
        "ul",
        "var",
        "wbr",
        "audio",
        "video",
        "source",
    ]
)
"""Elements that stay. No form, frame, embed, style or script of any kind."""

_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "img": {"src", "alt", "width", "height"},
    "audio": {"src", "controls"},
    "video": {"src", "controls", "poster", "width", "height"},
    "source": {"src", "type"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "time": {"datetime"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_CONTENT_DROPPED = {"script", "style", "template", "svg", "math"}
_SCHEMES = {"http", "https", "mailto"}

DEEPEST = 200
"""Nesting beyond which markup is not kept, only its text. nh3's time grows with the square of the depth."""

# Images nobody sees: one pixel (or none) wide or high, or from hosts that only count readers.
_PIXEL = re.compile(r"""<img\b(?=[^<>]*\s(?:width|height)="[01](?:px)?")[^<>]*>""")
_COUNTER = re.compile(
    r"""<img\b[^<>]*\ssrc="https?://(?:"""
    r"""feeds\.feedburner\.com/~|[^"/]*\.doubleclick\.net/|pixel\.|stats\.wordpress\.com/|[^"/]*\.quantserve\.com/"""
    r"""|b\.scorecardresearch\.com/|www\.google-analytics\.com/|[^"/]*/pixel(?:\.gif|\?|/))[^<>]*>"""
)
_EMPTY_IMAGE = re.compile(r"""<img\b(?![^<>]*\ssrc=)[^<>]*>""")
# Where a tag begins, and no more: what ends it is a matter of quotes and comments, with which markup can hide.
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_ANY_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*>")
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
# Their start closes the one before, so they never nest without another element between.
_SELF_CLOSING = frozenset(["p", "li", "dt", "dd", "td", "th", "tr", "tbody", "thead", "tfoot", "option"])
_FLAT = _VOID | _SELF_CLOSING
_BLOCK = re.compile(
    r"<(?=/?(?:p|div|br|hr|li|ul|ol|dl|dt|dd|h[1-6]|blockquote|pre|table|tr|figure|figcaption|caption|details|summary"
    r"|section|article|header|footer|option)\b)",
    re.IGNORECASE,
)
_CELL = re.compile(r"</(?:td|th)>", re.IGNORECASE)


# An HTML parser takes all that follows these for their content, so one that is not closed swallows the rest.
_SWALLOWING = re.compile(
    r"</?(?:iframe|object|applet|noembed|noframes|noscript|xmp|plaintext|textarea|title|select|frameset|frame|listing)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)


def _attribute(element: str, attribute: str, value: str) -> str | None:
    """Called by nh3 for each attribute that would stay."""
    if attribute in ("href", "src", "poster", "cite"):
        return value if len(value) <= 4096 else None
    if attribute in ("width", "height", "colspan", "rowspan", "start"):
        return value if value.removesuffix("px").isdigit() and len(value) <= 6 else None
    return plain.one_line(value)


@lru_cache(maxsize=64)
def _cleaner(base: str) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(TAGS),
        attributes={name: set(values) for name, values in _ATTRIBUTES.items()},
        clean_content_tags=_CONTENT_DROPPED,
        attribute_filter=_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
        url_relative=("rewrite_with_base", base) if base else "deny",
    )


def sanitise(html: str, base: str = "") -> str:
    """Safe HTML: allowed elements only, absolute http(s) links, no scripts, handlers, styles or pixels.

    Relative links are resolved against `base` (a canonical URL) and dropped when it is "". Markup nested
    deeper than `DEEPEST` is reduced to its text. Never raises.
    """
    html = plain.clean(html)
    if "<" not in html and "&" not in html:
        return html
    html = _SWALLOWING.sub("", html)
    if too_deep(html):
        return _escape(strip_tags(html))
    try:
        safe: str = _cleaner(base).clean(html)
    except ValueError:
        safe = _cleaner("").clean(html)
    if "<img" in safe:
        for unwanted in (_PIXEL, _COUNTER, _EMPTY_IMAGE):
            safe = unwanted.sub("", safe)
    return safe.strip()


def to_text(html: str) -> str:
    """Plain text of `html`: a line for each block, entities decoded, nothing of scripts or styles."""
    if "<" not in html and "&" not in html:
        return plain.paragraphs(html)
    if "<" not in html or too_deep(html):
        return plain.paragraphs(unescape(strip_tags(html)))
    tree = LexborHTMLParser(_CELL.sub(" ", _BLOCK.sub("\n<", _SWALLOWING.sub("", html))))
    tree.strip_tags(["script", "style", "template", "svg", "math"])
    body = tree.body
    return plain.paragraphs(body.text(separator="", strip=False)) if body is not None else ""


def first_image(safe_html: str) -> str:
    """URL of the first image in sanitised HTML, or ""."""
    found = re.search(r"""<img\b[^<>]*\ssrc="(https?://[^"<>]+)\"""", safe_html)
    return unescape(found[1]) if found else ""


def too_deep(html: str) -> bool:
    """Whether elements are nested deeper than `DEEPEST`, unclosed ones counted as open. Linear time."""
    if html.count("<") <= DEEPEST:
        return False
    depth = 0
    # By name: the end tag of what is not open closes nothing.
    open_: dict[str, int] = {}
    for closing, name in _TAG.findall(html):
        name = name.lower()
        if name in _FLAT:
            continue
        if not closing:
            open_[name] = open_.get(name, 0) + 1
            depth += 1
            if depth > DEEPEST:
                return True
        elif open_.get(name):
            open_[name] -= 1
            depth -= 1
    return False


def strip_tags(html: str) -> str:
    """`html` without anything that looks like a tag. For text only: the result is not safe HTML."""
    return _ANY_TAG.sub(" ", html)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
