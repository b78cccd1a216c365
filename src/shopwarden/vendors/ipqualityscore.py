"""IPQualityScore: scores of an IP address, an e-mail address and a phone number.

Contract: `/api/json/{ip|email|phone}` of the vendor's OpenAPI 0.3.0. The key goes in the header IPQS-KEY of a POST, which
keeps it and the person out of addresses; IPQS_AUTH_STYLE=path is the published form with the key in the address. A failed
question is answered with HTTP 200 and `success: false`. The account's credits are asked for at no cost.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from urllib.parse import quote, urlencode

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Limits, Lookup, Vendor
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors.faults import fault
from shopwarden.vendors.ipqualityscore_order import order_fields
from shopwarden.vendors.ipqualityscore_replies import TITLE, opened, read_email, read_ip, read_phone
from shopwarden.vendors.public_address import public_ip

HOST = "https://ipqualityscore.com"
STRICTNESS = ("0", "1", "2", "3")
FORM = "application/x-www-form-urlencoded"


def ask_ip(inquiry: Inquiry, account: Account) -> Ask:
    """With an order, its addresses, amount and card checks go along and the answer judges the transaction too."""
    address = public_ip(inquiry, TITLE)
    fields = {"strictness": strictness(account), "allow_public_access_points": "true"}
    if inquiry.user_agent:
        fields["user_agent"] = inquiry.user_agent[:500]
    if inquiry.accept_language:
        fields["user_language"] = inquiry.accept_language[:100]
    if inquiry.order is not None:
        fields |= order_fields(inquiry, inquiry.order)
    return _ask("ip", address, fields, account)


def ask_email(inquiry: Inquiry, account: Account) -> Ask:
    fields = {"strictness": str(min(2, int(strictness(account)))), "suggest_domain": "true"}
    return _ask("email", inquiry.email or "", fields, account)


def ask_phone(inquiry: Inquiry, account: Account) -> Ask:
    return _ask("phone", inquiry.phone or "", {"strictness": str(min(2, int(strictness(account))))}, account)


def strictness(account: Account) -> str:
    given = account.value("strictness")
    return given if given in STRICTNESS else "1"


def _ask(what: str, subject: str, fields: dict[str, str], account: Account) -> Ask:
    name = f"ipqualityscore.{what}"
    if account.value("auth_style") == "path":
        path = f"/api/json/{what}/{quote(account.value('api_key'), safe='')}/{quote(subject, safe='')}"
        # The order's data stay in the body: the vendor takes the address form by POST as well.
        if what == "ip":
            headers = {"Accept": "application/json", "Content-Type": FORM}
            return Ask(name, account.url(HOST, path), "POST", headers, urlencode(fields).encode())
        return Ask(name, account.url(HOST, f"{path}?{urlencode(fields)}"), "GET", {"Accept": "application/json"})
    headers = {"IPQS-KEY": account.value("api_key"), "Accept": "application/json", "Content-Type": FORM}
    body = urlencode({what: subject} | fields).encode()
    return Ask(name, account.url(HOST, f"/api/json/{what}"), "POST", headers, body)


def ask_account(account: Account) -> Ask:
    """How many credits are left; costs none."""
    if account.value("auth_style") == "path":
        path = f"/api/json/account/{quote(account.value('api_key'), safe='')}"
        return Ask("ipqualityscore.account", account.url(HOST, path), "GET", {"Accept": "application/json"})
    headers = {"IPQS-KEY": account.value("api_key"), "Accept": "application/json"}
    return Ask("ipqualityscore.account", account.url(HOST, "/api/json/account"), "POST", headers, b"")


def read_account(reply: Reply) -> str:
    """A sentence with the credits left."""
    fields = opened(reply)
    left = fields.whole("credits")
    if left == 0:
        raise fault("quota", TITLE, "no credits left")
    return "The key works." if left is None else f"The key works; {left} credits are left."


def _ip_identity(inquiry: Inquiry, account: Account) -> tuple[str, ...]:
    agent = sha256((inquiry.user_agent or "").encode()).hexdigest()[:16]
    return (inquiry.ip or "", strictness(account), agent, inquiry.order.id if inquiry.order is not None else "")


VENDOR = Vendor(
    name="ipqualityscore",
    title=TITLE,
    about="Proxy, VPN, Tor and bot detection, and fraud scores of IP addresses, e-mail addresses and phone numbers.",
    credentials=(
        Credential("api_key", "IPQUALITYSCORE_API_KEY", "API key of the account"),
        Credential(
            "strictness", "IPQS_STRICTNESS", "how hard an IP address is judged, 0 to 3; 2 and more condemn honest people",
            secret=False, needed=False, default="1", choices=STRICTNESS,
        ),
        Credential(
            "auth_style", "IPQS_AUTH_STYLE", "where the key goes: in a header, or in the path as first published",
            secret=False, needed=False, default="header", choices=("header", "path"),
        ),
    ),
    hosts=("ipqualityscore.com", "www.ipqualityscore.com"),
    lookups=(
        Lookup(
            key="ipqualityscore.ip", subject="ip", needs=("ip",), identity=_ip_identity, ask=ask_ip, read=read_ip,
            price=Decimal("0.004"), keep=timedelta(hours=24), keep_miss=timedelta(hours=24),
            title="Fraud score of an IP address, and of the transaction made from it",
            feeds=("place", "network", "VPN, proxy, Tor, bot", "recent abuse", "device", "transaction risk"),
        ),
        Lookup(
            key="ipqualityscore.email", subject="email", needs=("email",),
            identity=lambda inquiry, account: ((inquiry.email or "").lower(), strictness(account)),
            ask=ask_email, read=read_email, price=Decimal("0.004"),
            title="Fraud score and deliverability of an e-mail address",
            feeds=("deliverability", "disposable, role, free mailbox", "age of address and domain", "recent abuse", "leaks"),
        ),
        Lookup(
            key="ipqualityscore.phone", subject="phone", needs=("phone",),
            identity=lambda inquiry, account: (inquiry.phone or "", strictness(account)),
            ask=ask_phone, read=read_phone, price=Decimal("0.004"), title="Fraud score and line of a phone number",
            feeds=("line, carrier, country", "VoIP, prepaid, active", "recent abuse"),
        ),
    ),
    check=ask_account,
    read_check=read_account,
    limits=Limits(connect=2.0, total=5.0, at_once=8, per_second=20.0),
    notice="A VPN alone is no fraud: the vendor itself calls scores of 75 and more suspicious, of 85 and more high risk.",
)  # fmt: skip
