"""IP signals: who hides, whose network it is, and whether the place fits the order."""

from __future__ import annotations

from operator import attrgetter

from shopwarden.contracts.signal import Signal

SIGNALS = (
    Signal(
        key="ip.tor",
        part="ip",
        points=40,
        needs=("ip.is_tor",),
        test=attrgetter("ip.is_tor"),
        reason=lambda facts: "The visit came through the Tor network, which hides where it comes from.",
        group="anonymity",
        title="Tor network",
    ),
)
