"""What the endpoints need to know of the settings, handed in by the root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shopwarden.domain.ip import Network


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """`rate_per_minute` is per key; an address may send `ADDRESS_FACTOR` times as much, for offices share one."""

    trusted_proxies: tuple[Network, ...] = ()
    rate_per_minute: int = 600

    ADDRESS_FACTOR: ClassVar[int] = 4
