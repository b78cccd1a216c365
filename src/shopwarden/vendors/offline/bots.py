"""Who of the callers is a program by its own account: named crawlers, HTTP libraries, driven browsers."""

from __future__ import annotations

import re
from functools import cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

PATTERNS_AT_ONCE = 25
LONGEST_NAME = 60

AMBIGUOUS_PATTERNS = frozenset({"008\\/", "Butterfly", "Sonic", "speedy"})
"""Crawlers that share their name with phone models or version numbers of ordinary browsers."""

_PLATFORM = (
    r"\((?:Windows NT [\d.]+(?:; Win64; x64|; WOW64)?|Macintosh; Intel Mac OS X [\d_.]+"
    r"|i(?:Phone|Pad); CPU [\w ]+ like Mac OS X|X11; (?:CrOS \w+ [\d.]+|(?:Ubuntu; |Fedora; )?Linux \w+)"
    r"|(?:Linux; )?Android [\d.]+; [^()]*)(?:; rv:[\d.]+)?\)"
)
_PRODUCT = (
    r"(?:AppleWebKit|Chrome|CriOS|FxiOS|EdgiOS|Safari|Version|Mobile|Gecko|Firefox|Edge?|EdgA|OPR|SamsungBrowser|DuckDuckGo|Ddg)"
    r"(?:/[\w.+-]+)?"
)
_ORDINARY_BROWSER = re.compile(rf"Mozilla/5\.0 {_PLATFORM}(?: {_PRODUCT}| \(KHTML, like Gecko\))+", re.ASCII)
_DECLARES_ITSELF = re.compile(
    r"(?<!cu)bot\b|spider\b|crawl|slurp|scrap(?:er|ing)|archiver|\+ ?https?://"
    r"|feed ?(?:fetcher|reader)|link ?check|monitoring",
    re.IGNORECASE,
)
_DEVICE_COMMENT = re.compile(r"\((?:Linux|Android|Mobile)[;,][^()]*\)")
_AUTOMATION = re.compile(
    r"headless|phantomjs|slimerjs|selenium|webdriver|puppeteer|playwright|cypress|htmlunit|jsdom|splash/|nightmare/"
    r"|python|aiohttp|httpx|scrapy|mechanize|\bcurl|\bwget|go-http-client|(?<![\w-])java/\d|httpclient|okhttp|libwww|lwp::|node-fetch"
    r"|\baxios|\bgot[ /(]|undici|superagent|postmanruntime|insomnia/|httpie|^ruby|faraday|\bphp/|guzzle|restsharp|\bdart/"
    r"|winhttp|reqwest|\bhyper/|http\.rb|typhoeus|\bdeno/|\bbun/|powershell",
    re.IGNORECASE,
)


def is_ordinary_browser(text: str) -> bool:
    """True for the plain shape of a common browser's user agent, without any foreign product in it."""
    return _ORDINARY_BROWSER.fullmatch(text) is not None and not _DECLARES_ITSELF.search(text)


def bot_name(text: str) -> str | None:
    """The name a crawler or HTTP library goes by in its user agent; None for a person's browser.

    What an Android phone says of its model is left out of the search: some models are called like crawlers.
    """
    if is_ordinary_browser(text):
        return None
    declares = _DECLARES_ITSELF.search(text)
    searched = text if declares else _DEVICE_COMMENT.sub("", text)
    for patterns in _pattern_groups():
        if found := patterns.search(searched):
            return _name_around(searched, found)
    return _name_around(text, declares) if declares else None


def is_automated(text: str) -> bool:
    """True if the user agent names an HTTP library, a headless browser or a browser driver."""
    return not is_ordinary_browser(text) and _AUTOMATION.search(text) is not None


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
