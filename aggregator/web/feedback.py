"""Feedback by signed links: a GET shows a page to confirm and changes nothing, a POST records, undo takes back."""

from __future__ import annotations

from typing import cast
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.core.errors import NotFound
from aggregator.core.types import Story
from aggregator.publish import wording
from aggregator.publish.items.story import outlet
from aggregator.web.access import refuse_strangers
from aggregator.web.context import Context
from aggregator.web.signing import KINDS
from aggregator.web.source import Verdict, VerdictKind
from aggregator.web.templates import Templates

MAX_BODY = 64 * 1024


class FeedbackPages:
    """Handlers of `/feedback/...`."""

    def __init__(self, context: Context, templates: Templates) -> None:
        self._context = context
        self._templates = templates

    async def confirm(self, request: Request) -> Response:
        """GET: show what would be recorded."""
        story, topic, kind = await self._read(request)
        names = await run_in_threadpool(self._context.source.names)
        return self._templates.page(
            "confirm.html",
            story=story,
            topic=names.topics.get(topic) or wording.name(topic),
            kind=kind,
            members=[(member, outlet(member, names)) for member in story.entries],
            action=request.url.path,
        )

    async def record(self, request: Request) -> Response:
        """POST: record it, then show thanks with an undo."""
        refuse_strangers(request, self._context.site.base_url)
        story, topic, kind = await self._read(request)
        form = await _form(request)
        held = {member.entry.id for member in story.entries}
        entries = tuple(sorted(held.intersection(form.get("entry", ())))) if kind == "wrong_story" else ()
        if kind == "wrong_story" and not entries:
            raise HTTPException(400, "Tick at least one source that does not belong in this story.")
        verdict = Verdict(story.id, topic, kind, entries, self._context.clock.now())
        try:
            given = await run_in_threadpool(self._context.source.record_feedback, verdict)
        except NotFound as error:
            raise HTTPException(404, "This story is no longer held.") from error
        undo = self._context.signer.undo_token(story.id, topic, kind, entries, given)
        return self._templates.page(
            "thanks.html",
            story=story,
            kind=kind,
            undo=f"{self._context.prefix}/feedback/undo/{undo}",
            undone=None,
        )

    async def undo_page(self, request: Request) -> Response:
        """GET of an undo link (a reload after undoing): offer the button again, change nothing."""
        verdict = self._read_undo(request)
        story = await self._story(verdict.story)
        return self._templates.page(
            "thanks.html",
            story=story,
            kind=verdict.kind,
            undo=f"{self._context.prefix}{request.scope['path']}",
            undone=None,
        )

    async def undo(self, request: Request) -> Response:
        """POST: take an answer back."""
        refuse_strangers(request, self._context.site.base_url)
        verdict = self._read_undo(request)
        undone = await run_in_threadpool(self._context.source.undo_feedback, verdict)
        story = await self._story(verdict.story)
        return self._templates.page("thanks.html", story=story, kind=verdict.kind, undo="", undone=undone)

    async def _read(self, request: Request) -> tuple[Story, str, VerdictKind]:
        found = self._context.signer.read(request.path_params["token"])
        kind = request.path_params["kind"]
        if found is None or kind not in KINDS:
            raise HTTPException(404, "This link was not made here, or was cut off on its way.")
        story = await self._story(found[0])
        return story, found[1], cast(VerdictKind, kind)

    def _read_undo(self, request: Request) -> Verdict:
        found = self._context.signer.read_undo(request.path_params["token"])
        if found is None:
            raise HTTPException(404, "This link was not made here, or was cut off on its way.")
        story, topic, kind, entries, given = found
        return Verdict(story, topic, cast(VerdictKind, kind), entries, given)

    async def _story(self, id: str) -> Story:
        for _ in range(5):
            found = await run_in_threadpool(self._context.source.story, id)
            if found is None:
                break
            if not isinstance(found, str):
                return found
            id = found
        raise HTTPException(404, "This story is no longer held.")


async def _form(request: Request) -> dict[str, list[str]]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, "The form is too large.")
    try:
        return parse_qs(body.decode("utf-8"), max_num_fields=2000)
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
