"""MaxMind: place, network and anonymity of an IP address (GeoIP), and the risk of an order (minFraud).

Contract: GET /geoip/v2.1/{insights|city}/{ip} and POST /minfraud/v2.0/{insights|factors|score}, HTTP Basic with account
id and licence key. There is no call that tells of the account alone; the check asks about a reserved address, which is
refused as IP_ADDRESS_RESERVED after the credentials were looked at, and refusals are not charged.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Finding, Limits, Lookup, Vendor, VendorFault
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors.faults import fault
from shopwarden.vendors.fields import read_object, told
from shopwarden.vendors.maxmind_account import (
    GEOIP,
    GEOLITE,
    MINFRAUD,
    SANDBOX,
    TITLE,
    has_minfraud,
    headers,
    minfraud_address,
    place_address,
    service,
)
from shopwarden.vendors.maxmind_faults import code_of, fault_in
from shopwarden.vendors.maxmind_feedback import TELLER
from shopwarden.vendors.maxmind_place import knows_anonymity, read_place
from shopwarden.vendors.minfraud_answer import read_minfraud
from shopwarden.vendors.minfraud_request import request_body
from shopwarden.vendors.public_address import public_ip

RESERVED = "10.0.0.1"
MINFRAUD_SERVICES = ("insights", "factors", "score")


def ask_place(inquiry: Inquiry, account: Account) -> Ask:
    return Ask("maxmind.insights", place_address(account, public_ip(inquiry, TITLE)), "GET", headers(account))


def read_insights(reply: Reply) -> Finding:
    """No record of the address is a miss."""
    if reply.status == 404 and code_of(reply) == "IP_ADDRESS_NOT_FOUND":
        return Finding()
    if reply.status != 200:
        raise fault_in(reply, TITLE)
    fields = read_object(reply, TITLE)
    left = fields.inside("maxmind").whole("queries_remaining")
    return Finding(
        told(read_place(fields, knows_anonymity=knows_anonymity(reply))),
        credits_left=None if left is None else Decimal(left),
    )


def ask_risk(inquiry: Inquiry, account: Account) -> Ask:
    if inquiry.order is None:
        raise VendorFault("invalid_input", f"{TITLE} minFraud is not asked: there is no order")
    wanted = account.value("minfraud_service")
    url = minfraud_address(account, wanted if wanted in MINFRAUD_SERVICES else "insights")
    content = headers(account) | {"Content-Type": "application/json"}
    return Ask("maxmind.minfraud", url, "POST", content, request_body(inquiry, inquiry.order))


def ask_check(account: Account) -> Ask:
    return Ask("maxmind.check", place_address(account, RESERVED), "GET", headers(account))


def read_check(reply: Reply) -> str:
    if reply.status == 200 or code_of(reply) in {"IP_ADDRESS_RESERVED", "IP_ADDRESS_NOT_FOUND", "IP_ADDRESS_INVALID"}:
        return "The account id and the licence key work."
    if reply.status == 402 and code_of(reply) == "PERMISSION_REQUIRED":
        raise fault("auth", TITLE, "the service is not in the account's plan")
    raise fault_in(reply, TITLE)


VENDOR = Vendor(
    name="maxmind",
    title=TITLE,
    about="Place, network and anonymity of IP addresses, and the risk of an order.",
    credentials=(
        Credential("account_id", "MAXMIND_ACCOUNT_ID", "number of the account", secret=False),
        Credential("license_key", "MAXMIND_LICENSE_KEY", "licence key of the account"),
        Credential(
            "host", "MAXMIND_HOST", "host of the GeoIP service: paid, free (GeoLite) or the vendor's own sandbox",
            secret=False, needed=False, default=GEOIP, choices=(GEOIP, GEOLITE, SANDBOX),
        ),
        Credential(
            "service", "MAXMIND_SERVICE", "GeoIP service; city is cheaper and knows no anonymity",
            secret=False, needed=False, default="insights", choices=("insights", "city"),
        ),
        Credential(
            "minfraud", "MINFRAUD_ENABLED", "whether orders are judged by minFraud too",
            secret=False, needed=False, default="false", choices=("false", "true"),
        ),
        Credential(
            "minfraud_service", "MINFRAUD_SERVICE", "minFraud service; factors adds the reasons, score has none",
            secret=False, needed=False, default="insights", choices=MINFRAUD_SERVICES,
        ),
    ),
    hosts=(GEOIP, GEOLITE, SANDBOX, MINFRAUD),
    lookups=(
        Lookup(
            key="maxmind.insights", subject="ip", needs=("ip",),
            identity=lambda inquiry, account: (inquiry.ip or "", service(account)),
            ask=ask_place, read=read_insights, price=Decimal("0.002"), bills_misses=False,
            keep=timedelta(hours=24), keep_miss=timedelta(hours=24),
            title="Place, network and anonymity of an IP address",
            feeds=("place with its accuracy", "network and kind of user", "VPN, proxy, Tor, hosting", "risk of the address"),
        ),
        Lookup(
            key="maxmind.minfraud", subject="risk", needs=("order",),
            identity=lambda inquiry, account: (inquiry.shop_domain or "", inquiry.order.id if inquiry.order else ""),
            ask=ask_risk, read=read_minfraud, price=Decimal("0.015"), keep=None, keep_miss=None,
            title="Risk of an order (minFraud)", wanted=has_minfraud,
            feeds=("risk of the order with reasons", "place and anonymity of the address", "age and kind of the mailbox"),
        ),
    ),
    teller=TELLER,
    check=ask_check,
    read_check=read_check,
    limits=Limits(connect=2.0, total=8.0, at_once=8),
    notice="minFraud counts every question into its own velocity, so an order is asked about once.",
)  # fmt: skip
