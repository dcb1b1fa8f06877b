"""An item's body as a few simple blocks, written once as HTML and once as plain text.

Both forms come from the same blocks, so a reader in a terminal misses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from aggregator.publish.text import clean, escape


class Span(NamedTuple):
    """A run of text, perhaps a link. A named tuple, since a long feed has tens of thousands."""

    text: str
    href: str = ""
    """Already made safe; empty: no link."""
    strong: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Spans in one paragraph."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A line above what follows."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; each item is a row of spans."""

    rows: tuple[tuple[Span, ...], ...]


Block = Paragraph | Heading | Bullets


def paragraph(*spans: Span | str) -> Paragraph:
    """Return a paragraph of spans; strings become plain ones."""
    return Paragraph(row(*spans))


def row(*spans: Span | str) -> tuple[Span, ...]:
    """Return a list row of spans; strings become plain ones."""
    return tuple([Span(span) if isinstance(span, str) else span for span in spans])


def to_html(blocks: Sequence[Block]) -> str:
    """Return the blocks as HTML: p, h3, ul, li, a and strong only."""
    out: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            out.append(f"<p>{_spans_html(block.spans)}</p>")
        elif isinstance(block, Heading):
            out.append(f"<h3>{escape(block.text)}</h3>")
        else:
            items = "".join([f"<li>{_spans_html(spans)}</li>" for spans in block.rows])
            out.append(f"<ul>{items}</ul>")
    return "\n".join(out)


def to_text(blocks: Sequence[Block]) -> str:
    """Return the blocks as plain text; a link's address follows its words in angle brackets."""
    out: list[str] = []
    for block in blocks:
        match block:
            case Paragraph(spans):
                out.append("".join(map(_span_text, spans)) + "\n")
            case Heading(text):
                out.append(clean(text).upper())
            case Bullets(rows):
                out.append("\n".join(f"- {''.join(map(_span_text, spans))}" for spans in rows) + "\n")
    return "\n".join(out).strip()


def _spans_html(spans: Sequence[Span]) -> str:
    out = []
    for text, href, strong, language in spans:
        html = escape(text)
        if href or language:
            lang = f' lang="{language}"' if language else ""
            html = f'<a href="{escape(href)}"{lang}>{html}</a>' if href else f"<span{lang}>{html}</span>"
        out.append(f"<strong>{html}</strong>" if strong else html)
    return "".join(out)


def _span_text(span: Span) -> str:
    return f"{clean(span.text)} <{span.href}>" if span.href else clean(span.text)
