"""The environment as frozen structs: read once by the roots (`web`, `work`, `__main__`), handed in everywhere else.

Every variable here has its line in `.env.example`; a test holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import msgspec

from shopwarden.errors import StopError


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Names as in the environment, in lower case. Secrets never appear in `repr` (see `__repr__`)."""

    database_url: str = ""
    redis_url: str = ""
    data_dir: str = ""
    host: str = "127.0.0.1"
    port: int = 8484
    public_url: str = ""
    workers: int = 1
    log_level: str = "info"
    log_format: str = "console"
    trusted_proxies: str = ""
    cors_origins: str = ""
    encryption_keys: str = ""
    retention_days: int = 400
    mmdb_paths: str = ""
    rate_limit_per_minute: int = 600
    collect_rate_limit_per_minute: int = 6000
    shopify_api_key: str = ""
    shopify_api_secret: str = ""
    shopify_api_secret_previous: str = ""
    shopify_webhook_secret: str = ""
    shopify_store_domain: str = ""
    shopify_api_version: str = "2026-10"
    shopify_scopes: str = ""
    shopify_expiring_tokens: str = "true"
    tracker_url: str = ""
    tracker_api_key: str = ""
    allow_internal_hosts: str = ""
    sandbox_url: str = ""

    def __repr__(self) -> str:
        shown = {f: ("***" if _is_secret(f) and getattr(self, f) else getattr(self, f)) for f in self.__struct_fields__}
        return f"Settings({', '.join(f'{k}={v!r}' for k, v in shown.items())})"

    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(part.strip(), strict=False) for part in self.trusted_proxies.split(",") if part.strip())

    def mmdb_files(self) -> tuple[Path, ...]:
        return tuple(Path(part.strip()) for part in self.mmdb_paths.split(",") if part.strip())

    def internal_hosts(self) -> frozenset[str]:
        return frozenset(part.strip().lower() for part in self.allow_internal_hosts.split(",") if part.strip())

    def allowed_origins(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.cors_origins.split(",") if part.strip())


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment as these settings have it: what a vendor's own variables are read from as well."""
    own = {variable_of(field): str(getattr(settings, field)) for field in settings.__struct_fields__}
    return {**os.environ, **{name: value for name, value in own.items() if value}}


_PLAIN = {"DATABASE_URL", "REDIS_URL", "TRUSTED_PROXIES", "ENCRYPTION_KEYS", "TRACKER_URL", "TRACKER_API_KEY"}


def variable_of(field: str) -> str:
    """The environment variable of a field: the documented vendor names stay as they are, our own get a prefix."""
    name = field.upper()
    return name if name in _PLAIN or name.startswith("SHOPIFY_") else f"SHOPWARDEN_{name}"


def _is_secret(field: str) -> bool:
    return any(mark in field for mark in ("secret", "keys", "api_key", "database_url", "redis_url"))


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises StopError that names the variable and what it should be."""
    source = os.environ if environment is None else environment
    values: dict[str, str | int] = {}
    for field in msgspec.structs.fields(Settings):
        variable = variable_of(field.name)
        raw = source.get(variable)
        if raw is None or raw == "":
            continue
        if field.type is int:
            try:
                values[field.name] = int(raw)
            except ValueError:
                raise StopError(f"{variable} must be a whole number, not {raw!r}") from None
        else:
            values[field.name] = raw
    settings = msgspec.convert(values, Settings)
    try:
        settings.proxy_networks()
    except ValueError as problem:
        raise StopError(f"TRUSTED_PROXIES must be a comma list of addresses or networks: {problem}") from None
    return settings
