"""Settings of what an output tells others by itself: `[[outputs.push]]`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from aggregator.config.values import Duration, Section, Slug


class PushConfig(Section):
    """One channel by which an output's changes are sent out (docs/push.md)."""

    kind: Literal["websub", "notify", "webhook"] = Field(
        description="websub: tell a WebSub hub that the feed changed. notify: mail, ntfy, Slack, Matrix and "
        "others, through Apprise. webhook: POST signed JSON to a server of yours."
    )
    name: Slug = Field(
        description="Names the channel in the log and in the list of dead letters. Changing it makes a new channel."
    )
    url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="websub: the hub. webhook: where to post. For notify, and for a webhook whose URL is secret, use `url_env`.",
    )
    url_env: str = Field(
        "",
        description="Name of the environment variable or systemd credential that holds the URL: "
        "for notify one Apprise URL, such as `mailtos://user:password@example.org?to=desk@example.org`.",
    )
    secret_env: str = Field(
        "",
        description="webhook only: name of the environment variable or systemd credential that holds the key "
        "with which messages are signed. Empty: not signed.",
    )
    when: Literal["all", "new", "alerts", "bursts"] = Field(
        "all",
        description="notify and webhook: what is worth a message. all: every change of a story worth telling. "
        "new: each story once. alerts: bursts and changes of corroboration. bursts: bursts alone.",
    )
    min_score: float = Field(0.0, ge=0, le=1, description="Only stories that score at least this.")
    facets: tuple[str, ...] = Field((), description="Only stories with one of these facets. Empty: all.")
    states: tuple[Literal["single-source", "state-media-only", "reported-by-several", "confirmed"], ...] = (
        Field((), description="Only stories whose corroboration stands at one of these states. Empty: all.")
    )
    max_per_hour: int = Field(
        20,
        ge=1,
        le=1000,
        description="Most messages an hour; what is beyond is collected into the last of them.",
    )
    give_up: Duration = Field(
        timedelta(days=3),
        description="A message that could not be delivered for so long becomes a dead letter.",
    )
    allow_private: bool = Field(
        False,
        description="websub and webhook: the URL may be at a loopback, private or link-local address.",
    )

    @property
    def channel(self) -> str:
        """The channel's name as stored: `webhook:desk`."""
        return f"{self.kind}:{self.name}"

    @model_validator(mode="after")
    def _complete(self) -> PushConfig:
        if self.kind == "websub" and not self.url:
            raise ValueError("needs `url`, the hub's address, which feeds also carry for their subscribers")
        if self.kind == "webhook" and bool(self.url) == bool(self.url_env):
            raise ValueError("needs either `url` or `url_env`")
        if self.kind == "notify" and (self.url or not self.url_env):
            raise ValueError("needs `url_env`, not `url`: an Apprise URL holds secrets")
        if self.kind == "websub" and self.url_env:
            raise ValueError("takes no `url_env`: the hub's address stands in the feeds for all to see")
        if self.kind != "webhook" and self.secret_env:
            raise ValueError('takes `secret_env` only with kind = "webhook"')
        return self


def _distinct(pushes: tuple[PushConfig, ...]) -> tuple[PushConfig, ...]:
    channels = [push.channel for push in pushes]
    for channel in channels:
        if channels.count(channel) > 1:
            raise ValueError(f"two channels are called {channel}; give each its own `name`")
    return pushes


Pushes = Annotated[tuple[PushConfig, ...], AfterValidator(_distinct)]
