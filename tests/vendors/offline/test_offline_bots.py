"""Bots by lists and by shape, on published user agents: every listed crawler found, hardly any person's browser marked."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from pathlib import Path

import pytest
import ua_parser
import yaml

from shopwarden.vendors.offline.agent_shape import RULES, shape_of
from shopwarden.vendors.offline.bots import AMBIGUOUS_PATTERNS, bot_name, listed_name
from shopwarden.vendors.offline.user_agent import read_user_agent

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DATA = Path(__file__).parents[2] / "data" / "user_agents"
Case = dict[str, str | None]

# What is no person's browser among uap-core's browser cases, by the family uap-core gives it; besides these, what its own
# device rules call a "Spider".
PROGRAM = re.compile(
    r"bot$|crawl|spider|http|^aws-|^go-|-sdk|java(?!script)|^python|^node|curl|urllib|urlgrabber|pyamf|okhttp|^boto"
    r"|resty|rusoto|minio|rclone|s3fs|s3gof3r|jets3t|(?<! )client$|agent$|-service$|webclient|monitor"
    r"|synthetic|headless|phantomjs",
    re.IGNORECASE,
)
PROGRAMS = frozenset(
    {"GmailImageProxy", "libwww-perl", "Wget", "Feedbin", "Tiny Tiny RSS", "OpenVAS Scanner"}
    | {"Catchpoint", "Site24x7", "Monitis", "NewRelicPingerBot", "Mediapartners-Google", "HTTrack", "aria2", "lftp", "wget2"}
    | {"Bloglovin", "Ghost", "Jersey", "AHC", "got", "axios", "reqwest", "ureq", "ReactorNetty", "PostmanRuntime"}
    | {"Apache-CXF", "sap xsuaa", "SAP CPI", "CloudFoundry", "CloudCockpitBackend", "SAP NetWeaver Application Server"}
)


@cache
def listed() -> list[dict[str, object]]:
    with gzip.open(DATA / "crawler-user-agents.json.gz", "rt", encoding="utf-8") as file:
        crawlers: list[dict[str, object]] = json.load(file)
    return crawlers


@cache
def instances() -> list[str]:
    found = [crawler.get("instances", []) for crawler in listed()]
    return list(dict.fromkeys(text for texts in found if isinstance(texts, list) for text in texts))


@cache
def cases(name: str) -> list[Case]:
    with gzip.open(DATA / f"{name}.yaml.gz", "rt", encoding="utf-8") as file:
        found: list[Case] = yaml.load(file, Loader=LOADER)["test_cases"]
    return found


def text_of(case: Case) -> str:
    return case["user_agent_string"] or ""


def is_spider(text: str) -> bool:
    device = ua_parser.parse(text).device
    return device is not None and device.family == "Spider"


def is_person(case: Case) -> bool:
    family = case["family"] or ""
    return not (PROGRAM.search(family) or family in PROGRAMS or is_spider(text_of(case)))


def test_every_listed_crawler_is_a_bot() -> None:
    missed = [text for text in instances() if not read_user_agent(text).is_bot]
    print(f"listed crawlers: {len(instances())}, missed: {len(missed)}")
    assert len(instances()) > 2000
    assert missed == []


def test_at_most_one_in_two_hundred_real_browsers_is_taken_for_a_bot() -> None:
    people = [case for case in cases("uap_test_ua") if is_person(case)]
    marked = [text_of(case) for case in people if read_user_agent(text_of(case)).is_bot]
    print(f"browser cases: {len(cases('uap_test_ua'))}, people's: {len(people)}, marked: {len(marked)} {marked}")
    assert len(people) > 600
    assert len(marked) / len(people) <= 0.005


def test_hardly_any_of_sixteen_thousand_real_devices_is_taken_for_a_bot() -> None:
    # WhatsApp and WordPress fetch pages to show a preview of them, also from a phone.
    people = [
        text_of(case)
        for case in cases("uap_test_device")
        if case["brand"] != "Spider" and not text_of(case).startswith(("WhatsApp", "WordPress"))
    ]
    marked = [text for text in people if bot_name(text)]
    print(f"device cases: {len(people)}, marked: {len(marked)} {marked}")
    assert len(people) > 15_000
    assert len(marked) / len(people) < 0.0005


def test_what_one_list_misses_the_other_or_the_shape_finds() -> None:
    """Each list is judged by the bots of the other, and the shape rules by the bots a list never heard of."""
    spiders = [text for case in cases("uap_test_ua") if is_spider(text := text_of(case))]
    unheard_by_uap = [text for text in instances() if not is_spider(text)]
    unheard_by_list = [text for text in spiders if listed_name(text) is None]
    by_shape = [sum(map(bool, map(shape_of, texts))) for texts in (instances(), unheard_by_uap, spiders, unheard_by_list)]
    print(f"of {len(instances())} listed crawlers: uap-core {len(instances()) - len(unheard_by_uap)}, shape {by_shape[0]}")
    print(f"of {len(unheard_by_uap)} listed crawlers uap-core misses: shape {by_shape[1]}")
    print(f"of {len(spiders)} uap-core spiders: the list {len(spiders) - len(unheard_by_list)}, shape {by_shape[2]}")
    print(f"of {len(unheard_by_list)} uap-core spiders the list misses: shape {by_shape[3]}")
    assert by_shape[1] / len(unheard_by_uap) > 0.55
    assert by_shape[3] / len(unheard_by_list) > 0.94
    together = [text for text in spiders if read_user_agent(text).is_bot]
    assert len(together) == len(spiders)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_of_shape_finds_bots_a_list_misses_and_no_real_browser(rule: str) -> None:
    missed = [text for text in instances() if not is_spider(text)]
    people = [text_of(case) for case in cases("uap_test_ua") if is_person(case)]
    found, wrong = ([text for text in texts if RULES[rule](text)] for texts in (missed, people))
    print(f"{rule}: {len(found)} of {len(missed)} bots uap-core misses, {len(wrong)} of {len(people)} real browsers {wrong}")
    assert len(found) >= 5
    assert len(wrong) <= 1


def test_a_phone_is_no_crawler_because_the_list_holds_its_build() -> None:
    builds = {str(crawler["pattern"]) for crawler in listed()} & AMBIGUOUS_PATTERNS
    assert len(builds) == len(AMBIGUOUS_PATTERNS), "a pattern that is left out is not in the list any more"
    phone = (
        "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Version/4.0 Chrome/143.0.1.2 Mobile Safari/537.36 Instagram 407.0.0.1.2 Android (35/15; 480dpi; OPPO; CPH2557)"
    )
    assert read_user_agent(phone).is_bot is False


def test_a_shape_is_told_quickly_however_long_it_is() -> None:
    for text in ("a" * 1000, "http" * 250, "a@" * 500, "ping-" * 200, "Mozilla/5.0 (" + "Linux; " * 140):
        assert shape_of(text) is None or shape_of(text)
