"""What sort of line a network operator's name stands for."""

from __future__ import annotations

import re
from functools import lru_cache

_HOSTING = re.compile(
    r"hosting|\bhost(?:er|s|inger|winds|royale|us)?\b|data ?cent(?:er|re)|\bvps\b|\bcolo(?:cation|crossing)?\b"
    r"|\bservers?\b|\bcdn|amazon|google-cloud|digitalocean|linode|hetzner|\bovh|leaseweb|choopa|vultr|contabo|m247|datacamp"
    r"|cloudflare|fastly|akamai|alibaba|tencent|scaleway|oracle-bmc|rackspace|quadranet|psychz|zenlayer|frantech|ponynet"
    r"|hivelocity|tzulo|latitude[.-]sh|packethub|cdnext|31173|worldstream|serverius|selectel|timeweb|\baeza\b|g-?core"
    r"|cloud(?:vider|sigma)|upcloud|kamatera|interserver|godaddy|namecheap|stark industries|proton ?ag|mullvad|nordvpn"
    r"|tor exit|erneuerbare freiheit",
    re.IGNORECASE,
)
_EDUCATION = re.compile(
    r"universi|\bcollege\b|\bschools?\b|academ|institute of technology|hochschule|politec|\bjanet\b|education|renater",
    re.IGNORECASE,
)
_MOBILE = re.compile(
    r"\bmobiles?\b|mobilink|cellular|cellco|verizon wireless|t-mobile|\bgprs\b|\bgsm\b|\b[2345]g\b|\blte\b|\bh3g\b"
    r"|hutchison 3g|jio infocomm|telefonica moviles|\bmovil|o2-?online|m[eé]ditel mobile|\bwindtre mobile",
    re.IGNORECASE,
)
_RESIDENTIAL = re.compile(
    r"broadband|\bcable|\bdsl\b|\bftt[hxb]\b|fib(?:er|re)|comcast|charter-|\bcox-|\bspectrum|telecom|telekom|t[eé]l[eé]com"
    r"|telefonica|vodafone|\borange\b|proximus|\bbt-uk|british telecom|sky uk|virgin media|liberty global|telia|telenor"
    r"|rogers|bell canada|telstra|optus|\bntt\b|kddi|softbank|korea telecom|chinanet|chunghwa|vnpt|viettel|rostelecom",
    re.IGNORECASE,
)


@lru_cache(maxsize=16_384)
def kind_of_organization(name: str) -> str | None:
    """Data Center, Education, Mobile or Residential by an operator's name; None where the name says nothing."""
    for kind, pattern in (
        ("Data Center", _HOSTING),
        ("Education", _EDUCATION),
        ("Mobile", _MOBILE),
        ("Residential", _RESIDENTIAL),
    ):
        if pattern.search(name):
            return kind
    return None
