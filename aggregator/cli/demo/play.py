"""`aggregator demo`: the invented news world and the real daemon on it, until stopped."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from aggregator.cli.demo.settings import WRITTEN_FOR_DEMO, config_text
from aggregator.cli.demo.site import DemoSite
from aggregator.config.load import load
from aggregator.core.errors import ConfigError
from aggregator.daemon import logs
from aggregator.daemon.daemon import Daemon


async def play(
    *, port: int, site_port: int, step: float, state: Path | None, say: Callable[[str], None]
) -> None:
    """Serve the world, run the daemon on it, publish an instalment every `step` seconds. Returns when stopped.

    Raises ConfigError when `state` holds a configuration that is not a demo's: that one is not overwritten.
    """
    with tempfile.TemporaryDirectory(prefix="aggregator-demo-") as temporary:
        folder = state or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        async with DemoSite(datetime.now(UTC), port=site_port) as site:
            path = folder / "config.toml"
            if path.exists() and not path.read_text(encoding="utf-8").startswith(WRITTEN_FOR_DEMO):
                raise ConfigError([f"{path} is not a demo's; give --state another folder"])
            path.write_text(config_text(site, port, folder), encoding="utf-8")
            config = load(path)
            logs.configure(config.log.model_copy(update={"format": "human"}), stream=sys.stderr)

            def ready(url: str) -> None:
                say(f"The invented news world is at {site.url}/, its configuration in {path}.")
                # As long as a feed may wait for its next poll here: `settings`.
                say(
                    f"In {step:g} seconds it publishes more, which the page shows within half a minute of that."
                )
                say(f"Open {url}/ to see what the daemon makes of it. Ctrl-C stops.")

            stepper = asyncio.create_task(_publish(site, step))
            try:
                await Daemon(config, on_ready=ready).run()
            finally:
                stepper.cancel()
                with suppress(asyncio.CancelledError):
                    await stepper


async def _publish(site: DemoSite, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        if not site.step(datetime.now(UTC)):
            return
