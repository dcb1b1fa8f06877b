"""Canonical URLs: the same page gets the same string, and nothing but http and https gets through.

Query parameters that only say how a reader came to a page are removed by the list below. It is deliberately
short: a parameter that some site uses to choose the page must never be on it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

import yarl
from w3lib.url import safe_url_string

TRACKING_PREFIXES = ("utm_", "at_", "hsa_", "mtm_", "pk_", "piwik_", "matomo_", "__s", "_hs", "oly_", "vero_")
"""Families of parameters that are always about the campaign (Google, BBC, HubSpot, Matomo, Omeda, Vero)."""

TRACKING_NAMES = frozenset(
    [
        "fbclid",
        "gclid",
        "gclsrc",
        "dclid",
        "gbraid",
        "wbraid",
        "msclkid",
        "yclid",
        "ymclid",
        "twclid",
        "ttclid",
        "igshid",
        "igsh",
        "li_fat_id",
        "mc_cid",
        "mc_eid",
        "mkt_tok",
        "ncid",
        "ocid",
        "cmpid",
        "cmp_id",
        "icid",
        "smid",
        "smtyp",
        "s_cid",
        "ftcamp",
        "ito",
        "xtor",
        "rss_id",
        "wt_mc",
        "wt.mc_id",
        "ns_mchannel",
        "ns_source",
        "ns_campaign",
        "ns_linkname",
        "ns_fee",
        "sr_share",
        "ref_src",
        "ref_url",
        "__twitter_impression",
        "feedname",
        "feedtype",
        "spref",
        "guccounter",
        "guce_referrer",
        "guce_referrer_sig",
        "_ga",
        "_gl",
        "rb_clickid",
        "srsltid",
        "partner_code",
        "traffic_source",
        "ceid",
        "emci",
        "emdi",
        "echobox",
        "mod",
        "fromrss",
        "from_rss",
        "frss",
    ]
)
"""Single parameters known to be about where the reader came from."""

TRACKING_VALUES = frozenset({"rss", "rssfeed", "rss_feed", "feed", "atom", "feedburner", "rss2"})
"""Values that mark the parameters `from`, `source`, `src`, `ref`, `cmp`, `output`… as "came from the feed"."""

_VALUE_NAMES = frozenset(
    ["from", "source", "src", "ref", "referrer", "cmp", "via", "medium", "campaign", "tr", "rssfrom"]
)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:")
_PLAIN = re.compile(r"https?://[a-z0-9.\-]+(?:/[A-Za-z0-9/._~\-]*)?\Z")
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]+")
_UNSAFE_HOST = re.compile(r"[^a-z0-9.\-_\[\]:]")
_LONGEST_HOST = 253
MAX_LENGTH = 2048
"""Longer URLs are refused: nothing real is longer, and they cost everybody behind us."""


def spellings(given: str) -> set[str]:
    """The ways in which a URL that a person gave may be stored; never the empty one."""
    return {given, given.rstrip("/"), canonical(given)} - {""}


def canonical(url: str, base: str = "") -> str:
    """The one form of `url`, or "" when it is not a usable http(s) address.

    Relative URLs are resolved against `base`. Scheme and host are lower case, the default port, user name
    and password, tracking parameters and the fragment are dropped; a fragment that is the page's only
    identity (`#!/…` and `#/…` routes) stays. Percent-encoding and IDNA as in WHATWG URL. Never raises.
    """
    if len(url) <= MAX_LENGTH and _PLAIN.match(url) and "/." not in url:
        return url if url.count("/") > 2 else url + "/"
    return _canonical(url[: 4 * MAX_LENGTH], base)


@lru_cache(maxsize=4096)
def _canonical(url: str, base: str) -> str:
    parts = _resolve(url, base)
    if parts is None:
        return ""
    try:
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return ""
    if len(host) > _LONGEST_HOST:
        return ""  # no name is; and turning letters into ASCII takes time in the square of their number
    if not host.isascii():
        host = _idna(host)
    if not host or _UNSAFE_HOST.search(host):
        return ""
    if ":" in host:
        host = f"[{host}]"
    netloc = host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    path = _without_dots(parts.path) or "/"
    joined = urlunsplit((parts.scheme, netloc, path, _without_tracking(parts.query), fragment))
    try:
        safe: str = safe_url_string(joined)
    except (ValueError, UnicodeError):
        return ""
    return safe if len(safe) <= MAX_LENGTH else ""


def _resolve(url: str, base: str) -> SplitResult | None:
    """`url` made absolute and split, or None when it is not http(s)."""
    url = _SPACE.sub(lambda found: "" if set(found[0]) & {"\n", "\r", "\t"} else " ", url).strip(" <>\"'")
    if not url or re.fullmatch(r"https?:/*", url, re.IGNORECASE):
        return None
    # A bare "//" after the scheme may be doubled or missing in hand-written feeds: http:/x and http:///x.
    url = re.sub(r"^(https?):/*(?=[^/])", r"\1://", url, count=1, flags=re.IGNORECASE)
    if _SCHEME.match(url) and not url[:8].lower().startswith(("http://", "https://", "feed:")):
        if not re.match(r"[\w.\-]+:\d+(?:/|$)", url):
            return None
        url = "//" + url
    if url[:5].lower() == "feed:":
        url = url[5:] if "//" in url[5:13] and ":" in url[5:13] else "http:" + url[5:]
    try:
        parts = urlsplit(urljoin(base, url) if base else url)
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        return None
    return parts


def _idna(host: str) -> str:
    try:
        return yarl.URL.build(scheme="http", host=host).raw_host or ""
    except ValueError:
        return ""


def _without_dots(path: str) -> str:
    """Dot segments removed (RFC 3986 section 5.2.4); `urljoin` does so only for relative URLs."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _without_tracking(query: str) -> str:
    if not query:
        return ""
    return "&".join(pair for pair in query.split("&") if pair and not _is_tracking(pair))


def _is_tracking(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = unquote(name).lower()
    if name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES):
        return True
    return name in _VALUE_NAMES and value.lower() in TRACKING_VALUES


def host_of(url: str | yarl.URL) -> str:
    """The host of a URL as servers know it: lower case, IDNA in ASCII, no dot at its end; "" when it has none."""
    try:
        host = (url if isinstance(url, yarl.URL) else yarl.URL(url)).raw_host
    except ValueError:
        return ""
    return (host or "").lower().rstrip(".")
