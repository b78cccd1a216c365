"""Browsers and the machines under them, as a tracker message shows them."""

from __future__ import annotations

import msgspec

from shopwarden.demo.dice import Dice

_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{chrome}.0.0.0"
_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_CHROME} Safari/537.36"
_IPHONE = (
    f"Mozilla/5.0 (iPhone; CPU iPhone OS {{ios}}_0 like Mac OS X) {_SAFARI} Version/{{ios}}.0 Mobile/15E148 Safari/604.1"
)
_MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_SAFARI} Version/{{ios}}.0 Safari/605.1.15"
_AGENTS = {
    "iphone": (_IPHONE, ((390, 844), (393, 852), (430, 932), (375, 667))),
    "android": (f"Mozilla/5.0 (Linux; Android 10; K) {_CHROME} Mobile Safari/537.36", ((360, 800), (412, 915), (384, 854))),
    "windows": (_WINDOWS, ((1920, 1080), (1536, 864), (1366, 768))),
    "edge": (f"{_WINDOWS} Edg/{{chrome}}.0.0.0", ((1920, 1080),)),
    "mac": (_MAC, ((1440, 900), (1728, 1117))),
    "firefox": ("Mozilla/5.0 (X11; Linux x86_64; rv:{fox}.0) Gecko/20100101 Firefox/{fox}.0", ((1920, 1080), (2560, 1440))),
}  # fmt: skip
PEOPLE_USE = {"iphone": 38, "android": 22, "windows": 20, "mac": 11, "edge": 5, "firefox": 4}
THIEVES_USE = {"windows": 60, "android": 15, "firefox": 15, "mac": 5, "iphone": 5}
CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
SCRAPERS = ("python-requests/2.32.3", "Scrapy/2.11.2 (+https://scrapy.org)", "curl/8.9.1")
HEADLESS = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/139.0.0.0 Safari/537.36"


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """`fingerprint` is empty where the browser keeps the fingerprint script out; `automated` as the script would mark it."""

    user_agent: str
    width: int
    height: int
    fingerprint: str
    automated: bool = False

    @property
    def is_phone(self) -> bool:
        return "Mobile" in self.user_agent


def device_of(dice: Dice, kinds: dict[str, int] | None = None, fingerprinted: float = 0.85) -> Device:
    agent, screens = _AGENTS[dice.weighted(kinds or PEOPLE_USE)]
    width, height = dice.pick(screens)
    versions = {"ios": dice.pick((17, 18, 18, 26)), "chrome": dice.whole(136, 141), "fox": dice.whole(138, 143)}
    return Device(
        user_agent=agent.format(**versions),
        width=width,
        height=height,
        fingerprint=dice.hexadecimal(32) if dice.chance(fingerprinted) else "",
    )


def robot(dice: Dice, user_agent: str) -> Device:
    return Device(user_agent=user_agent, width=800, height=600, fingerprint="", automated="Headless" in user_agent)
