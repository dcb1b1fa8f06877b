"""Puts the web server together: routes, pages, feeds, and the front that answers from memory."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregator.config.outputs import WebConfig
from aggregator.core.errors import StoreError
from aggregator.core.ports import Clock
from aggregator.publish.types import FeedbackLinks, Site
from aggregator.web.access import make_guard
from aggregator.web.cache import Memory
from aggregator.web.context import Context
from aggregator.web.feedback import FeedbackPages
from aggregator.web.feeds import PREFLIGHT, FeedServer, Problem
from aggregator.web.gateway import Gateway
from aggregator.web.in_flight import InFlight
from aggregator.web.pages import Pages
from aggregator.web.rate_limit import RateLimit
from aggregator.web.release import ReleasePages
from aggregator.web.respond import answer
from aggregator.web.signing import Signer
from aggregator.web.source import SecretLookup, WebSource
from aggregator.web.templates import Templates


def create_app(
    source: WebSource,
    web: WebConfig,
    *,
    clock: Clock,
    secrets: SecretLookup,
    registry: CollectorRegistry | None = None,
    base_url: str = "",
    configured: datetime | None = None,
) -> ASGIApp:
    """Return the ASGI application.

    `base_url`: where readers reach it, when web.base_url is empty (tests, port 0).
    `configured`: when config.toml last changed. Call `access.check_exposure` before: this does not refuse.
    """
    site = make_site(source, web, base_url=base_url, configured=configured)
    context = Context(
        source=source,
        web=web,
        site=site,
        clock=clock,
        secrets=secrets,
        guard=make_guard(web, secrets, site.base_url),
        signer=Signer(source.secret()),
        memory=Memory(web.cache_size),
        limit=RateLimit(web.rate_limit),
        in_flight=InFlight(),
        registry=registry,
        prefix=urlsplit(site.base_url).path.rstrip("/"),
    )
    return Gateway(_routed(context, Templates(web.title, context.prefix, source.notices)), context)


def _routed(context: Context, templates: Templates) -> Starlette:
    """The handlers under their paths."""
    pages = Pages(context, templates)
    feedback = FeedbackPages(context, templates)
    release = ReleasePages(context, templates)
    feeds = _FeedEndpoint(context)

    async def favicon(request: Request) -> Response:
        return RedirectResponse(f"{context.prefix}/static/icon.svg", 301)

    return Starlette(
        routes=[
            Route("/", pages.home),
            Route("/search", pages.search),
            Route("/feeds", pages.feeds),
            Route("/feeds/{name:path}", feeds),
            Route("/output/{slug}", pages.output),
            Route("/story/{id}", pages.story),
            Route("/feedback/undo/{token}", feedback.undo_page, methods=["GET"]),
            Route("/feedback/undo/{token}", feedback.undo, methods=["POST"]),
            Route("/feedback/{token}/{kind}", feedback.confirm, methods=["GET"]),
            Route("/feedback/{token}/{kind}", feedback.record, methods=["POST"]),
            Route("/release/{token}", release.release, methods=["POST"]),
            Route("/opml", pages.opml),
            Route("/health", pages.health),
            Route("/metrics", pages.metrics),
            Route("/schema/item.json", pages.schema),
            Route("/static/{name}", pages.static),
            Route("/favicon.ico", favicon),
        ],
        exception_handlers={
            HTTPException: pages.problem,
            StoreError: pages.database_trouble,
            Exception: pages.problem,
        },
    )


def make_site(
    source: WebSource,
    web: WebConfig,
    *,
    base_url: str = "",
    configured: datetime | None = None,
) -> Site:
    """Return the installation as publishing knows it; also for `aggregator publish` and pushes."""
    host = f"[{web.host}]" if ":" in web.host else web.host
    url = web.base_url or base_url or f"http://{host}:{web.port}"
    return Site(
        base_url=url.rstrip("/"),
        title=web.title,
        installation=source.installation(),
        served=web.enabled,
        configured=configured,
    )


def feedback_links(source: WebSource, site: Site) -> FeedbackLinks:
    """Return what makes the signed links of items, for documents made outside the web server (files, pushes)."""
    signer = Signer(source.secret())
    return lambda story, topic: signer.links(site.base_url, story, topic)


class _FeedEndpoint:
    """`/feeds/...` as an ASGI application: a document that is not in memory yet, or a reason why not."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._server = FeedServer(context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await self._preflight(Request(scope))(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, "Feeds are only read.", {"Allow": "GET, HEAD, OPTIONS"})
        locked = bool(self._context.guard.authorization)
        found = await self._server.document(scope["path"], scope["query_string"], locked=locked)
        if isinstance(found, Problem):
            raise HTTPException(found.status, found.message)
        await answer(found, scope, send, self._context.clock.now(), self._context.in_flight)

    def _preflight(self, request: Request) -> Response:
        cors = self._context.web.cors
        origin = request.headers.get("origin", "")
        allowed = "*" if "*" in cors else origin if origin in cors else ""
        if not allowed or not request.url.path.endswith(".json"):
            return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS"})
        headers = {**PREFLIGHT, "Access-Control-Allow-Origin": allowed, "Vary": "Origin"}
        return Response(status_code=204, headers=headers)
