"""Letting a feed's held back entries through, by the button on the page of feeds: a POST with a signed link."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from aggregator.core.errors import NotFound
from aggregator.web.access import refuse_strangers
from aggregator.web.context import Context
from aggregator.web.templates import Templates


class ReleasePages:
    """Handler of `/release/...`."""

    def __init__(self, context: Context, templates: Templates) -> None:
        self._context = context
        self._templates = templates

    async def release(self, request: Request) -> Response:
        """POST: announce what the feed's ration held back, then say how much that was."""
        refuse_strangers(request, self._context.site.base_url)
        url = self._context.signer.read_release(request.path_params["token"])
        if url is None:
            raise HTTPException(404, "This link was not made here, or was cut off on its way.")
        try:
            count = await run_in_threadpool(self._context.source.release, url)
        except NotFound as error:
            raise HTTPException(404, "This feed is no longer polled.") from error
        return self._templates.page("released.html", count=count)
