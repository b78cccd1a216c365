"""Personal data made unreadable for callers that may not see it, but still useful to tell people apart roughly."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
_PLAIN_PROPERTIES = frozenset({
    "event", "product_id", "productId", "variant_id", "sku", "price", "category", "brand", "currency", "quantity",
    "variant", "position", "total", "revenue", "value", "tax", "shipping", "discount", "coupon", "order_id", "orderId",
    "checkout_id", "checkout_token", "cart_id", "list_id", "rating", "items", "item_count", "total_price", "topic",
    "outcome", "status", "source", "reason_code", "financial_status", "fulfillment_status", "external_id",
})  # fmt: skip
_ADDRESSES = frozenset({"url", "path", "referrer", "image_url", "landing_site", "referring_site", "page"})


def mask_email(email: str | None) -> str | None:
    """`jane@example.com` -> `j***@e***.com`."""
    if not email:
        return email
    local, _, domain = email.rpartition("@")
    name, dot, ending = domain.rpartition(".")
    return f"{local[:1]}{HIDDEN}@{(name or domain)[:1]}{HIDDEN}{dot if name else ''}{ending if name else ''}"


def mask_phone(phone: str | None) -> str | None:
    """`+4915112345678` -> `***78`."""
    return f"{HIDDEN}{phone[-2:]}" if phone and len(phone) > 4 else HIDDEN if phone else phone


def mask_name(name: str | None) -> str | None:
    """`Jane` -> `J***`."""
    return f"{name[:1]}{HIDDEN}" if name else name


def mask_text(text: str | None) -> str | None:
    return HIDDEN if text else text


def mask_postal_code(code: str | None) -> str | None:
    """`10115` -> `10***`."""
    return f"{code[:2]}{HIDDEN}" if code else code


def mask_ip(ip: str | None) -> str | None:
    """The network without the line: `203.0.113.7` -> `203.0.113.x` (/24), IPv6 to its /48. `***` for what is no address."""
    if not ip:
        return ip
    try:
        address = ip_address(ip)
    except ValueError:
        return HIDDEN
    if isinstance(address, IPv4Address):
        return str(address).rpartition(".")[0] + ".x"
    return ":".join(part.lstrip("0") or "0" for part in address.exploded.split(":")[:3]) + "::x"


def mask_identifier(kind: str, value: str) -> str:
    """E-mails and phones masked by their kind; ids another system gave say nothing about the person and stay."""
    if "email" in kind:
        return mask_email(value) or HIDDEN
    if "phone" in kind:
        return mask_phone(value) or HIDDEN
    return value


def mask_properties(data: Mapping[str, object], depth: int = 0) -> dict[str, object]:
    """Only what is known to be about things, not people; addresses of pages without their query."""
    kept: dict[str, object] = {}
    for name, value in data.items():
        if isinstance(value, Mapping) and depth < 3:
            inner = mask_properties(value, depth + 1)
            if inner:
                kept[name] = inner
        elif name in _ADDRESSES and isinstance(value, str):
            kept[name] = _without_query(value)
        elif name in _PLAIN_PROPERTIES and isinstance(value, str | int | float | bool):
            kept[name] = value
    return kept


def mask_page(address: str | None) -> str | None:
    """A page's address without what its query could tell."""
    return _without_query(address) if address else address


def _without_query(address: str) -> str:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        return urlunsplit((parts.scheme, host, parts.path, "", ""))
    except ValueError:
        return HIDDEN
