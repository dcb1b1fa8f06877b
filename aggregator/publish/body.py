"""An item's body, written as HTML and as plain text in one go, so a reader in a terminal misses nothing.

Every part is an `HtmlAndText`: the same words in both forms. Runs of text make rows and paragraphs, those make a body.
Strings are written at once and never kept as objects to be walked later: a long feed has tens of thousands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aggregator.publish.text import as_html, clean


class HtmlAndText(NamedTuple):
    """The same words in two forms."""

    html: str
    """Elements p, h3, ul, li, a, span and strong only."""
    text: str


def plain_words(text: str) -> HtmlAndText:
    """Return plain words."""
    text = clean(text)
    return HtmlAndText(as_html(text), text)


def link(text: str, url: str, language: str = "") -> HtmlAndText:
    """Return words that lead somewhere; `url` is already made safe, and empty where they lead nowhere."""
    if not url:
        return foreign(text, language)
    text = clean(text)
    lang = f' lang="{language}"' if language else ""
    # In plain text the address follows the words in angle brackets.
    return HtmlAndText(f'<a href="{as_html(url)}"{lang}>{as_html(text)}</a>', f"{text} <{url}>")


def foreign(text: str, language: str) -> HtmlAndText:
    """Return words of a language that need not be the body's own; empty: of none that is known."""
    text = clean(text)
    html = as_html(text)
    return HtmlAndText(f'<span lang="{language}">{html}</span>' if language else html, text)


def strong(text: str) -> HtmlAndText:
    """Return words that catch the eye."""
    text = clean(text)
    return HtmlAndText(f"<strong>{as_html(text)}</strong>", text)


def joined(runs: Iterable[HtmlAndText | str], between: str = "") -> HtmlAndText:
    """Return runs one after the other, with clean words in between; strings are plain words."""
    pairs = [plain_words(run) if isinstance(run, str) else run for run in runs]
    return HtmlAndText(
        as_html(between).join([html for html, _ in pairs]), between.join([text for _, text in pairs])
    )


def paragraph(*runs: HtmlAndText | str) -> HtmlAndText:
    """Return a paragraph."""
    html, text = joined(runs)
    return HtmlAndText(f"<p>{html}</p>", f"{text}\n")


def heading(text: str) -> HtmlAndText:
    """Return a line above what follows."""
    text = clean(text)
    return HtmlAndText(f"<h3>{as_html(text)}</h3>", text.upper())


def bullets(rows: Sequence[HtmlAndText]) -> HtmlAndText:
    """Return a list."""
    html = "</li><li>".join([html for html, _ in rows])
    text = "\n- ".join([text for _, text in rows])
    return HtmlAndText(f"<ul><li>{html}</li></ul>", f"- {text}\n")


def body(blocks: Sequence[HtmlAndText]) -> HtmlAndText:
    """Return paragraphs, headings and lists as one body."""
    return HtmlAndText(
        "\n".join([html for html, _ in blocks]), "\n".join([text for _, text in blocks]).strip()
    )
