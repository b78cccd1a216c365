"""Shopify's GraphQL: the request of a query, and what an answer says: data, refusals, cost, how long to wait. Pure.

Contract: every query has a cost in points, taken from a bucket of the app in this shop that fills again by the second; an
answer over the limit says so with the code THROTTLED and holds no data.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import FaultKind, VendorFault
from shopwarden.vendors.shopify_app import ShopApp

VERSION_HEADER = "x-shopify-api-version"
MOST_WAIT = 60.0
_UNKNOWN_WAIT = 2.0

_BY_CODE: Mapping[str, FaultKind] = {
    "THROTTLED": "rate_limited",
    "ACCESS_DENIED": "auth",
    "SHOP_INACTIVE": "auth",
    "INTERNAL_SERVER_ERROR": "unavailable",
    "TIMEOUT": "unavailable",
    "MAX_COST_EXCEEDED": "invalid_input",
}
_BY_STATUS: Mapping[int, tuple[FaultKind, str]] = {
    401: ("auth", "the token is not valid any more"),
    402: ("auth", "the shop is frozen: its bill is not paid"),
    403: ("auth", "the app may not do this"),
    404: ("auth", "there is no such shop any more"),
    423: ("auth", "the shop is locked"),
    429: ("rate_limited", "too many requests"),
    430: ("rate_limited", "held back for the shop's security"),
}


class ThrottleStatus(msgspec.Struct, frozen=True, rename="camel"):
    """The bucket in points, and how many come back in a second."""

    maximum_available: float
    currently_available: float
    restore_rate: float


class Cost(msgspec.Struct, frozen=True, rename="camel"):
    """Points. `actual_query_cost` None: the query was not run."""

    throttle_status: ThrottleStatus
    requested_query_cost: float | None = None
    actual_query_cost: float | None = None


class UserError(msgspec.Struct, frozen=True):
    """What a mutation says is wrong with its input, answered beside data with status 200."""

    message: str
    field: list[str] | None = None
    code: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """`denied`: parts of the data that are null because the app may not see them."""

    data: Mapping[str, object]
    cost: Cost | None = None
    denied: tuple[str, ...] = ()
    version: str | None = None


class _ErrorExtensions(msgspec.Struct, frozen=True):
    code: str | None = None


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    extensions: _ErrorExtensions | None = None
    path: list[str | int] | None = None

    @property
    def code(self) -> str:
        return (self.extensions.code if self.extensions else None) or ""


class _Extensions(msgspec.Struct, frozen=True):
    cost: msgspec.Raw = msgspec.Raw()


class _Costs(msgspec.Struct, frozen=True):
    extensions: _Extensions | None = None


class _Body(msgspec.Struct, frozen=True):
    data: dict[str, object] | None = None
    errors: list[_Error] | str | None = None
    extensions: _Extensions | None = None


class Throttled(VendorFault):
    """Nothing was done; `after` seconds from now there are points enough. `cost` is what the answer said of the bucket."""

    def __init__(self, after: float, cost: Cost | None = None) -> None:
        super().__init__("rate_limited", "the shop's points are used up for the moment", after)
        self.cost = cost


def ask_graphql(app: ShopApp, shop: str, token: str, query: str, variables: Mapping[str, object] | None) -> Ask:
    body: dict[str, object] = {"query": query}
    if variables:
        body["variables"] = variables
    return Ask(
        name="shopify graphql",
        url=app.graphql(shop),
        method="POST",
        headers={"Content-Type": "application/json", "Accept": "application/json", "X-Shopify-Access-Token": token},
        body=msgspec.json.encode(body),
    )


def is_mutation(query: str) -> bool:
    """Whether a query changes something: such a one is not sent again where nobody knows what became of the first."""
    lines = (line.strip() for line in query.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "").startswith("mutation")


def read_graphql(reply: Reply) -> Answer:
    """The data. Throttled, or VendorFault by what has to happen next.

    auth: a token, a right or the shop itself is missing. unavailable: later. invalid_input: the query or what it says.
    Data beside errors of ACCESS_DENIED alone is data: what may not be seen is null there.
    """
    if reply.status != 200:
        raise _fault_of_status(reply)
    try:
        body = msgspec.json.decode(reply.body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise VendorFault("contract_changed", "Shopify's answer is no GraphQL") from None
    cost = _cost(body)
    errors = body.errors if isinstance(body.errors, list) else [_Error(message=body.errors)] if body.errors else []
    if any(error.code == "THROTTLED" for error in errors):
        raise Throttled(wait_for(cost), cost)
    if errors and not _is_partly_denied(body, errors):
        raise _fault_of_errors(errors)
    if body.data is None:
        raise VendorFault("contract_changed", "Shopify's answer holds neither data nor errors")
    denied = tuple(dict.fromkeys(".".join(str(step) for step in error.path or ()) for error in errors))
    return Answer(data=body.data, cost=cost, denied=denied, version=reply.headers.get(VERSION_HEADER))


def _is_partly_denied(body: _Body, errors: list[_Error]) -> bool:
    """Whether there is an answer with holes, rather than none."""
    there = any(part is not None for part in (body.data or {}).values())
    return there and all(error.code == "ACCESS_DENIED" and error.path for error in errors)


def wait_for(cost: Cost | None) -> float:
    """Seconds until the bucket holds what the query asks for: (requested - available) / points that come back a second."""
    if cost is None or cost.requested_query_cost is None or cost.throttle_status.restore_rate <= 0:
        return _UNKNOWN_WAIT
    missing = cost.requested_query_cost - cost.throttle_status.currently_available
    return min(max(missing / cost.throttle_status.restore_rate, 0.1), MOST_WAIT)


def cost_of(reply: Reply) -> Cost | None:
    """What an answer says of points, whatever else it says."""
    try:
        return _cost(msgspec.json.decode(reply.body, type=_Costs))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _cost(body: _Body | _Costs) -> Cost | None:
    raw = bytes(body.extensions.cost) if body.extensions else b""
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=Cost)
    except msgspec.DecodeError:
        return None  # what a query costs is no reason to lose its answer


def _fault_of_status(reply: Reply) -> VendorFault:
    known = _BY_STATUS.get(reply.status)
    if known is not None:
        return VendorFault(known[0], f"Shopify answered {reply.status}: {known[1]}", _after(reply))
    if reply.status >= 500:
        return VendorFault("unavailable", f"Shopify answered {reply.status}", _after(reply))
    return VendorFault("invalid_input", f"Shopify answered {reply.status}")


def _after(reply: Reply) -> float | None:
    given = {name.lower(): value for name, value in reply.headers.items()}.get("retry-after", "")
    try:
        return min(max(float(given), 0.0), MOST_WAIT)
    except ValueError:
        return None


def _fault_of_errors(errors: list[_Error]) -> VendorFault:
    first = next((error for error in errors if error.code in _BY_CODE), errors[0])
    kind = _BY_CODE.get(first.code, "invalid_input")
    return VendorFault(kind, f"Shopify refuses: {first.code or 'error'}: {first.message[:300]}")


def user_errors(data: Mapping[str, object], field: str) -> tuple[UserError, ...]:
    """What a mutation's part of the data finds wrong; none when it was done."""
    part = data.get(field)
    listed = part.get("userErrors") if isinstance(part, Mapping) else None
    try:
        return tuple(msgspec.convert(listed or [], list[UserError]))
    except msgspec.ValidationError:
        return (UserError(message="could not be read"),)


Done = Mapping[str, object]


def done(data: Mapping[str, object], field: str) -> Done:
    """A mutation's part of the data; VendorFault(invalid_input) with its sentences where it was not done."""
    wrong = user_errors(data, field)
    if wrong:
        told = "; ".join(f"{'.'.join(each.field or [])}: {each.message}".lstrip(": ")[:200] for each in wrong[:5])
        raise VendorFault("invalid_input", f"{field}: {told}")
    part = data.get(field)
    if not isinstance(part, Mapping):
        raise VendorFault("contract_changed", f"{field} is missing in Shopify's answer")
    return part
