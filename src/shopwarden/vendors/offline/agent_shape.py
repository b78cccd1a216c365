"""What the shape of a user agent tells, whoever it is: programs name themselves, their makers, or the library they use."""

from __future__ import annotations

import re

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

_ROLE = re.compile(
    r"(?<!cu)bot\b|spider\b|crawl|slurp|scrap(?:er|ing)|archiver|\+ ?https?://"
    r"|feed ?(?:fetcher|reader)|link ?check|monitoring",
    re.IGNORECASE,
)
# Browsers name their makers' sites too, inside "compatible; MSIE ..." or behind their own name: no sign there.
_LINK = re.compile(r"https?://|\bwww\.[a-z0-9-]+\.[a-z]{2,}", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]{1,64}(?:@| ?\(at\) ?| at )[a-z0-9-]{1,64}(?:\.| dot )[a-z]{2,}\b", re.IGNORECASE | re.ASCII)
_BROWSER = re.compile(
    r"^Mozilla/\S+ \((?!compatible; (?!MSIE|Konqueror|Windows|ABrowse))"
    r"|^(?:Opera|SAMSUNG|Nokia|BlackBerry|LG|SonyEricsson|MOT-)"
    r"|Android|iPhone|iOS|Darwin|Gecko|AppleWebKit|NetFront|UCWEB|MIDP|\bBrowser\b",
    re.IGNORECASE,
)
_DRIVEN = re.compile(
    r"headless|phantomjs|slimerjs|selenium|webdriver|puppeteer|playwright|cypress|htmlunit|jsdom|splash/|nightmare/",
    re.IGNORECASE,
)
_LIBRARY = re.compile(
    r"python|aiohttp|\bhttpx\b|scrapy|mechanize|\bcurl|\bpycurl|\bwget|go-http-client|^java/\d|httpclient|^okhttp|libwww|lwp::"
    r"|node-fetch|\baxios|^got[ /(]|undici|superagent|postmanruntime|^insomnia/|httpie|^ruby\b|faraday|^php/|guzzle"
    r"|restsharp|^dart/|winhttp|reqwest|\bhyper/|http\.rb|typhoeus|^deno/|^bun/|powershell",
    re.IGNORECASE,
)
_TOOL = re.compile(
    r"^[\w.+-]{0,60}?(?:http|client|fetch|check|monitor|probe|scan|valid|index|\bping|java|perl|ruby|node|sdk|cli\b|\blib)[\w.+-]{0,60}(?:/|$)",
    re.IGNORECASE,
)


def is_ordinary_browser(text: str) -> bool:
    """True for the plain shape of a common browser's user agent, without any foreign product in it."""
    return _ORDINARY_BROWSER.fullmatch(text) is not None and not _ROLE.search(text)


def _sender(text: str, mark: re.Pattern[str]) -> re.Match[str] | None:
    return None if _BROWSER.search(text) else mark.search(text)


def role(text: str) -> re.Match[str] | None:
    """A word for what it does (bot, spider, crawler), or a link meant for the owner of the site ("+https://")."""
    return _ROLE.search(text)


def contact_link(text: str) -> re.Match[str] | None:
    """A link in what is no browser's user agent."""
    return _sender(text, _LINK)


def contact_mail(text: str) -> re.Match[str] | None:
    """An e-mail address in what is no browser's user agent."""
    return _sender(text, _MAIL)


def library(text: str) -> re.Match[str] | None:
    """An HTTP library or command line tool."""
    return _LIBRARY.search(text)


def driven(text: str) -> re.Match[str] | None:
    """A headless browser or one driven by a test tool."""
    return _DRIVEN.search(text)


def tool(text: str) -> re.Match[str] | None:
    """A name such as programs have, in front of what is no browser's user agent."""
    return _sender(text, _TOOL)


RULES = {
    "role": role,
    "contact link": contact_link,
    "contact mail": contact_mail,
    "library": library,
    "driven": driven,
    "tool": tool,
}


def shape_of(text: str) -> re.Match[str] | None:
    """What gives a program away by its shape alone; None for what may be a person's browser."""
    if is_ordinary_browser(text):
        return None
    return next((found for rule in RULES.values() if (found := rule(text))), None)
