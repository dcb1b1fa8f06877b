"""An item's body as a few simple blocks, written once as HTML and once as plain text.

Both forms come from the same blocks, so a reader in a terminal misses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.publish.text import clean, escape


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text, perhaps a link."""

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
    return Paragraph(tuple(Span(span) if isinstance(span, str) else span for span in spans))


def row(*spans: Span | str) -> tuple[Span, ...]:
    """Return a list row of spans; strings become plain ones."""
    return tuple(Span(span) if isinstance(span, str) else span for span in spans)


def to_html(blocks: Sequence[Block]) -> str:
    """Return the blocks as HTML: p, h3, ul, li, a and strong only."""
    out: list[str] = []
    for block in blocks:
        match block:
            case Paragraph(spans):
                out.append(f"<p>{''.join(map(_span_html, spans))}</p>")
            case Heading(text):
                out.append(f"<h3>{escape(text)}</h3>")
            case Bullets(rows):
                items = (f"<li>{''.join(map(_span_html, spans))}</li>" for spans in rows)
                out.append(f"<ul>{''.join(items)}</ul>")
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


def _span_html(span: Span) -> str:
    text = escape(span.text)
    lang = f' lang="{span.language}"' if span.language else ""
    if span.href:
        text = f'<a href="{escape(span.href)}"{lang}>{text}</a>'
    elif lang:
        text = f"<span{lang}>{text}</span>"
    return f"<strong>{text}</strong>" if span.strong else text


def _span_text(span: Span) -> str:
    return f"{clean(span.text)} <{span.href}>" if span.href else clean(span.text)
