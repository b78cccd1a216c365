"""Where a visit came from, in one word: the campaign's source, else the site that linked here, else direct."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

DIRECT = "direct"
LONGEST_SOURCE = 60

_SITES = (
    "google", "bing", "duckduckgo", "yahoo", "yandex", "baidu", "ecosia", "facebook", "instagram", "pinterest", "tiktok",
    "youtube", "reddit", "linkedin", "twitter",
)  # fmt: skip
_HOSTS = {"t.co": "twitter", "x.com": "twitter", "fb.me": "facebook", "youtu.be": "youtube", "lnkd.in": "linkedin"}


def source_of(campaign_source: str, referrer: str, own_host: str = "") -> str:
    """ "google", "newsletter", "example.com" or "direct"; `referrer` is an address, `own_host` the shop's own host."""
    campaign = campaign_source.strip().lower()[:LONGEST_SOURCE].strip()
    if campaign:
        return campaign
    host = host_of(referrer)
    if not host or host == _bare(own_host.lower()):
        return DIRECT
    return _named(host)


@lru_cache(maxsize=20_000)
def host_of(address: str) -> str:
    """The host of an address, in lower case without www; "" where there is none."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return ""
    return _bare(host or "")


def _bare(host: str) -> str:
    # A name may be written with the root's dot behind it.
    return host.rstrip(".").removeprefix("www.")


@lru_cache(maxsize=20_000)
def _named(host: str) -> str:
    if host in _HOSTS:
        return _HOSTS[host]
    labels = host.split(".")
    # The name stands before the country's endings: google.co.uk, m.facebook.com.
    found = next((site for site in _SITES if site in labels[:-1]), None)
    return found or host[:LONGEST_SOURCE]
