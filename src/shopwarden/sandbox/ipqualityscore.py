"""Stands in for IPQualityScore: addresses, mail, phones and the account. It answers 200 even when it failed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from shopwarden.sandbox.dice import Dice
from shopwarden.sandbox.ipqualityscore_answers import about_ip, about_mail, about_phone
from shopwarden.sandbox.places import parse
from shopwarden.sandbox.stand_in import Heard, Said, StandIn, refused, spell

_PATH = re.compile(r"/api/json/(ip|email|phone|account)(?:/([^/]+))?(?:/(.+))?/?")
_SUBJECTS = {"ip": ("ip",), "email": ("email",), "phone": ("phone", "number")}
_PLAN = 5000


def _fail(message: str) -> Said:
    return Said.of({"success": False, "message": message, "request_id": "SANDBOX"})


_NO_KEY = _fail("Invalid or unauthorized key. Please check the API key and try again.")
_NO_CREDITS = _fail("You have exceeded your request quota of 5000 lookups. Please upgrade to increase your request quota.")


async def answer(heard: Heard) -> Said:
    """One look-up; key in the header `IPQS-KEY`, in the body, or in the path."""
    found = _PATH.fullmatch(heard.path)
    if found is None or heard.method not in {"GET", "POST"}:
        return Said.of({"success": False, "message": "Not found."}, 404)
    what = found[1]
    options = {**dict(heard.query), **heard.form(), **{name: str(value) for name, value in heard.json().items()}}
    in_path = bool(found[2]) and (what == "account" or bool(found[3]))
    key = found[2] if in_path else heard.headers.get("ipqs-key") or options.get("key") or options.get("IPQS-KEY", "")
    if refused(key or ""):
        return _NO_KEY
    if what == "account":
        return Said.of(_account(heard))
    subject = unquote(found[3]) if in_path else next((options[name] for name in _SUBJECTS[what] if options.get(name)), "")
    return _look_up(heard, what, subject.strip(), options)


def _look_up(heard: Heard, what: str, subject: str, options: Mapping[str, str]) -> Said:
    special = spell(subject) if what == "email" else None
    if special is not None:
        return special
    request_id = heard.dice.about("request", what, subject).token("id", 14).upper()
    body = _body(what, subject, options, heard.dice)
    if isinstance(body, str):
        return _fail(body)
    used = heard.memory.setdefault("used", {})
    if isinstance(used, dict):
        used[what] = used.get(what, 0) + 1
    return Said.of({"success": True, "message": "Success.", "request_id": request_id, **body}, billed=True)


def _body(what: str, subject: str, options: Mapping[str, str], dice: Dice) -> dict[str, object] | str:
    if what == "ip":
        address = parse(subject)
        if address is None or not address.is_global:
            return "Invalid IPv4 address, IPv6 address or hostname. Please check the value and try again."
        return about_ip(str(address), options, dice)
    if what == "email":
        return (
            about_mail(subject, dice) if "@" in subject else "Invalid email address. Please check the value and try again."
        )
    if not re.search(r"\d{5}", re.sub(r"[\s().-]", "", subject)):
        return "Invalid phone number. Please check the value and try again."
    return about_phone(subject, options.get("country", ""), dice)


def _account(heard: Heard) -> dict[str, object]:
    used = heard.memory.get("used")
    counts: dict[str, int] = used if isinstance(used, dict) else {}
    return {
        "success": True,
        "message": "Success.",
        "credits": _PLAN,
        "usage": sum(counts.values()),
        "proxy_usage": counts.get("ip", 0),
        "email_usage": counts.get("email", 0),
        "phone_usage": counts.get("phone", 0),
        "request_id": "SANDBOX",
    }


def _shown(path: str) -> str:
    """The path with the key, its fourth part, left out."""
    parts = path.split("/")
    if len(parts) > 4 and (len(parts) > 5 or parts[3] == "account"):
        parts[4] = "-"
    return "/".join(parts)


STAND_IN = StandIn(
    name="ipqualityscore",
    hosts=("ipqualityscore.com", "www.ipqualityscore.com"),
    answer=answer,
    faults={
        "quota": _NO_CREDITS,
        "refuse": _NO_KEY,
        "rate_limited": Said.of({"success": False, "message": "Too many requests."}, 429),
        "error": Said(503, b"<html><body>Service Unavailable</body></html>", {"content-type": "text/html"}),
    },
    shown=_shown,
)
