"""What a list of visitors is asked for, read from the query: filters, ranges, order, and what a searched word may mean."""

from __future__ import annotations

from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from shopwarden.domain.email import normalise_email
from shopwarden.domain.ip import normalise_ip
from shopwarden.domain.paging import read_choices, read_cursor, read_moment
from shopwarden.domain.patterns import PATTERNS
from shopwarden.errors import RefuseError
from shopwarden.steps.placing import device_of
from shopwarden.store.visitor_list import KINDS, SORTS, VisitorFilter, VisitorOrder
from shopwarden.store.visitor_search import VisitorSearch

DEVICE_KINDS = ("desktop", "mobile", "tablet", "tv", "console", "bot")
SHORTEST_ID, SHORTEST_NAME = 8, 3
_MOMENT = {"pattern": "^20[0-9]{2}-0[1-9]-[0-2][1-8]$", "examples": ["2026-03-01"]}
Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


def _list_of(values: tuple[str, ...], what: str) -> Meta:
    one = "|".join(values)
    return Meta(
        description=f"{what}: a comma list of {', '.join(values)}.",
        extra_json_schema={"pattern": f"^({one})(,({one}))*$"},
    )


def _moment(what: str) -> Meta:
    return Meta(description=f"{what}; ISO 8601, a plain date is the whole day.", extra_json_schema=_MOMENT)


class VisitorQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(description="`nextCursor` of the answer before, with the same order.")] = ""
    since: Annotated[str, _moment("As `lastSeenFrom`")] = ""
    search: Annotated[
        str,
        Meta(max_length=254, description=(
            "A whole or begun IP address (`203.0.113.`, `203.0.113.0/24`), e-mail, anonymous id, visitor id or device"
            " fingerprint, or part of a customer's name. Without `pii:read`: whole addresses and e-mails, no names."),
             extra_json_schema={"examples": ["203.0.113.7"]}),
    ] = ""  # fmt: skip
    country: Annotated[
        str,
        Meta(description="A comma list of ISO 3166-1 alpha-2 codes.",
             extra_json_schema={"pattern": "^[A-Za-z]{2}(,[A-Za-z]{2})*$", "examples": ["DE,FR"]}),
    ] = ""  # fmt: skip
    source: Annotated[
        str,
        Meta(max_length=500, description="Where any visit came from: a comma list such as google,newsletter,direct.",
             extra_json_schema={"examples": ["google,newsletter"]}),
    ] = ""  # fmt: skip
    device: Annotated[str, _list_of(DEVICE_KINDS, "Kind of the newest device")] = ""
    pattern: Annotated[str, _list_of(PATTERNS, "Suspicious patterns, any of them")] = ""
    is_bot: bool | None = None
    vpn: Annotated[bool | None, Meta(description="Whether an address of a VPN, proxy or Tor was used.")] = None
    customer: Annotated[Literal["known", "unknown", ""], Meta(description="Whether the customer is known.")] = ""
    has_order: bool | None = None
    min_sessions: Count | None = None
    min_page_views: Count | None = None
    min_device_changes: Count | None = None
    max_device_changes: Count | None = None
    min_location_changes: Count | None = None
    max_location_changes: Count | None = None
    first_seen_from: Annotated[str, _moment("First seen at or after")] = ""
    first_seen_to: Annotated[str, _moment("First seen before")] = ""
    last_seen_from: Annotated[str, _moment("Last seen at or after")] = ""
    last_seen_to: Annotated[str, _moment("Last seen before")] = ""
    sort_by: Literal["lastSeen", "firstSeen", "sessions", "pageViews", "orders", "revenue"] = "lastSeen"
    sort_order: Literal["desc", "asc"] = "desc"


