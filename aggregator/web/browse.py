"""The pages of lists: the stories of one output, narrowed as its feeds can be, and what a search finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aggregator.config.outputs import OutputConfig
from aggregator.core.text import straight_quotes
from aggregator.core.types import Story
from aggregator.publish import wording
from aggregator.publish.gather import gather
from aggregator.publish.languages import language_name
from aggregator.publish.parameters import Request, read_parameters, write_cursor
from aggregator.publish.produce import produce
from aggregator.publish.selection import Selection, cursor_of, in_order, labels_shown, matches
from aggregator.publish.types import Names, Publication
from aggregator.web.cards import browsable, output_card, story_card
from aggregator.web.context import Context

PAGE = 30
"""Stories on one page."""
MAX_FOUND = 500
"""Stories looked through for a search."""
MAX_WORDS = 200
_SINCE = {"24h": "last day", "7d": "last week", "30d": "last month"}
_ORDER = {"changed": "latest change", "published": "latest first report", "score": "best score"}
_OWN = ("q", "show")
"""Parameters that pages have and feeds do not."""


def output_view(
    context: Context, output: OutputConfig, pairs: Iterable[tuple[str, str]], now: datetime
) -> dict[str, Any]:
    """Return the values of an output's page. `pairs`: of the query string. Raises BadParameters, NoSuchArchive."""
    names = context.source.names()
    # A form sends the fields that were left empty too.
    given = [(name, value.strip()) for name, value in pairs if value.strip()]
    own = {name: value[:MAX_WORDS] for name, value in given if name in _OWN}
    request = read_parameters([pair for pair in given if pair[0] not in _OWN], output, now)
    values = {
        "output": output_card(output, names),
        "now": now,
        "query": own.get("q", ""),
        "narrowed": request.narrowed,
        "near": False,
        "by_day": request.selection.order == "changed",
        "near_possible": output.kind == "stories",
    }
    if not browsable(output):
        feed = produce(context.source, output, Publication(context.site, records=False), request, now=now)
        return {
            **values,
            "items": feed.items,
            "stories": (),
            "choices": {},
            "counted": 0,
            "older": "",
            "near_possible": False,
        }
    near = output.kind == "stories" and own.get("show") == "near-misses"
    selection = replace(request.selection, mode="near") if near else request.selection
    every, beyond = gather(context.source, output, _wide(output, selection, now), None)
    stories, older = _page(context, output, request, selection, own)
    return {
        **values,
        "items": (),
        "near": near,
        "stories": [story_card(story, labels_shown(story, selection), names) for story in stories],
        "counted": len(every) if beyond else 0,
        "choices": _choices(every, selection, request, names, ordered=output.kind != "alerts"),
        "older": older,
    }


def search_view(context: Context, text: str, now: datetime) -> dict[str, Any]:
    """Return the values of the page of what a search finds in all stories, in a topic or not."""
    names = context.source.names()
    text = text.strip()[:MAX_WORDS]
    public = public_topics(context)
    cards = []
    for story in context.source.search(text, PAGE * 4) if text else ():
        belongs = [label for label in story.labels if label.belongs]
        shown = [label for label in belongs if public is None or label.topic in public]
        # What only a private output holds is nobody else's to find.
        if shown or not belongs:
            cards.append(story_card(story, shown, names))
    return {
        "query": text,
        # A phrase brings its own quotation marks.
        "asked": text if '"' in straight_quotes(text) else f"“{text}”",
        "stories": cards[: PAGE * 2],
        "more": len(cards) > PAGE * 2,
        "now": now,
    }


def public_topics(context: Context) -> frozenset[str] | None:
    """Return the topics whose stories anybody may see; None: all."""
    outputs = [output for output in context.source.outputs() if not output.private_env]
    if any(not output.topics for output in outputs):
        return None
    return frozenset(topic for output in outputs for topic in output.topics)


def _wide(output: OutputConfig, selection: Selection, now: datetime) -> Selection:
    """Return the same output without what the page's form narrows, to see what there is to choose from."""
    base = read_parameters([], output, now).selection
    return replace(base, mode=selection.mode, limit=200)


def _page(
    context: Context, output: OutputConfig, request: Request, selection: Selection, own: Mapping[str, str]
) -> tuple[Sequence[Story], str]:
    """Return the stories of one page, and the query string of the page of older ones, if there is any."""
    if "q" in own:
        found = [one for one in context.source.search(own["q"], MAX_FOUND) if matches(one, selection)]
        return in_order(found, selection)[: PAGE * 2], ""
    stories, more = gather(
        context.source, output, replace(selection, limit=min(selection.limit, PAGE)), request.before
    )
    last = cursor_of(stories[-1], selection) if stories and more else None
    if last is None or selection.limit < PAGE:
        return stories, ""
    query = request.page(before=write_cursor(last))
    return stories, f"{query}&{urlencode({'show': own['show']})}" if "show" in own else query


def _choices(
    stories: Sequence[Story], selection: Selection, request: Request, names: Names, *, ordered: bool
) -> dict[str, dict[str, Any]]:
    """Return what each field of the form offers: what the output's latest stories have, and what is chosen."""
    facets: Counter[str] = Counter()
    states: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    for story in stories:
        facets.update({label.facet for label in labels_shown(story, selection) if label.facet})
        states.update([story.corroboration.state])
        languages.update({member.entry.language for member in story.entries if member.entry.language})
        kinds.update({member.kind for member in story.entries if member.kind})
        countries.update({member.country for member in story.entries if member.country})
    chosen = request.selection
    since = dict(pair.split("=", 1) for pair in request.narrowed.split("&") if "=" in pair).get("since", "")
    return {
        "facet": _field(
            "Facet", facets, chosen.facets, lambda slug: names.facets.get(slug) or wording.name(slug)
        ),
        "state": _field("Corroboration", states, chosen.states, wording.state),
        "language": _field("Language", languages, chosen.languages, language_name),
        "kind": _field("Kind of outlet", kinds, chosen.kinds, wording.kind),
        "country": _field("Country", countries, chosen.countries, str),
        "since": {"label": "Changed in", "any": "any time", "options": _listed(_SINCE, since)},
        "order": {"label": "Order", "any": "", "options": _listed(_ORDER, chosen.order) if ordered else []},
    }


def _field(label: str, counts: Counter[str], chosen: Sequence[str], name: Any) -> dict[str, Any]:
    values = [value for value, _ in counts.most_common()]
    values += [value for value in chosen if value not in counts]
    options = [(value, f"{name(value)} ({counts[value]})", value in chosen) for value in values]
    return {"label": label, "any": "all", "options": options}


def _listed(known: Mapping[str, str], chosen: str) -> list[tuple[str, str, bool]]:
    listed = dict(known)
    if chosen and chosen not in listed:
        listed[chosen] = chosen
    return [(value, text, value == chosen) for value, text in listed.items()]
