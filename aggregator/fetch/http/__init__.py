"""FeedState -> Fetched: HTTP, and nothing but HTTP. Conditional, capped, polite, guarded.

In: FeedStates, URLs of pages.
Out: Fetched documents, replies; failures as values.
May import: fetch, config, core.

fetcher.HttpFetcher    polls: validators, credentials, one task a feed
 | exchange.Exchanger  a chain of requests along redirects, within caps of time and size
    | hosts.Hosts      one request at a time per host, a pause after each, holds
    | guard            which addresses may be connected to
    | decode.Decoder   gzip, br, zstd, deflate, never beyond the cap
    | failures         whatever went wrong, as a PollError
"""

from aggregator.fetch.http.client import HttpFetcher
from aggregator.fetch.http.exchange import Call, Reply
from aggregator.fetch.http.politeness import HostStats

__all__ = ["Call", "HostStats", "HttpFetcher", "Reply"]
