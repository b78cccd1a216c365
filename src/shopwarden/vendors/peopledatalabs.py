"""People Data Labs: the person behind an e-mail address.

Contract: POST /v5/person/enrich with the key in X-Api-Key; 200 is a match and is charged, 404 none and is not. Only the
fields that are kept are asked for (`data_include`). The check asks without naming anybody: 400 under a right key, 401
under a wrong one, and nothing is charged.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Finding, Limits, Lookup, Vendor, VendorFault
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors.faults import fault_of
from shopwarden.vendors.fields import read_object, told
from shopwarden.vendors.peopledatalabs_person import KEPT, read_person

TITLE = "People Data Labs"
HOST = "https://api.peopledatalabs.com"
LIKELIHOODS = tuple(str(number) for number in range(1, 11))


def ask(inquiry: Inquiry, account: Account) -> Ask:
    """By e-mail address; phone, name and town make the match surer."""
    address = inquiry.address
    place = [address.city, address.state_province, address.country_code] if address is not None else []
    members = {
        "email": inquiry.email,
        "phone": inquiry.phone,
        "first_name": inquiry.first_name if inquiry.last_name else None,
        "last_name": inquiry.last_name if inquiry.first_name else None,
        "location": ", ".join(part for part in place if part),
        "min_likelihood": int(likelihood(account)),
        "titlecase": True,
        "data_include": ",".join(KEPT),
    }
    return _post("peopledatalabs.person", {name: value for name, value in members.items() if value}, account)


def ask_check(account: Account) -> Ask:
    return _post("peopledatalabs.check", {}, account)


def _post(name: str, members: dict[str, object], account: Account) -> Ask:
    headers = {"X-Api-Key": account.value("api_key"), "Content-Type": "application/json", "Accept": "application/json"}
    return Ask(name, account.url(HOST, "/v5/person/enrich"), "POST", headers, msgspec.json.encode(members))


def likelihood(account: Account) -> str:
    given = account.value("min_likelihood")
    return given if given in LIKELIHOODS else "6"


def read(reply: Reply) -> Finding:
    if reply.status == 404:
        return Finding()
    if reply.status != 200:
        raise fault_of(reply, TITLE)
    fields = read_object(reply, TITLE)
    if "data" not in fields:
        raise VendorFault("contract_changed", f"{TITLE} answered no data")
    person = read_person(fields.inside("data"), fields.number("likelihood", 0, 10), reply)
    return Finding(told(person), reference=fields.inside("data").text("id", 100), credits_left=_credits(reply))


def _credits(reply: Reply) -> Decimal | None:
    told_left = next((value for name, value in reply.headers.items() if name.lower() == "x-totallimit-remaining"), "")
    return Decimal(told_left) if told_left.isascii() and told_left.isdecimal() else None


def read_check(reply: Reply) -> str:
    if reply.status in (200, 400, 404, 422):
        return "The key works."
    raise fault_of(reply, TITLE)


VENDOR = Vendor(
    name="peopledatalabs",
    title=TITLE,
    about="Describes the person behind an e-mail address.",
    credentials=(
        Credential("api_key", "PDL_API_KEY", "API key of the account"),
        Credential(
            "min_likelihood", "PDL_MIN_LIKELIHOOD", "how sure a match must be, 1 to 10; lower finds more and errs more",
            secret=False, needed=False, default="6", choices=LIKELIHOODS,
        ),
    ),
    hosts=("api.peopledatalabs.com",),
    lookups=(
        Lookup(
            key="peopledatalabs.person", subject="person", needs=("email",),
            identity=lambda inquiry, account: ((inquiry.email or "").lower(), likelihood(account)),
            ask=ask, read=read, price=Decimal("0.28"), bills_misses=False, title="Who stands behind an e-mail address",
            feeds=("name, place", "age range, gender", "employer, title, schooling, income range", "profiles, interests"),
        ),
    ),
    check=ask_check,
    read_check=read_check,
    limits=Limits(connect=3.0, total=10.0, at_once=4, per_second=1.6),
    notice=(
        "Sends the customer's e-mail address, phone, name and town to the vendor, which must be covered by the shop's "
        "privacy notice. Nothing of the answer feeds a fraud score."
    ),
)  # fmt: skip
