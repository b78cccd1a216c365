"""What a user agent string tells: browser, system, device, and whether a person is behind it at all."""

from __future__ import annotations

import re
from functools import lru_cache

import ua_parser

from shopwarden.domain.facts import DeviceFacts
from shopwarden.vendors.offline.bots import bot_name, is_automated

LONGEST_USER_AGENT = 1_000
CACHED_USER_AGENTS = 50_000

UNNAMED = "crawler"

_NAME = re.compile(r"(?!crawler$)[A-Za-z0-9][\w!. ()/:-]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_TELEVISION = re.compile(
    r"smart-?tv|\bdtv|\btv\b|googletv|hbbtv|bravia|web0s|webos\.tv|netcast|apple ?tv|roku|crkey|\baft[a-z]|viera|aquos",
    re.IGNORECASE,
)
_CONSOLE = re.compile(r"playstation|xbox|nintendo", re.IGNORECASE)
_TABLET = re.compile(
    r"ipad|tablet|kindle|silk(?!.*mobile)|playbook|\bkf[a-z]{2,4}\b|nexus (?:7|9|10)\b|\btab\b", re.IGNORECASE
)
_PHONE = re.compile(
    r"mobi|iphone|ipod|windows (?:phone|ce)|blackberry|\bbb10\b|kaios|symbian|series ?[3-9]0|nokia|opera mini"
    r"|midp|up\.browser",
    re.IGNORECASE,
)
_DESKTOP_SYSTEMS = frozenset(
    {"Windows", "Mac OS X", "Mac OS", "Linux", "Ubuntu", "Chrome OS", "Fedora", "Debian", "FreeBSD", "OpenBSD", "Red Hat"}
    | {"Linux Mint", "SUSE", "Arch Linux", "Gentoo", "CentOS", "NetBSD", "Solaris", "Kubuntu"}
)
_NO_BRANDS = frozenset({"Generic", "Generic_Android", "Spider", "Other"})


def read_user_agent(text: str | None) -> DeviceFacts:
    """Browser, system, kind, brand, model, bot and automation marks of a user agent; everything None without one.

    Control characters are dropped and only the first 1,000 characters are read. The first call loads the tables (~0.3 s).
    """
    if text is None:
        return DeviceFacts()
    return _read(text[:LONGEST_USER_AGENT])


@lru_cache(maxsize=CACHED_USER_AGENTS)
def _read(text: str) -> DeviceFacts:
    clean = _CONTROL.sub(" ", text).encode("utf-8", "replace").decode("utf-8").strip()
    if not clean:
        return DeviceFacts()
    parsed = ua_parser.parse(clean)
    browser, system, device = parsed.user_agent, parsed.os, parsed.device
    name = bot_name(clean) or (UNNAMED if device and device.family == "Spider" else None)
    if name is not None and not _NAME.fullmatch(name):
        name = browser.family if browser else UNNAMED
    os_name = system.family if system else None
    brand = _known(device.brand) if device else None
    return DeviceFacts(
        user_agent=clean,
        browser=browser.family if browser else None,
        browser_version=_version(browser.major, browser.minor, browser.patch) if browser else None,
        os=os_name,
        os_version=_version(system.major, system.minor, system.patch) if system else None,
        kind="bot" if name else _kind(clean, os_name, brand),
        brand=brand,
        model=_known(device.model) if device and brand else None,
        is_bot=name is not None,
        bot_name=name,
        is_automated=is_automated(clean),
    )


def _kind(text: str, system: str | None, brand: str | None) -> str | None:
    """desktop, mobile, tablet, tv or console; None where the string gives no hint."""
    if _CONSOLE.search(text):
        return "console"
    if _TELEVISION.search(text):
        return "tv"
    if _TABLET.search(text):
        return "tablet"
    if _PHONE.search(text):
        return "mobile"
    if system == "Android":
        return "tablet"
    if system == "iOS":
        return "mobile"
    if system in _DESKTOP_SYSTEMS:
        return "desktop"
    return "mobile" if brand else None


def _known(name: str | None) -> str | None:
    return None if name is None or name in _NO_BRANDS else name


def _version(*parts: str | None) -> str | None:
    """ "17.4.1" from its parts, up to the first missing one."""
    known: list[str] = []
    for part in parts:
        if not part:
            break
        known.append(part)
    return ".".join(known) or None
