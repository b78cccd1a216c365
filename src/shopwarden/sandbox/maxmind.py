"""Stands in for MaxMind's web services: location of an address, minFraud, and reports of transactions."""

from __future__ import annotations

import re

from shopwarden.sandbox.maxmind_places import about_place
from shopwarden.sandbox.minfraud import report, transaction
from shopwarden.sandbox.places import parse, place_of
from shopwarden.sandbox.stand_in import Heard, Said, StandIn, refused

_GEOIP = re.compile(r"/geoip/v2\.1/(country|city|insights)(?:/(.*))?")
_MINFRAUD = re.compile(r"/minfraud/v2\.0/(score|insights|factors|transactions/report)")
_ERROR = "application/vnd.maxmind.com-error+json; charset=UTF-8; version=2.0"
_QUERIES = 10_000


def error(status: int, code: str, text: str) -> Said:
    """MaxMind's `{code, error}`."""
    return Said.of({"code": code, "error": text}, status, kind=_ERROR)


async def answer(heard: Heard) -> Said:
    """The service the path names, for Basic account id and licence key."""
    place, fraud = _GEOIP.fullmatch(heard.path), _MINFRAUD.fullmatch(heard.path)
    if place is None and fraud is None:
        return Said(404, b"not found", {"content-type": "text/plain"})
    stopped = _authorize(heard)
    if stopped is not None:
        return stopped
    if place is not None:
        return _locate(heard, place[1], place[2] or "") if heard.method == "GET" else Said(405)
    if fraud is None or heard.method != "POST":
        return Said(405)
    if "json" not in heard.headers.get("content-type", ""):
        return error(415, "UNSUPPORTED_MEDIA_TYPE", "The Content-Type of the request must be application/json.")
    if fraud[1] == "transactions/report":
        return report(heard)
    return transaction(heard, fraud[1], _left(heard))


def _authorize(heard: Heard) -> Said | None:
    account, key = heard.basic() or ("", "")
    if not account:
        return error(401, "ACCOUNT_ID_REQUIRED", "You have not supplied a MaxMind account ID in the request.")
    if not key:
        return error(401, "LICENSE_KEY_REQUIRED", "You have not supplied a MaxMind license key in the request.")
    if refused(account) or refused(key):
        return error(401, "AUTHORIZATION_INVALID", "Your account ID or license key could not be authenticated.")
    return None


def _locate(heard: Heard, service: str, ip: str) -> Said:
    if "geolite" in heard.host and service == "insights":
        return error(402, "PERMISSION_REQUIRED", "You do not have permission to use the service.")
    if not ip:
        return error(400, "IP_ADDRESS_REQUIRED", "You have not supplied an IP address.")
    address = parse("81.2.69.142" if ip == "me" else ip)
    if address is None:
        return error(400, "IP_ADDRESS_INVALID", f"The value {ip} is not a valid IP address.")
    if not address.is_global:
        return error(400, "IP_ADDRESS_RESERVED", f"The IP address {address} is a reserved IP address.")
    place = place_of(str(address), heard.dice)
    if place is None:
        return error(404, "IP_ADDRESS_NOT_FOUND", f"The supplied IP address {address} is not in the database.")
    body = about_place(place, service) | {"maxmind": {"queries_remaining": _left(heard)}}
    kind = f"application/vnd.maxmind.com-{service}+json; charset=UTF-8; version=2.1"
    return Said.of(body, kind=kind, billed=True)


def _left(heard: Heard) -> int:
    used = heard.memory.get("used", 0)
    heard.memory["used"] = (used if isinstance(used, int) else 0) + 1
    return _QUERIES - (used if isinstance(used, int) else 0) - 1


STAND_IN = StandIn(
    name="maxmind",
    hosts=("geoip.maxmind.com", "geolite.info", "minfraud.maxmind.com", "sandbox.maxmind.com"),
    answer=answer,
    faults={
        "quota": error(402, "INSUFFICIENT_FUNDS", "The license key you have provided is out of queries."),
        "refuse": error(401, "AUTHORIZATION_INVALID", "Your account ID or license key could not be authenticated."),
        "rate_limited": Said(429, b"Too many requests", {"content-type": "text/plain"}),
        "error": Said(503, b"Service unavailable", {"content-type": "text/plain"}),
    },
)
