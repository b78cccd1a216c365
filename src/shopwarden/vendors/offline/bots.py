"""Who of the callers is a program by its own account: named crawlers, HTTP libraries, driven browsers."""

from __future__ import annotations

import re
from functools import cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from shopwarden.vendors.offline.agent_shape import driven, is_ordinary_browser, library, role, shape_of

PATTERNS_AT_ONCE = 25
LONGEST_NAME = 60

AMBIGUOUS_PATTERNS = frozenset({"008\\/", "AP3A\\.240617\\.008", "Butterfly", "Sonic", "speedy"})
"""Patterns of the list that phone models, system builds or versions of ordinary browsers share: of these crawlers only the
user agents the list shows count, to the letter."""

_DEVICE_COMMENT = re.compile(r"\((?:Linux|Android|Mobile)[;,](?![^()]*\bcompatible;)[^()]*\)")


def listed_name(text: str) -> str | None:
    """The name a crawler of the kept list goes by in its user agent.

    What an Android phone says of its model is left out of the search: some models are called like crawlers.
    """
    if text in _ambiguous_instances():
        return text.split("/")[0][:LONGEST_NAME]
    searched = text if role(text) else _DEVICE_COMMENT.sub("", text)
    for patterns in _pattern_groups():
        for found in patterns.finditer(searched):
            if not _is_tail(searched, found.start()):
                return _name_around(searched, found)
    return None


def _is_tail(text: str, start: int) -> bool:
    """Whether a name in capitals is only the end of another one: "RED/" in "WIRED/"."""
    return start > 0 and text[start - 1 : start + 2].isupper() and text[start - 1 : start + 2].isalpha()


def bot_name(text: str) -> str | None:
    """The name a crawler, HTTP library or driven browser goes by in its user agent; None for a person's browser."""
    if is_ordinary_browser(text):
        return None
    if listed := listed_name(text):
        return listed
    found = shape_of(text)
    if found is None:
        return None
    is_contact = "//" in found.group() or "@" in found.group()
    return (is_contact and re.split(r"[ /(;]", text)[0][:LONGEST_NAME]) or _name_around(text, found)


def is_automated(text: str) -> bool:
    """True if the user agent names an HTTP library, a headless browser or a browser driver."""
    return not is_ordinary_browser(text) and bool(driven(text) or library(text))


def is_driven(text: str) -> bool:
    """True if the user agent names a headless or driven browser; a library may be the shop's own server."""
    return not is_ordinary_browser(text) and driven(text) is not None


@cache
def _ambiguous_instances() -> frozenset[str]:
    listed = [crawler for crawler in CRAWLER_USER_AGENTS_DATA if str(crawler["pattern"]) in AMBIGUOUS_PATTERNS]
    return frozenset(text for crawler in listed for text in crawler.get("instances", []))


@cache
def _pattern_groups() -> tuple[re.Pattern[str], ...]:
    """The kept list of crawlers as a few dozen alternations: far quicker than one by one, and than all in one."""
    patterns = [str(crawler["pattern"]) for crawler in CRAWLER_USER_AGENTS_DATA]
    patterns = [pattern for pattern in patterns if pattern not in AMBIGUOUS_PATTERNS]
    return tuple(
        re.compile("|".join(patterns[start : start + PATTERNS_AT_ONCE]))
        for start in range(0, len(patterns), PATTERNS_AT_ONCE)
    )


def _name_around(text: str, found: re.Match[str]) -> str:
    """The whole word a pattern was found in: "Googlebot" for "Googlebot/"; the match itself for links and phrases."""
    matched = found.group().strip(" /;:()+,")
    if not matched or "//" in matched or len(matched.split()) > 1:
        return (matched or found.group())[:LONGEST_NAME]
    start = max(text.rfind(mark, 0, found.start() + 1) for mark in " ;(/,") + 1 if found.start() else 0
    word = re.split(r"[ /;,()]", text[min(start, found.start()) :].lstrip(" ;(/,"), maxsplit=1)[0]
    return (word if matched in word else matched)[:LONGEST_NAME]
