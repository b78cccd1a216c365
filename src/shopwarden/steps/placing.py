"""What the look-ups say of an event's address and device, ready for the fold and for the rows; pure and cached."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import msgspec

from shopwarden.domain.facts import DeviceFacts, IpFacts
from shopwarden.domain.geo import whereabouts
from shopwarden.domain.ids import tail_of
from shopwarden.domain.ip import is_public, network_of, normalise_ip
from shopwarden.domain.visit import Step
from shopwarden.sources.segment.messages import Tracked
from shopwarden.sources.segment.shop import tell
from shopwarden.vendors.offline.bots import is_driven
from shopwarden.vendors.offline.ip import IpLookup
from shopwarden.vendors.offline.user_agent import read_user_agent


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A device as events show it. A strong fingerprint is the script's; a weak one is a hash of what every request tells.

    `hex` is its id as the fold names it.
    """

    id: UUID
    hex: str
    fingerprint: str
    is_strong: bool
    user_agent: str | None
    timezone: str
    screen: str
    automated: bool
    facts: DeviceFacts


@lru_cache(maxsize=50_000)
def device_of(user_agent: str | None, fingerprint: str | None, screen: str, timezone: str, automated: bool) -> Device | None:
    """The device behind an event; None where nothing tells one device from another.

    A weak device leaves versions out: a browser that updates itself overnight is still the same device.
    """
    if not user_agent and not fingerprint:
        return None
    facts = read_user_agent(user_agent)
    if fingerprint:
        parts: tuple[str, ...] = ("strong", fingerprint)
    else:
        known = (facts.browser, facts.os, facts.kind, facts.brand, facts.model, screen, timezone)
        named = facts.browser or facts.os
        parts = ("weak", *(part or "" for part in known)) if named else ("weak", user_agent or "")
    automated = automated or bool(facts.is_automated)
    if automated and not fingerprint:
        # A driven browser looks like the one it drives, and must not make a machine of everybody who has that one.
        parts = (*parts, "automated")
    digest = blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=16).digest()
    return Device(
        id=UUID(bytes=digest),
        hex=digest.hex(),
        fingerprint=fingerprint or f"weak-{digest.hex()[:16]}",
        is_strong=bool(fingerprint),
        user_agent=user_agent,
        timezone=timezone,
        screen=screen,
        automated=automated,
        facts=facts,
    )


def place_of(facts: IpFacts) -> str:
    """Country, region and city in one text, "" when nothing is known."""
    if facts.country is None:
        return ""
    return f"{facts.country}|{facts.region or ''}|{facts.city or ''}"


class Placed(msgspec.Struct, kw_only=True):
    """An event with its step for the fold, its device and what is known of its address."""

    event: Tracked
    step: Step
    device: Device | None
    ip: IpFacts | None


@lru_cache(maxsize=100_000)
def _address(text: str | None) -> str | None:
    return normalise_ip(text) if text else None


def step_of(at: float, tail: int, kind: str, device: str, ip: IpFacts | None) -> Step:
    """The fold's view of one event. A private or unknown address is no place and no network, and one that does not tell
    where its user is neither starts nor ends a journey."""
    step = Step(at=at, key=f"{tail:019x}", kind=kind, device=device)
    if ip is not None:
        step.ip = ip.address
        step.country = ip.country
        step.place = place_of(ip)
        if (where := whereabouts(ip)) is not None:
            step.latitude, step.longitude, step.accuracy_km = where
        if is_public(ip.address):
            step.network = network_of(ip.address) or "" if ":" in ip.address else ip.address
    return step


def place_event(event: Tracked, lookup: IpLookup) -> Placed:
    address = _address(event.ip)
    facts = lookup.lookup(address) if address else None
    device = device_of(event.user_agent, event.fingerprint, event.screen, event.timezone, event.automated)
    event.at = round(event.at, 6)
    step = step_of(event.at, tail_of(event.key), event.activity, device.hex if device else "", facts)
    step.campaign, step.page, step.referrer, step.revenue = event.campaign, event.page, event.referrer, event.revenue
    step.source = event.source
    if event.automated or (device is not None and device.automated and is_driven(event.user_agent or "")):
        step.automated = True
        # Kept with the event, so that a visitor's history folded again says the same.
        event.data = msgspec.json.encode(msgspec.json.decode(event.data) | {"automated": True})
    tell(step, event.properties)
    return Placed(event=event, step=step, device=device, ip=facts)
