"""Renders templates: autoescaped, with strict headers, without anything from elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import Response

from aggregator.core.moments import ago
from aggregator.publish import wording
from aggregator.publish.languages import language_name
from aggregator.publish.text import clean, day, iso, when
from aggregator.web.cards import StoryCard

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Others learn nothing; under no-referrer our own forms would be sent with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def by_day(cards: Iterable[StoryCard]) -> list[tuple[str, list[StoryCard]]]:
    """Return runs of stories last reported on the same day (UTC), each under the day's name, in their order."""
    return [(name, list(those)) for name, those in groupby(cards, key=lambda card: day(card.latest))]


class Templates:
    """The pages' templates."""

    def __init__(self, title: str, prefix: str, notices: Callable[[], Sequence[str]]) -> None:
        """`title`: of the installation. `prefix`: path of the base URL, for links. `notices`: asked for each page,
        what stands above everything else.
        """
        environment = Environment(
            loader=PackageLoader("aggregator.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        style = (files("aggregator.web") / "static" / "style.css").read_bytes()
        environment.globals.update(
            site_title=title,
            prefix=prefix,
            style_version=hashlib.sha256(style).hexdigest()[:8],
            notices=notices,
        )
        environment.filters.update(
            when=when,
            iso=iso,
            state=wording.state,
            kind=wording.kind,
            language=language_name,
            basis=wording.basis,
            ago=ago,
            groupby_day=by_day,
        )
        self._environment = environment

    def page(self, name: str, **values: Any) -> Response:
        """Return a page."""
        # One pass over the whole page catches the control characters of every text in it.
        body = clean(self._environment.get_template(name).render(**values))
        return Response(body, media_type="text/html; charset=utf-8", headers=HEADERS)
