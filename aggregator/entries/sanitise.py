"""HTML from strangers: made safe to show, and turned into plain text.

Sanitising is nh3's (the Rust library ammonia, an HTML5 parser with an allow list); text is selectolax's.
Both are fast, and both can be made to take quadratic time, so what they get is bounded first (`bounded_html`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

import nh3
from selectolax.lexbor import LexborHTMLParser

from aggregator.core import text as plain
from aggregator.entries.bounded_html import bounded
from aggregator.entries.html_elements import DROPPED, KEPT

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
_SCHEMES = {"http", "https", "mailto"}

# Images nobody sees: one pixel (or none) wide or high, or from hosts that only count readers.
_PIXEL = re.compile(r"""<img\b(?=[^<>]*\s(?:width|height)="[01](?:px)?")[^<>]*>""")
_COUNTER = re.compile(
    r"""<img\b[^<>]*\ssrc="https?://(?:"""
    r"""feeds\.feedburner\.com/~|[^"/]*\.doubleclick\.net/|pixel\.|stats\.wordpress\.com/|[^"/]*\.quantserve\.com/"""
    r"""|b\.scorecardresearch\.com/|www\.google-analytics\.com/|[^"/]*/pixel(?:\.gif|\?|/))[^<>]*>"""
)
_EMPTY_IMAGE = re.compile(r"""<img\b(?![^<>]*\ssrc=)[^<>]*>""")
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
        tags=set(KEPT),
        attributes={name: set(values) for name, values in _ATTRIBUTES.items()},
        clean_content_tags=set(DROPPED),
        attribute_filter=_attribute,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
        url_relative=("rewrite_with_base", base) if base else "deny",
    )


def sanitise(html: str, base: str = "") -> str:
    """Safe HTML: allowed elements only, absolute http(s) links, no scripts, handlers, styles or pixels.

    Relative links are resolved against `base` (a canonical URL) and dropped when it is "". Time and size of the result
    are in proportion to `html`. Never raises.
    """
    html = plain.clean(html)
    if "<" not in html and "&" not in html:
        return html
    html = bounded(_SWALLOWING.sub("", html))
    try:
        safe: str = _cleaner(base).clean(html)
    except ValueError:
        safe = _cleaner("").clean(html)
    if "<img" in safe:
        for unwanted in (_PIXEL, _COUNTER, _EMPTY_IMAGE):
            safe = unwanted.sub("", safe)
    return safe.strip()


def to_text(html: str, *, safe: bool = False) -> str:
    """Plain text of `html`: a line for each block, entities decoded, nothing of scripts or styles.

    `safe`: it comes from `sanitise`.
    """
    if "<" not in html and "&" not in html:
        return plain.paragraphs(html)
    if "<" not in html:
        return plain.paragraphs(unescape(html))
    html = _CELL.sub(" ", _BLOCK.sub("\n<", html if safe else _SWALLOWING.sub("", html)))
    tree = LexborHTMLParser(html if safe else bounded(html))
    tree.strip_tags(sorted(DROPPED))
    body = tree.body
    return plain.paragraphs(body.text(separator="", strip=False)) if body is not None else ""


def first_image(safe_html: str) -> str:
    """URL of the first image in sanitised HTML, or ""."""
    found = re.search(r"""<img\b[^<>]*\ssrc="(https?://[^"<>]+)\"""", safe_html)
    return unescape(found[1]) if found else ""
