"""From the configuration to channels that are ready to be used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp

from aggregator.config.outputs import OutputConfig
from aggregator.config.push import PushConfig
from aggregator.config.secrets import Secrets
from aggregator.publish.push.dispatcher import Address, Channel
from aggregator.publish.push.http import open_session
from aggregator.publish.push.notify import NotifySender
from aggregator.publish.push.types import Sender, SendFailed
from aggregator.publish.push.webhook import WebhookSender
from aggregator.publish.push.websub import WebSubSender


@asynccontextmanager
async def open_channels(
    outputs: Sequence[OutputConfig], secrets: Secrets, *, agent: str
) -> AsyncIterator[dict[Address, Channel]]:
    """Every configured channel, by output and channel, until the block ends. `agent` is the User-Agent.

    A missing secret raises nothing here: it fails that channel's messages, which wait until it is there.
    """
    async with (
        open_session(agent, allow_private=False) as public,
        open_session(agent, allow_private=True) as private,
    ):
        yield {
            (output.slug, push.channel): Channel(
                sender=_sender(output, push, secrets, private if push.allow_private else public),
                max_per_hour=push.max_per_hour,
                give_up=push.give_up,
                merge=push.kind == "websub",
            )
            for output in outputs
            for push in output.push
        }


def _sender(
    output: OutputConfig, push: PushConfig, secrets: Secrets, session: aiohttp.ClientSession
) -> Sender:
    title = output.title or output.slug
    if push.kind == "websub":
        return WebSubSender(session, push.url)
    if push.kind == "notify":
        return NotifySender(_secret(secrets, push.url_env), title)
    return WebhookSender(
        session,
        url=_secret(secrets, push.url_env) if push.url_env else _fixed(push.url),
        secret=_secret(secrets, push.secret_env) if push.secret_env else None,
        output=output.slug,
        title=title,
    )


def _fixed(url: str) -> Callable[[], str]:
    return lambda: url


def _secret(secrets: Secrets, name: str) -> Callable[[], str]:
    """Look the secret up when it is needed, so that one provided later is seen without a restart."""

    def look_up() -> str:
        value = secrets.get(name)
        if value is None:
            raise SendFailed(f"neither a systemd credential nor an environment variable is called {name}")
        return value.strip()

    return look_up
