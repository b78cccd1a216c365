"""Recorded replies of vendors: how the files under tests/vendors/replies are laid out, and reading them.

One JSON file for each vendor, named after it. Everything in it is optional where the vendor has no such part:

    {
      "about": "where the bodies come from, and under which licence",
      "account": {"api_key": "a value no other text holds"},     one value for every needed credential
      "lookups": {
        "vendor.what": {
          "inquiry": {"order": null},     laid over tests/vendors/inquiry.json, member by member
          "asks": [{
            "account": {"setting": "x"},  laid over the account
            "inquiry": {},                laid over the look-up's inquiry
            "method": "POST", "url": "https://...", "headers": {"Name": "value"},
            "json": {} or "form": {} or "text": "" or nothing for no body,      compared whole
            "key_in_url": true            only where the vendor has no other way
          }],
          "replies": [{
            "kind": "good" | "empty" | "error" | "not_available" | "half_broken",
            "name": "a few words", "status": 200, "headers": {},
            "json": {} or "text": "",
            "gives": {"ip": {"country": "GB"}}    every answer by its tag, compared whole; {} is a miss
            or "fault": "auth", "after": 120.0    the fault's kind, and the wait if the vendor told one
          }]
        }
      },
      "teller": {
        "tells": [{"kind": "chargeback", "happening": {"amount": "5.00"}, "inquiry": {}, "account": {}, "asks": [{...}]}],
        "replies": [{"kind": "good" | "error" | "half_broken", "status": 200, "json": {}, "fault": "auth" or nothing}]
      },
      "check": {
        "ask": {...},
        "replies": [{"kind": "good" | "error", "status": 200, "json": {}, "says": "words of it" or "fault": "auth"}]
      }
    }
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import Account, Lookup, Vendor, VendorFault
from shopwarden.domain.inquiry import Happening, Inquiry
from shopwarden.vendors import find_vendors

HERE = Path(__file__).parent
FOLDERS = [HERE / "replies"]
Recorded = dict[str, Any]
T = TypeVar("T")


@cache
def recorded(vendor: str) -> Recorded:
    """What is recorded of a vendor; empty where there is no file."""
    for folder in FOLDERS:
        if (path := folder / f"{vendor}.json").exists():
            found: Recorded = json.loads(path.read_text("utf-8"))
            return found
    return {}


def of_lookup(lookup: Lookup) -> Recorded:
    found: Recorded = recorded(lookup.key.partition(".")[0]).get("lookups", {}).get(lookup.key, {})
    return found


def account_of(vendor: Vendor, over: Recorded | None = None) -> Account:
    return Account(vendor.name, recorded(vendor.name).get("account", {}) | (over or {}))


def inquiry_of(*overs: Recorded | None) -> Inquiry:
    members: Recorded = json.loads((HERE / "inquiry.json").read_text("utf-8"))
    for over in overs:
        members |= over or {}
    return msgspec.convert(members, Inquiry, strict=False)


def happening_of(case: Recorded) -> Happening:
    inquiry = inquiry_of(case.get("inquiry"))
    members = {"kind": case["kind"], "at": inquiry.at, "inquiry": {"at": inquiry.at}, **case.get("happening", {})}
    return msgspec.structs.replace(msgspec.convert(members, Happening, strict=False), inquiry=inquiry)


def reply_of(case: Recorded) -> Reply:
    body = json.dumps(case["json"]) if "json" in case else case.get("text", "")
    return Reply(case["status"], case.get("headers", {}), body.encode())


def secrets_of(vendor: Vendor, account: Account) -> list[str]:
    return [account.value(each.name) for each in vendor.credentials if each.secret and account.value(each.name)]


def settled(call: Callable[[], T]) -> T | VendorFault:
    """What the call answers, or the fault it raises; anything else that is raised fails the test."""
    try:
        return call()
    except VendorFault as fault:
        return fault


def lookups() -> list[tuple[Vendor, Lookup]]:
    return [(vendor, lookup) for vendor in find_vendors().values() for lookup in vendor.lookups]
