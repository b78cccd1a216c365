"""User agents: common ones to the letter, published cases by the thousand, bots found and people left alone."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.facts import DeviceFacts
from shopwarden.vendors.offline.user_agent import LONGEST_USER_AGENT, read_user_agent

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DATA = Path(__file__).parents[2] / "data" / "user_agents"
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {KIT} Chrome/126.0.0.0 Safari/537.36"
GALAXY = f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {KIT} Chrome/126.0.0.0 Mobile Safari/537.36"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)


def cases(name: str, every: int = 1) -> list[dict[str, str | None]]:
    with gzip.open(DATA / f"{name}.yaml.gz", "rt", encoding="utf-8") as file:
        found: list[dict[str, str | None]] = yaml.load(file, Loader=LOADER)["test_cases"]
    return found[::every]


def instances() -> list[str]:
    with gzip.open(DATA / "crawler-user-agents.json.gz", "rt", encoding="utf-8") as file:
        return [text for crawler in json.load(file) for text in crawler.get("instances", [])]


def test_common_browsers_to_the_letter() -> None:
    assert read_user_agent(CHROME) == DeviceFacts(
        user_agent=CHROME, browser="Chrome", browser_version="126.0.0", os="Windows", os_version="10", kind="desktop",
        is_bot=False, is_automated=False,
    )  # fmt: skip
    galaxy = read_user_agent(GALAXY)
    assert (galaxy.os, galaxy.kind, galaxy.brand, galaxy.model) == ("Android", "mobile", "Samsung", "SM-S918B")
    iphone = read_user_agent(IPHONE)
    assert (iphone.os, iphone.os_version, iphone.kind, iphone.brand) == ("iOS", "17.4", "mobile", "Apple")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Version/16.0 Safari/604.1", "tablet"),
        (f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {KIT} Chrome/126.0.0.0 Safari/537.36", "tablet"),
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {KIT} Chrome/94.0.4606.128 Safari/537.36", "tv"),
        ("Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0", "console"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "desktop"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
    ],
)
def test_kinds_of_device(text: str, kind: str) -> None:
    assert read_user_agent(text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "curl/8.1.2",
        "python-requests/2.31.0",
        "Go-http-client/1.1",
        "Java/17.0.2",
        "okhttp/4.9.3",
        "PostmanRuntime/7.36.0",
        CHROME.replace("Chrome/", "HeadlessChrome/"),
        CHROME + " Playwright/1.40",
        "Scrapy/2.11 (+https://scrapy.org)",
    ],
)
def test_programs_are_automated(text: str) -> None:
    assert read_user_agent(text).is_automated is True


def test_named_crawlers_are_named() -> None:
    names = {read_user_agent(text).bot_name for text in instances()[:40]}
    assert "Googlebot" in names
    assert read_user_agent("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)").bot_name == "bingbot"


def test_a_known_crawler_is_found() -> None:
    texts = instances()
    assert sum(read_user_agent(text).is_bot is True for text in texts) / len(texts) > 0.99


def test_rare_real_devices_are_not_taken_for_bots() -> None:
    real = [case["user_agent_string"] or "" for case in cases("uap_test_device", every=4) if case["brand"] != "Spider"]
    people = [text for text in real if not text.startswith(("WhatsApp", "WordPress"))]
    marked = [text for text in people if read_user_agent(text).is_bot]
    assert len(marked) / len(people) < 0.001, marked


def test_published_browser_and_system_cases() -> None:
    browsers = cases("uap_test_ua")
    right = sum((read_user_agent(case["user_agent_string"]).browser or "Other") == case["family"] for case in browsers)
    assert right / len(browsers) > 0.99
    systems = cases("uap_test_os")
    right = sum((read_user_agent(case["user_agent_string"]).os or "Other") == case["family"] for case in systems)
    assert right / len(systems) > 0.99


def test_no_user_agent_is_not_known() -> None:
    for text in (None, "", "  ", "\x00"):
        assert read_user_agent(text) == DeviceFacts()


@given(st.text(st.characters(categories=None)) | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_no_text_breaks_the_reader(text: str) -> None:
    facts = read_user_agent(text)
    assert facts.user_agent is None or ("\x00" not in facts.user_agent and facts.user_agent.encode("utf-8"))


def test_a_huge_user_agent_is_cut() -> None:
    facts = read_user_agent(CHROME + " x" * 500_000)
    assert 990 < len(facts.user_agent or "") <= LONGEST_USER_AGENT
