"""Pages for people, and the small answers for machines beside the feeds: OPML, health, metrics, schema."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from aggregator.publish.opml import render_opml
from aggregator.publish.parameters import BadParameters, NoSuchArchive
from aggregator.web.browse import output_view, search_view
from aggregator.web.cache import make_variants
from aggregator.web.context import Context
from aggregator.web.templates import Templates
from aggregator.web.views import feed_rows, home_view, story_view

_STATIC = {"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"}

_FOR_PROGRAMS = ("/feeds/", "/opml", "/health", "/metrics", "/schema/", "/static/", "/favicon.ico")
"""Where a program asks, whatever it says it accepts."""

_NO_DATABASE = (
    "The database cannot be read or written now, so this cannot be shown or kept.\n"
    "If you run this server: its log and /health say what is wrong and what to do."
)


class Pages:
    """Handlers of everything that is neither a feed nor feedback."""

    def __init__(self, context: Context, templates: Templates) -> None:
        self._context = context
        self._templates = templates
        static = files("aggregator.web") / "static"
        self._static = {name: (static / name).read_bytes() for name in _STATIC}
        self._schema = (files("aggregator.publish.formats") / "item.schema.json").read_bytes()

    async def home(self, request: Request) -> Response:
        """What is published, the latest stories, and how the feeds are."""
        context = self._context
        view = await run_in_threadpool(home_view, context, context.clock.now())
        return self._templates.page("home.html", **view)

    async def output(self, request: Request) -> Response:
        """The stories of one output."""
        context = self._context
        slug = request.path_params["slug"]
        output = next((o for o in context.source.outputs() if o.slug == slug and not o.private_env), None)
        if output is None:
            raise HTTPException(404, "There is no such output.")
        pairs = list(request.query_params.multi_items())
        try:
            view = await run_in_threadpool(output_view, context, output, pairs, context.clock.now())
        except BadParameters as error:
            raise HTTPException(400, "\n".join(error.mistakes)) from None
        except NoSuchArchive as error:
            raise HTTPException(404, str(error)) from None
        return self._templates.page("output.html", **view)

    async def search(self, request: Request) -> Response:
        """What has the words asked for, in a topic or not."""
        context = self._context
        text = request.query_params.get("q", "")
        view = await run_in_threadpool(search_view, context, text, context.clock.now())
        return self._templates.page("search.html", **view)

    async def feeds(self, request: Request) -> Response:
        """Every feed with its health."""
        rows = await run_in_threadpool(feed_rows, self._context, self._context.clock.now())
        outputs = self._context.source.outputs()
        told = [output.slug for output in outputs if output.kind == "health" and not output.private_env]
        return self._templates.page("feeds.html", feeds=rows, told=told)

    async def story(self, request: Request) -> Response:
        """One story with all sources, its history and the reasons."""
        context = self._context
        story = await run_in_threadpool(context.source.story, request.path_params["id"])
        if story is None:
            raise HTTPException(404, "There is no such story; it may be older than what is kept.")
        if isinstance(story, str):
            return RedirectResponse(f"{context.prefix}/story/{story}", 308)
        return self._templates.page("story.html", **story_view(context, story))

    async def opml(self, request: Request) -> Response:
        """The outputs as a subscription list."""
        context = self._context
        form = request.query_params.get("format", "atom")
        if form not in ("atom", "rss"):
            raise HTTPException(400, "format: must be atom or rss")
        names = await run_in_threadpool(context.source.names)
        body = render_opml(
            context.source.outputs(), context.site, names, form="rss" if form == "rss" else "atom"
        )
        # What a password opens is nothing for caches that others use too.
        scope = "private" if context.guard.authorization else "public"
        headers = {"ETag": make_variants(body)[0].etag.decode(), "Cache-Control": f"{scope}, max-age=300"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        headers["Content-Disposition"] = 'attachment; filename="outputs.opml"'
        return Response(body, media_type="text/x-opml; charset=utf-8", headers=headers)

    async def health(self, request: Request) -> Response:
        """200 while all is well, else 503; the body says why."""
        told = await run_in_threadpool(self._context.source.health)
        body = json.dumps({**told, "ok": bool(told.get("ok"))}, ensure_ascii=False, default=str)
        status = 200 if told.get("ok") else 503
        return Response(body, status, {"Cache-Control": "no-store"}, "application/json")

    async def metrics(self, request: Request) -> Response:
        """Counters for Prometheus."""
        registry = self._context.registry
        if registry is None:
            raise HTTPException(404, "Metrics are off.")
        body = await run_in_threadpool(generate_latest, registry)
        return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})

    async def schema(self, request: Request) -> Response:
        """The JSON Schema of `_aggregator`."""
        headers = {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"}
        return Response(self._schema, media_type="application/schema+json", headers=headers)

    async def static(self, request: Request) -> Response:
        """The style sheet and the icon."""
        name: str = request.path_params["name"]
        if name not in self._static:
            raise HTTPException(404, "There is no such file.")
        headers = {"Cache-Control": "public, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(self._static[name], media_type=_STATIC[name], headers=headers)

    async def database_trouble(self, request: Request, error: Exception) -> Response:
        """A page, or plain text, that says that the database cannot be used; the log has where it is and why."""
        return await self.problem(
            request, HTTPException(503, _NO_DATABASE, {"Retry-After": "60", "Cache-Control": "no-store"})
        )

    async def problem(self, request: Request, error: Exception) -> Response:
        """A page, or plain text for programs, that says what went wrong."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        detail = error.detail if isinstance(error, HTTPException) else "Something failed; the log says what."
        headers: dict[str, Any] = dict(getattr(error, "headers", None) or {})
        if _for_people(request):
            response = self._templates.page("problem.html", status=status, detail=detail)
            response.headers.update(headers)
            response.status_code = status
            return response
        return Response(detail + "\n", status, {**headers, "Cache-Control": "no-store"}, "text/plain")


def _for_people(request: Request) -> bool:
    """Whether a page is the better answer: it was asked for, or anything will do where pages are."""
    accept = request.headers.get("accept", "*/*")
    return "text/html" in accept or ("*/*" in accept and not request.url.path.startswith(_FOR_PROGRAMS))
