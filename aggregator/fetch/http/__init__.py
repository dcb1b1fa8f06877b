"""FeedState -> Fetched: HTTP, and nothing but HTTP.

fetcher.HttpFetcher    polls: validators, credentials, one task a feed
 | exchange.Exchanger  a chain of requests along redirects, within caps of time and size
    | hosts.Hosts      one request at a time per host, a pause after each, holds
    | guard            which addresses may be connected to
    | decode.Decoder   gzip, br, zstd, deflate, never beyond the cap
    | failures         whatever went wrong, as a PollError
"""

from aggregator.fetch.http.client import HttpFetcher
from aggregator.fetch.http.exchange import Call, Reply
from aggregator.fetch.http.politeness import HostTally

__all__ = ["Call", "HostTally", "HttpFetcher", "Reply"]
