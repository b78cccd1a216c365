"""The Shopify app of this installation: its keys, the rights it asks for, and the addresses of a shop's Admin API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

API_VERSION = "2026-10"
SCOPES = (
    "read_customers",
    "write_customers",
    "read_orders",
    "write_orders",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
    "write_pixels",
    "read_customer_events",
    "read_locations",
)
"""What the product has a use for; SHOPIFY_SCOPES asks for others."""

SANDBOX_APP = "sandbox"
_SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,61}\.myshopify\.com")
_NO = frozenset({"false", "0", "no", "off"})


class ShopApp(msgspec.Struct, frozen=True, kw_only=True):
    """`secrets`: the client secret first, then the one before it. `sandbox_url`: stands in for every shop's own host.

    `public_url` is where this installation is reached from outside, empty where nobody set it.
    """

    client_id: str
    secrets: tuple[str, ...]
    version: str = API_VERSION
    scopes: tuple[str, ...] = SCOPES
    expiring: bool = True
    public_url: str = ""
    sandbox_url: str = ""
    bootstrap_domain: str = ""
    """The only shop that may become a store that has no shop yet; empty: any."""

    def __repr__(self) -> str:
        return f"ShopApp(client_id={self.client_id!r}, version={self.version!r})"

    @property
    def is_ready(self) -> bool:
        return bool(self.client_id and self.secrets)

    def admin(self, shop: str) -> str:
        """The address everything of a shop's admin lies below, without a slash at its end."""
        return f"{self.sandbox_url.rstrip('/')}/shopify/{shop}/admin" if self.sandbox_url else f"https://{shop}/admin"

    def graphql(self, shop: str) -> str:
        return f"{self.admin(shop)}/api/{self.version}/graphql.json"

    def hosts(self, shop: str) -> tuple[str, ...]:
        """The only hosts asked for this shop."""
        sandbox = urlsplit(self.sandbox_url).hostname if self.sandbox_url else None
        return (sandbox,) if sandbox else (shop,)


NO_APP = ShopApp(client_id="", secrets=())


def shop_app(environment: Mapping[str, str], sandbox_url: str = "") -> ShopApp:
    """The app as the variables SHOPIFY_* have it; not `is_ready` where the key or the secret is missing.

    Without a key of its own it is the one every shop of the sandbox knows.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if sandbox_url and "SHOPIFY_API_KEY" not in given:
        given |= {"SHOPIFY_API_KEY": SANDBOX_APP, "SHOPIFY_API_SECRET": SANDBOX_APP}
    secrets = (given.get("SHOPIFY_API_SECRET", ""), given.get("SHOPIFY_API_SECRET_PREVIOUS", ""))
    return ShopApp(
        client_id=given.get("SHOPIFY_API_KEY", ""),
        secrets=tuple(secret for secret in secrets if secret) if secrets[0] else (),
        version=given.get("SHOPIFY_API_VERSION", API_VERSION),
        scopes=read_scopes(given.get("SHOPIFY_SCOPES", "")) or SCOPES,
        expiring=given.get("SHOPIFY_EXPIRING_TOKENS", "true").lower() not in _NO,
        public_url=given.get("SHOPWARDEN_PUBLIC_URL", "").rstrip("/"),
        sandbox_url=sandbox_url,
        bootstrap_domain=given.get("SHOPIFY_STORE_DOMAIN", "").lower(),
    )


def shop_name(given: str) -> str | None:
    """The shop's permanent domain in lower case, or None for what is none (a custom domain, another host, a path)."""
    return given.lower() if _SHOP.fullmatch(given) else None


def read_scopes(text: str) -> tuple[str, ...]:
    """Scopes of a comma list, each once, in their order."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def missing_scopes(asked: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """Those asked for and not granted; the right to write includes the one to read."""
    held = {*granted, *(f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_"))}
    return tuple(scope for scope in asked if scope not in held)
