"""Klaviyo's account: the private key, the public id it is often mixed up with, and a call that proves them."""

from __future__ import annotations

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Limits, Vendor, VendorFault
from shopwarden.vendors.faults import fault_of
from shopwarden.vendors.fields import read_object

NAME = "Klaviyo"
OWN = "https://a.klaviyo.com"
REVISION = "2026-10-15"
PREFIX = "pk_"
_MIXED_UP = (
    "KLAVIYO_PRIVATE_KEY holds no private key, which starts with pk_, and KLAVIYO_API_KEY does: the two are exchanged"
    " (KLAVIYO_API_KEY is the public company id of six characters)"
)


def headers(account: Account) -> dict[str, str]:
    """The headers of every call. VendorFault(auth) where the two keys are in each other's place."""
    key = account.value("private_key")
    if not key.startswith(PREFIX) and account.value("company_id").startswith(PREFIX):
        raise VendorFault("auth", _MIXED_UP)
    return {
        "Authorization": f"Klaviyo-API-Key {key}",
        "revision": account.value("revision") or REVISION,
        "Accept": "application/vnd.api+json",
    }


def check(account: Account) -> Ask:
    """The names of the account's metrics: what is read anyway."""
    return Ask("Klaviyo metrics", account.url(OWN, "/api/metrics?fields[metric]=name"), "GET", headers(account))


def read_check(reply: Reply) -> str:
    if reply.status == 403:
        raise VendorFault("auth", "The key is known, but lacks the right metrics:read")
    if reply.status != 200:
        raise fault_of(reply, NAME)
    return f"The key works; the account shows {len(read_object(reply, NAME).each('data'))} metrics."


VENDOR = Vendor(
    name="klaviyo",
    title="Klaviyo",
    about="Knows how people deal with mail and messages: profiles, consent, lists and engagement.",
    credentials=(
        Credential("private_key", "KLAVIYO_PRIVATE_KEY", "A private API key; it starts with pk_."),
        Credential(
            "company_id", "KLAVIYO_API_KEY", "The public company id, six characters.", secret=False, needed=False
        ),
        Credential(
            "revision", "KLAVIYO_REVISION", "The dated version of the API.", secret=False, needed=False, default=REVISION
        ),
        Credential(
            "webhook_secret", "KLAVIYO_WEBHOOK_SECRET", "The secret webhooks were made with, 16 characters or more.",
            needed=False,
        ),
        Credential(
            "webhook_max_age", "KLAVIYO_WEBHOOK_MAX_AGE", "Seconds after which a webhook is refused; 0: never.",
            secret=False, needed=False, default="300",
        ),
    ),
    hosts=("a.klaviyo.com",),
    check=check,
    read_check=read_check,
    limits=Limits(connect=3.0, total=15.0, at_once=3, per_second=3.0, retry_statuses=frozenset({429, 503, 504, 524})),
)  # fmt: skip
