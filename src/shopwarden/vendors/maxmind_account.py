"""How an account with MaxMind is used: its credentials as a header, the hosts it asks, whether it has minFraud."""

from __future__ import annotations

from base64 import b64encode

from shopwarden.contracts.vendor import Account

TITLE = "MaxMind"
GEOIP, GEOLITE, SANDBOX = "geoip.maxmind.com", "geolite.info", "sandbox.maxmind.com"
MINFRAUD = "minfraud.maxmind.com"


def headers(account: Account) -> dict[str, str]:
    """HTTP Basic with account id and licence key."""
    pair = f"{account.value('account_id')}:{account.value('license_key')}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}", "Accept": "application/json"}


def place_address(account: Account, ip: str) -> str:
    host = account.value("host")
    host = host if host in (GEOLITE, SANDBOX) else GEOIP
    return account.url(f"https://{host}", f"/geoip/v2.1/{service(account)}/{ip}")


def service(account: Account) -> str:
    """insights or city; GeoLite has no Insights."""
    return "city" if account.value("host") == GEOLITE or account.value("service") == "city" else "insights"


def minfraud_address(account: Account, path: str) -> str:
    host = SANDBOX if account.value("host") == SANDBOX else MINFRAUD
    return account.url(f"https://{host}", f"/minfraud/v2.0/{path}")


def has_minfraud(account: Account) -> bool:
    """Where the account says so; beside the sandbox also where it says nothing, since nothing is charged there."""
    return account.value("minfraud").lower() == "true" or (account.made_up and not account.value("minfraud"))