def filter_of(asked: VisitorQuery, *, may_see: bool) -> VisitorFilter:
    """RefuseError names the field that can't be read."""
    least: dict[str, int | datetime | None] = {
        "sessions": asked.min_sessions,
        "page_views": asked.min_page_views,
        "device_changes": asked.min_device_changes,
        "location_changes": asked.min_location_changes,
        "first_seen": read_moment("firstSeenFrom", asked.first_seen_from),
        "last_seen": read_moment("lastSeenFrom", asked.last_seen_from) or read_moment("since", asked.since),
    }
    below: dict[str, int | datetime | None] = {
        "device_changes": None if asked.max_device_changes is None else asked.max_device_changes + 1,
        "location_changes": None if asked.max_location_changes is None else asked.max_location_changes + 1,
        "first_seen": read_moment("firstSeenTo", asked.first_seen_to, end=True),
        "last_seen": read_moment("lastSeenTo", asked.last_seen_to, end=True),
    }
    return VisitorFilter(
        countries=_countries(asked.country),
        sources=tuple(dict.fromkeys(part.strip().lower() for part in asked.source.split(",") if part.strip())),
        devices=read_choices("device", asked.device, DEVICE_KINDS),
        patterns=read_choices("pattern", asked.pattern, PATTERNS),
        is_bot=asked.is_bot,
        vpn=asked.vpn,
        is_customer={"known": True, "unknown": False}.get(asked.customer),
        has_order=asked.has_order,
        at_least={name: value for name, value in least.items() if value is not None},
        # Beyond what the column can hold, nothing is left to narrow.
        below={name: value for name, value in below.items() if value is not None and value != 2**31},
        search=search_of(" ".join(asked.search.split()), may_see=may_see),
    )


def order_of(asked: VisitorQuery) -> VisitorOrder:
    """The order, one row more than a page, and where the page before ended."""
    column, descending = SORTS[asked.sort_by], asked.sort_order == "desc"
    after = read_cursor(asked.cursor, f"{'-' if descending else ''}{column}") if asked.cursor else None
    if after is not None and not isinstance(after.value, KINDS.get(column, int)):
        raise RefuseError("This cursor is not one of this list.", fields={"cursor": "is not valid"})
    return VisitorOrder(column=column, descending=descending, limit=asked.limit + 1, after=after)


def search_of(text: str, *, may_see: bool) -> VisitorSearch | None:
    """What the word may mean. Who may not see personal data can't find it out piece by piece either."""
    if not text:
        return None
    network = _network(text)
    if network is not None:
        if network.num_addresses > 1 and not may_see:
            raise _refused("search", "must be a whole IP address")
        return VisitorSearch(ips=(str(network[0]), str(network[-1])))
    if "@" in text:
        whole = normalise_email(text)
        return VisitorSearch(email=whole or text.lower(), email_start=text.lower() if may_see and whole is None else "")
    return VisitorSearch(
        ids=_ids(text),
        devices=_devices(text),
        anonymous_start=text,
        person=text if may_see and len(text) >= SHORTEST_NAME else "",
    )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    """An address, a network with its length, or the beginning of an address up to a dot or colon."""
    whole = normalise_ip(text)
    if whole is not None:
        return ip_network(whole)
    try:
        if "/" in text:
            return ip_network(text, strict=False)
        if text.endswith(".") and 1 <= text.count(".") <= 3:
            octets = text.rstrip(".").split(".")
            return IPv4Network((IPv4Address(".".join(octets + ["0"] * (4 - len(octets)))), 8 * len(octets)))
        if text.endswith(":") and not text.endswith("::") and 1 <= text.count(":") <= 7:
            return IPv6Network(f"{text}:/{16 * text.count(':')}" if text.count(":") < 7 else f"{text}0/112")
    except ValueError:
        return None
    return None


def _ids(text: str) -> tuple[UUID, UUID] | None:
    """The range of ids that begin like this; None where it begins none, or too many."""
    plain = text.replace("-", "").lower()
    if not SHORTEST_ID <= len(plain) <= 32 or not all(mark in "0123456789abcdef" for mark in plain):
        return None
    return UUID(plain.ljust(32, "0")), UUID(plain.ljust(32, "f"))


def _devices(text: str) -> tuple[UUID, UUID] | None:
    """A device is named after its fingerprint: a weak one by its beginning, a strong one by a hash of the whole."""
    if text.startswith("weak-"):
        return _ids(text.removeprefix("weak-"))
    device = device_of(None, text, "", "", False)
    return (device.id, device.id) if device is not None else None


def _countries(text: str) -> tuple[str, ...]:
    codes = tuple(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    if any(len(code) != 2 or not code.isascii() or not code.isalpha() for code in codes) or (text and not codes):
        raise RefuseError(
            "country takes ISO 3166-1 alpha-2 codes such as DE,FR.", fields={"country": "is not a country code"}
        )
    return codes


def _refused(field: str, what: str) -> RefuseError:
    return RefuseError(
        f"This key may not see personal data: {field} {what}.",
        type="missing-scope",
        fields={field: f"{what} without pii:read"},
    )
