"""How long somebody who gets a password or a code wrong has to wait: free tries first, then twice as long each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv4Address, ip_address, ip_network

import msgspec

FORGIVEN_AFTER = timedelta(hours=24)
"""Without another try for so long, counting begins anew."""
_LONGEST_DOUBLING = 30


class Slowing(msgspec.Struct, frozen=True, kw_only=True):
    """`free` tries in a row cost nothing; the last of them makes the next wait `first`, each further one twice as long."""

    free: int
    first: timedelta
    longest: timedelta


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """One counter a try goes to. `cleared`: a right password sets it back to nothing, else it takes back that one try."""

    digest: bytes
    slowing: Slowing
    cleared: bool


# One network against one account is slowed soon. A whole network may be an office, and all the world against one account
# must not be able to shut its owner out: those two are slowed late, the last one shortly.
HERE = Slowing(free=10, first=timedelta(seconds=30), longest=timedelta(hours=1))
NETWORK = Slowing(free=30, first=timedelta(seconds=30), longest=timedelta(hours=1))
ACCOUNT = Slowing(free=50, first=timedelta(seconds=5), longest=timedelta(seconds=60))
# Who guesses codes has the password already: nobody else can make this one wait.
CODE = Slowing(free=8, first=timedelta(minutes=1), longest=timedelta(hours=1))


def wait_after(failures: int, slowing: Slowing) -> timedelta:
    """The wait after so many failures in a row."""
    beyond = failures - slowing.free
    if beyond < 0:
        return timedelta(0)
    return min(slowing.longest, slowing.first * (1 << min(beyond, _LONGEST_DOUBLING)))


def network_of(address: str) -> str:
    """An IPv4 address itself, the /64 of an IPv6 one: a connection has as many of those as it likes."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    return str(found) if isinstance(found, IPv4Address) else str(ip_network(f"{found}/64", strict=False))


def counters_of(account: str, address: str) -> Sequence[Counted]:
    """Where a try for `account` (an e-mail address or a user's id) from `address` is counted."""
    name, network = account.strip().lower(), network_of(address)
    return (
        Counted(digest=_digest("here", name, network), slowing=HERE, cleared=True),
        Counted(digest=_digest("network", network), slowing=NETWORK, cleared=False),
        Counted(digest=_digest("account", name), slowing=ACCOUNT, cleared=True),
    )


def code_counters_of(account: str) -> Sequence[Counted]:
    """Where a guessed code of the second factor is counted, from wherever it comes."""
    return (Counted(digest=_digest("code", account.strip().lower()), slowing=CODE, cleared=True),)


def _digest(*parts: str) -> bytes:
    return sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).digest()
