"""FullContact: the person behind an e-mail address, a phone number, or a name with its postal address.

Contract: POST /v3/person.enrich; every call is charged, misses included. Only the bundles named by FULLCONTACT_DATA are
asked for: the default leaves out what holds surveys, purchases, census and money. The check sends a query with nothing in
it: 400 under a right key, 401 or 403 under a wrong one, and nobody is searched.
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import md5, sha256

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Finding, Limits, Lookup, Vendor, VendorFault
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors.faults import fault, fault_of, says_used_up, wait_of
from shopwarden.vendors.fields import read_object, told
from shopwarden.vendors.fullcontact_person import read_person

TITLE = "FullContact"
HOST = "https://api.fullcontact.com"
QUEUED_WAIT = 120.0
CONFIDENCES = ("LOW", "MED", "HIGH", "MAX")
BUNDLES = "individual,employment_history"


def ask(inquiry: Inquiry, account: Account) -> Ask:
    confidence = account.value("confidence")
    wanted = [bundle.strip() for bundle in (account.value("data") or BUNDLES).split(",")]
    members: dict[str, object] = {
        "email": _email(inquiry.email, account.value("email_form")),
        "phone": inquiry.phone,
        "confidence": confidence if confidence in CONFIDENCES else "HIGH",
        "dataFilter": [bundle for bundle in wanted if bundle],
        **_place(inquiry),
    }
    return _post("fullcontact.person", {name: value for name, value in members.items() if value}, account)


def _email(address: str | None, form: str) -> str | None:
    if not address:
        return None
    plain = address.strip().lower()
    if form == "sha256":
        return sha256(plain.encode()).hexdigest()
    # The vendor's own form of an identifier, not a protection.
    return md5(plain.encode(), usedforsecurity=False).hexdigest() if form == "md5" else address


def _place(inquiry: Inquiry) -> dict[str, object]:
    """Name and postal address, which count only together: street with town and region, or with the postal code."""
    address = inquiry.address
    if address is None or not inquiry.first_name or not inquiry.last_name or not address.address_line1:
        return {}
    if not address.postal_code and not (address.city and address.state_province):
        return {}
    location = {
        "addressLine1": address.address_line1, "addressLine2": address.address_line2, "city": address.city,
        "region": address.state_province, "postalCode": address.postal_code,
    }  # fmt: skip
    return {
        "name": {"given": inquiry.first_name, "family": inquiry.last_name},
        "location": {name: value for name, value in location.items() if value},
    }


def ask_check(account: Account) -> Ask:
    return _post("fullcontact.check", {}, account)


def _post(name: str, members: dict[str, object], account: Account) -> Ask:
    headers = {"Authorization": f"Bearer {account.value('api_key')}", "Content-Type": "application/json"}
    return Ask(name, account.url(HOST, "/v3/person.enrich"), "POST", headers, msgspec.json.encode(members))


def read(reply: Reply) -> Finding:
    """404 is a miss; 202 a search that takes about two minutes."""
    if reply.status == 404:
        return Finding()
    if reply.status == 202:
        raise fault("pending", TITLE, "HTTP 202", wait_of(reply) or QUEUED_WAIT)
    if reply.status != 200:
        raise _fault(reply)
    return Finding(told(read_person(read_object(reply, TITLE))))


def _fault(reply: Reply) -> VendorFault:
    """403 is a wrong key as well as a used-up plan: the message tells which, and it is not passed on."""
    if reply.status == 403 and says_used_up(_message(reply)):
        return fault("quota", TITLE, "HTTP 403", wait_of(reply))
    return fault_of(reply, TITLE)


def _message(reply: Reply) -> str | None:
    try:
        return read_object(reply, TITLE).text("message")
    except VendorFault:
        return None


def read_check(reply: Reply) -> str:
    if reply.status in (200, 202, 400, 404, 422):
        return "The key works."
    raise _fault(reply)


def _identity(inquiry: Inquiry, account: Account) -> tuple[str, ...]:
    asked = ask(inquiry, account).body or b""
    return (sha256(asked).hexdigest(),)


VENDOR = Vendor(
    name="fullcontact",
    title=TITLE,
    about="Describes the person behind an e-mail address or a phone number.",
    credentials=(
        Credential("api_key", "FULLCONTACT_API_KEY", "API key of the account"),
        Credential(
            "confidence", "FULLCONTACT_CONFIDENCE", "how sure a match must be; lower finds more and errs more",
            secret=False, needed=False, default="HIGH", choices=CONFIDENCES,
        ),
        Credential(
            "email_form", "FULLCONTACT_EMAIL",
            "how the e-mail address is sent; for a hash the vendor tells no name and no profiles",
            secret=False, needed=False, default="plain", choices=("plain", "sha256", "md5"),
        ),
        Credential(
            "data", "FULLCONTACT_DATA", "bundles of data that are asked for, as a comma list",
            secret=False, needed=False, default=BUNDLES,
        ),
    ),
    hosts=("api.fullcontact.com",),
    lookups=(
        Lookup(
            key="fullcontact.person", subject="person", needs=("email",), identity=_identity,
            ask=ask, read=read, price=Decimal("0.10"), title="Who stands behind an e-mail address",
            feeds=("name, place", "age range, gender", "employer, title, schooling", "household", "profiles, interests"),
        ),
    ),
    check=ask_check,
    read_check=read_check,
    limits=Limits(connect=3.0, total=10.0, at_once=8, per_second=100.0, retry_statuses=frozenset({429, 503})),
    notice=(
        "Sends the customer's e-mail address, phone, name and postal address to the vendor, which must be covered by the "
        "shop's privacy notice. Nothing of the answer feeds a fraud score."
    ),
)  # fmt: skip
