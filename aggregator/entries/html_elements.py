"""The elements of HTML by what they do to a parser, and those that we keep."""

from __future__ import annotations

KEPT = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "dd", "del", "details", "dfn", "div", "dl", "dt",
        "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol",
        "p", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table",
        "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr", "audio", "video", "source",
    }
)  # fmt: skip
"""Elements that stay. No form, frame, embed, style or script of any kind."""

DROPPED = frozenset({"script", "style", "template", "svg", "math"})
"""Elements that go with all that is in them."""

VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    }
)  # fmt: skip
"""Elements without an end tag."""

FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
"""Elements that a parser opens again where they were left open (HTML Standard, "active formatting elements")."""

CLOSES_ITSELF = {
    "li": frozenset({"li"}),
    "dt": frozenset({"dt", "dd"}),
    "dd": frozenset({"dt", "dd"}),
    "td": frozenset({"td", "th"}),
    "th": frozenset({"td", "th"}),
    "tr": frozenset({"tr"}),
    "tbody": frozenset({"tbody", "thead", "tfoot"}),
    "thead": frozenset({"tbody", "thead", "tfoot"}),
    "tfoot": frozenset({"tbody", "thead", "tfoot"}),
    "rp": frozenset({"rp", "rt"}),
    "rt": frozenset({"rp", "rt"}),
    "a": frozenset({"a"}),
}
"""Which open elements a start tag ends."""

CONTAINERS = {
    "li": frozenset({"ul", "ol"}),
    "dt": frozenset({"dl"}),
    "dd": frozenset({"dl"}),
    "rp": frozenset({"ruby"}),
    "rt": frozenset({"ruby"}),
}
"""Beyond which a start tag ends nothing; for all others, `SCOPES`."""

TABLE_PARTS = frozenset({"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"})
"""They begin and end others of a table however deep these stand in it."""

SCOPES = frozenset({"table", "td", "th", "caption"})
"""Elements whose content ends nothing outside them."""

ENDS_PARAGRAPH = frozenset(
    {
        "blockquote", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
        "li", "ol", "p", "pre", "summary", "table", "ul",
    }
)  # fmt: skip
"""Elements whose start tag ends an open paragraph."""
