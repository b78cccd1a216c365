"""Words vendors use of people (gender, household, networks), put into ours."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from shopwarden.domain.answers import SocialProfile
from shopwarden.vendors.fields import said

GENDERS = {"male": "male", "m": "male", "female": "female", "f": "female", "other": "other", "non-binary": "other"}
MARITAL_STATUSES = {word: word for word in ("married", "single", "divorced", "widowed", "separated", "partnered")}
PRESENCE = {"present": True, "y": True, "yes": True, "not present": False, "not_present": False, "n": False, "no": False}


def presence(text: str | None) -> bool | None:
    """PRESENT, Y, NOT PRESENT and the like."""
    return None if text is None else PRESENCE.get(text.lower())


def home_owner(text: str | None) -> bool | None:
    """From "Probable Homeowner", "Definite Renter" and the like."""
    lower = (text or "").lower()
    if "renter" in lower or "rent" in lower.split():
        return False
    return True if "owner" in lower else None


def profile(network: str, url: str | None, handle: str | None = None, followers: int | None = None) -> SocialProfile | None:
    """A profile, its handle read off the address where none is told; None where nothing is known."""
    if url is not None and "://" not in url:
        url = f"https://{url}"
    if handle is None and url is not None:
        handle = _last_part(url)
    return (
        None
        if url is None and handle is None
        else SocialProfile(network=network, handle=handle, url=url, followers=followers)
    )


def profiles(found: Iterable[SocialProfile | None]) -> tuple[SocialProfile, ...]:
    """Those there are, the first of each network."""
    first: dict[str, SocialProfile] = {}
    for each in found:
        if each is not None:
            first.setdefault(each.network, each)
    return tuple(first.values())


def web_address(text: str | None) -> str | None:
    """An http(s) address, else None: what a page may link to."""
    return text if text is not None and text.lower().startswith(("http://", "https://")) else None


def _last_part(url: str) -> str | None:
    try:
        parts = urlsplit(url).path.split("/")
    except ValueError:
        return None
    return said(next((part for part in reversed(parts) if part), None), 200)
