"""The sandbox's own address `/_sandbox/`: its log, the modes, secrets, webhooks to send, and starting anew.

GET    /_sandbox/            vendors, their hosts, seed
GET    /_sandbox/log         ?vendor=, ?path= (with *): calls, and how many of them were billed
DELETE /_sandbox/log
GET    /_sandbox/modes
PUT    /_sandbox/mode        {"vendor", "kind", "path"?, "times"?, "seconds"?, "status"?, "body"?, "per_second"?}
PUT    /_sandbox/secret      {"vendor", "secret"}: what that vendor's signatures are made with
POST   /_sandbox/send        {"vendor", "to", "kind", "secret"?, ...}: a signed webhook, sent now
POST   /_sandbox/reset       {"seed"?}
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from urllib.parse import parse_qsl

import msgspec

from shopwarden.errors import RefuseError
from shopwarden.sandbox.desk import Desk, response
from shopwarden.sandbox.modes import Mode
from shopwarden.sandbox.server import Request, Response
from shopwarden.sandbox.stand_in import Said

PREFIX = "/_sandbox/"


async def control(desk: Desk, request: Request) -> Response:
    """Answers a request to the control address; what is wrong with it is said with status 400."""
    path, _, query = request.target.partition("?")
    try:
        answer = await _answer(desk, request, path.removeprefix(PREFIX), dict(parse_qsl(query)))
    except RefuseError as problem:
        return response(Said.of({"error": str(problem), "fields": problem.fields or {}}, problem.status))
    if answer is None:
        return response(Said.of({"error": f"no {request.method} {path}"}, 404))
    return response(Said.of(answer))


async def _answer(desk: Desk, request: Request, what: str, query: Mapping[str, str]) -> object | None:
    match request.method, what:
        case "GET", "":
            vendors = [{"name": one.name, "hosts": one.hosts} for one in desk.stand_ins.values()]
            return {"vendors": vendors, "seed": desk.seed}
        case "GET", "log":
            return _log(desk, query.get("vendor", "*"), query.get("path", "*"))
        case "DELETE", "log":
            desk.log.clear()
            return {}
        case "GET", "modes":
            return {"modes": desk.modes.all()}
        case "PUT", "mode":
            desk.modes.put(_mode(desk, request))
            return {"modes": desk.modes.all()}
        case "PUT", "secret":
            given = _members(request)
            desk.secrets[_vendor(desk, str(given.get("vendor")))] = str(given.get("secret", ""))
            return {}
        case "POST", "send":
            given = _members(request)
            return await desk.send(str(given.pop("vendor", "")), given)
        case "POST", "reset":
            seed = _members(request).get("seed")
            desk.reset(None if seed is None else str(seed))
            return {"seed": desk.seed}
    return None


def _log(desk: Desk, vendor: str, path: str) -> object:
    calls = [call for call in desk.log if vendor in {call.vendor, "*"} and fnmatchcase(call.path, path)]
    return {"calls": calls, "count": len(calls), "billed": sum(call.billed for call in calls)}


def _members(request: Request) -> dict[str, object]:
    # A page in a browser can't send this type without asking first, so no web site can steer the sandbox.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise RefuseError("the body must be JSON, and its content type say so", status=415)
    try:
        return msgspec.json.decode(request.body or b"{}", type=dict[str, object])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise RefuseError("the body must be a JSON object") from None


def _mode(desk: Desk, request: Request) -> Mode:
    try:
        mode = msgspec.convert(_members(request), Mode)
    except msgspec.ValidationError as problem:
        raise RefuseError(str(problem)) from None
    if mode.vendor != "*":
        _vendor(desk, mode.vendor)
    return mode


def _vendor(desk: Desk, name: str) -> str:
    if name not in desk.stand_ins:
        raise RefuseError(f"vendor {name!r} is unknown", fields={"vendor": f"one of {', '.join(sorted(desk.stand_ins))}"})
    return name
