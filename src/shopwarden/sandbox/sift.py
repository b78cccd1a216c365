"""Stands in for Sift: events, scores, labels, decisions, and its signed decision webhook."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from urllib.parse import unquote

import msgspec

from shopwarden.sandbox.sift_decisions import applied, apply, catalogue
from shopwarden.sandbox.sift_events import EventFault, check_event, remember
from shopwarden.sandbox.sift_scores import ABUSE_TYPES, score_of
from shopwarden.sandbox.stand_in import Heard, Hook, Said, StandIn, Wish, refused, spell

_USER = re.compile(r"/v20[2-5]/(?:score/(?P<asked>[^/]+)|users/(?P<user>[^/]+)/(?P<what>score|labels))")
_DECISIONS = re.compile(
    r"/v3/accounts/(?P<account>[^/]+)(?:/users/(?P<user>[^/]+))?(?:/(?P<kind>orders|sessions|content)/(?P<id>[^/]+))?/decisions"
)
_STATUS = {51: 401, 60: 429, 54: 404}


def status(number: int, message: str, request: bytes = b"") -> Said:
    """Sift's own status beside that of HTTP: 0 is well, what is negative may be tried again."""
    body = {"status": number, "error_message": message, "time": int(time.time())}
    sent = {"request": request.decode("utf-8", "replace")} if request else {}
    return Said.of(body | sent, 200 if number == 0 else 500 if number < 0 else _STATUS.get(number, 400))


_BAD_KEY = status(51, "Invalid API Key. Please check your credentials and try again.")


async def answer(heard: Heard) -> Said:
    """Events carry the key in their body, all else is asked with Basic, key as user."""
    if re.fullmatch(r"/v20[2-5]/events", heard.path):
        return _event(heard) if heard.method == "POST" else Said(405)
    person, decision = _USER.fullmatch(heard.path), _DECISIONS.fullmatch(heard.path)
    if decision is not None:
        parts = {name: unquote(value) for name, value in decision.groupdict("").items()}
        key = (heard.basic() or ("", ""))[0]
        if refused(key) or refused(parts["account"]):
            return Said.of({"error": "unauthorized", "description": "Invalid API key or account"}, 401)
        return _decide(heard, parts)
    if person is None:
        return Said.of({"error": "not_found", "description": "No such path"}, 404)
    user = unquote(person["asked"] or person["user"])
    if person["what"] == "labels":
        return _label(heard, user)
    if refused((heard.basic() or (heard.asked("api_key"), ""))[0]):
        return _BAD_KEY
    wanted = [name for name in heard.asked("abuse_types").split(",") if name]
    return spell(user) or _scored(heard, user, wanted)


def _event(heard: Heard) -> Said:
    if not heard.is_json():
        return status(56, "Invalid JSON in body")
    body = heard.json()
    key = body.get("$api_key")
    if not isinstance(key, str) or refused(key):
        return _BAD_KEY
    user = str(body.get("$user_id") or body.get("$session_id") or "")
    special = spell(str(body.get("$user_email") or user))
    if special is not None:
        return special
    try:
        warnings = check_event(body)
    except EventFault as fault:
        return status(fault.status, str(fault), heard.body)
    remember(heard.memory, body)
    said: dict[str, object] = {
        "status": 0,
        "error_message": "OK",
        "time": int(time.time()),
        "request": heard.body.decode("utf-8", "replace"),
    }
    wanted = [name for name in heard.asked("abuse_types").split(",") if name]
    fields = heard.asked("fields").upper()
    if heard.asked("return_score") == "true":
        score = score_of(heard.dice, heard.memory, user, wanted, percentiles="SCORE_PERCENTILES" in fields)
        runs: dict[str, object] = {"workflow_statuses": []} if heard.asked("return_workflow_status") == "true" else {}
        said["score_response"] = score | runs
    if "WARNINGS" in fields and warnings:
        said["warnings"] = {"count": len(warnings), "items": [{"message": warning} for warning in warnings]}
    answer = Said.of(said, billed=True)
    return Said(answer.status, answer.body, answer.headers, billed=True, note=str(body.get("$type")))


def _scored(heard: Heard, user: str, wanted: list[str]) -> Said:
    known = heard.memory.get("users")
    if heard.method not in {"GET", "POST"}:
        return Said(405)
    if not isinstance(known, dict) or user not in known:
        return status(54, f"No scorable event yet for user_id {user}")
    fields = heard.asked("fields").upper()
    body = score_of(heard.dice, heard.memory, user, wanted, percentiles="SCORE_PERCENTILES" in fields)
    return Said.of(body, billed=True)


def _label(heard: Heard, user: str) -> Said:
    body = heard.json()
    key = body.get("$api_key") or (heard.basic() or ("", ""))[0]
    if refused(str(key)):
        return _BAD_KEY
    labels = heard.memory.setdefault("labels", {})
    own = labels.setdefault(user, {}) if isinstance(labels, dict) else {}
    if heard.method == "DELETE":
        kinds = [heard.asked("abuse_type")] if heard.asked("abuse_type") else list(ABUSE_TYPES)
        for kind in kinds:
            own.pop(kind, None)
        return Said(204)
    if heard.method != "POST":
        return Said(405)
    if not heard.is_json():
        return status(56, "Invalid JSON in body")
    if not isinstance(body.get("$is_bad"), bool):
        return status(55, "Missing required field: $is_bad", heard.body)
    kind = str(body.get("$abuse_type") or "payment_abuse")
    if kind not in ABUSE_TYPES:
        return status(53, f"Invalid value for $abuse_type: {kind}", heard.body)
    own[kind] = {"is_bad": body["$is_bad"], "time": int(time.time() * 1000)}
    return status(0, "OK", heard.body)


def _decide(heard: Heard, parts: dict[str, str]) -> Said:
    if heard.method == "GET" and not parts["user"] and not parts["kind"]:
        return catalogue(heard)
    if heard.method == "GET":
        return applied(heard, parts)
    if heard.method == "POST" and parts["user"]:
        return apply(heard, parts)
    return Said(405)


def send(wish: Wish) -> Hook:
    """The decision webhook: `entity_type`, `entity_id`, `decision_id`, `time`; `algorithm` sha256 (as set) or sha1."""
    body = msgspec.json.encode(
        {
            "entity": {"type": str(wish.rest.get("entity_type", "user")), "id": str(wish.rest.get("entity_id", "user-1"))},
            "decision": {"id": str(wish.rest.get("decision_id", "block_user_payment_abuse"))},
            "time": wish.rest.get("time", int(time.time() * 1000)),
        }
    )
    algorithm = "sha1" if wish.rest.get("algorithm") == "sha1" else "sha256"
    digest = hmac.new(wish.secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()
    return Hook(wish.to, body, {"X-Sift-Science-Signature": f"{algorithm}={digest}"})


STAND_IN = StandIn(
    name="sift",
    hosts=("api.sift.com", "api3.siftscience.com"),
    answer=answer,
    faults={
        "quota": status(60, "Rate limited; you have used up the events of your plan"),
        "refuse": _BAD_KEY,
        "rate_limited": status(60, "Rate limited; please try again later"),
        "error": status(-1, "An internal server error occurred, please try again later."),
    },
    send=send,
)
