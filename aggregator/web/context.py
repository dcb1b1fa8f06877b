"""What the handlers share: made once by `create_app`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from aggregator.config.outputs import WebConfig
from aggregator.core.ports import Clock
from aggregator.publish.types import Site
from aggregator.web.access import Guard
from aggregator.web.cache import Memory
from aggregator.web.in_flight import InFlight
from aggregator.web.rate_limit import RateLimit
from aggregator.web.signing import Signer
from aggregator.web.source import SecretLookup, WebSource


@dataclass(frozen=True, slots=True)
class Context:
    """The web server's parts."""

    source: WebSource
    web: WebConfig
    site: Site
    clock: Clock
    secrets: SecretLookup
    guard: Guard
    signer: Signer
    memory: Memory
    limit: RateLimit
    in_flight: InFlight
    registry: CollectorRegistry | None
    prefix: str
    """Path of the base URL ("/news"), empty for none."""

    def feedback_links(self, story: str, topic: str) -> Mapping[str, str]:
        """The signed links of an item."""
        return self.signer.links(self.site.base_url, story, topic)
