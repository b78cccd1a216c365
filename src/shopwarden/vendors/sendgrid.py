"""SendGrid (Twilio): whether mail to an address arrives.

Contract: POST /v3/validations/email of the vendor's OpenAPI 2026-01, with a key for e-mail validation, which is another
than the one that sends mail; Pro and Premier plans. The check sends a body without an address: it is refused with 400
under a right key, with 401 or 403 under a wrong one, and nothing is validated.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Finding, Limits, Lookup, Vendor, VendorFault
from shopwarden.domain.answers import EmailAnswer
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors.faults import fault, fault_of, says_used_up, wait_of
from shopwarden.vendors.fields import read_object, told

TITLE = "SendGrid"
HOSTS = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
VERDICTS = {name: name for name in ("valid", "risky", "invalid")}


def ask(inquiry: Inquiry, account: Account) -> Ask:
    return _post("sendgrid.email", {"email": inquiry.email or "", "source": "shopwarden"}, account)


def ask_check(account: Account) -> Ask:
    return _post("sendgrid.check", {"source": "shopwarden"}, account)


def _post(name: str, members: dict[str, str], account: Account) -> Ask:
    headers = {"Authorization": f"Bearer {account.value('api_key')}", "Content-Type": "application/json"}
    host = HOSTS.get(account.value("region"), HOSTS["global"])
    return Ask(name, account.url(host, "/v3/validations/email"), "POST", headers, msgspec.json.encode(members))


def read(reply: Reply) -> Finding:
    if reply.status != 200:
        raise _fault(reply)
    fields = read_object(reply, TITLE)
    result = fields.inside("result")
    if not result:
        raise VendorFault("contract_changed", f"{TITLE} answered no result")
    verdict = result.one_of("verdict", VERDICTS)
    domain = result.inside("checks", "domain")
    additional = result.inside("checks", "additional")
    host, local = result.text("suggestion"), result.text("local")
    answer = EmailAnswer(
        verdict=verdict,
        quality=result.number("score", 0, 1),
        # "Risky" says neither: it is common for domains that take any mail.
        is_valid={"valid": True, "invalid": False}.get(verdict or ""),
        has_mx=domain.flag("has_mx_or_a_record"),
        is_disposable=domain.flag("is_suspected_disposable_address"),
        is_role=result.inside("checks", "local_part").flag("is_suspected_role_address"),
        known_bounces=additional.flag("has_known_bounces"),
        suspected_bounces=additional.flag("has_suspected_bounces"),
        suggestion=f"{local}@{host}" if host and local and "@" not in host else host,
    )
    return Finding(told(answer))


def _fault(reply: Reply) -> VendorFault:
    """403 is a key for sending mail, a plan without validation, or one whose validations are used up."""
    if reply.status == 429:
        return fault("rate_limited", TITLE, "HTTP 429", wait_of(reply, reset="X-RateLimit-Reset"))
    if reply.status == 403 and any(says_used_up(message) for message in _messages(reply)):
        return fault("quota", TITLE, "HTTP 403")
    return fault_of(reply, TITLE)


def _messages(reply: Reply) -> list[str | None]:
    try:
        return [each.text("message") for each in read_object(reply, TITLE).each("errors")]
    except VendorFault:
        return []


def read_check(reply: Reply) -> str:
    if reply.status in (200, 400, 422):
        return "The key may validate e-mail addresses."
    raise _fault(reply)


VENDOR = Vendor(
    name="sendgrid",
    title=TITLE,
    about="Tells whether mail to an address arrives.",
    credentials=(
        Credential("api_key", "SENDGRID_API_KEY", "key for e-mail validation; one for sending mail is refused"),
        Credential(
            "region", "SENDGRID_REGION", "where the account is kept",
            secret=False, needed=False, default="global", choices=tuple(HOSTS),
        ),
    ),
    hosts=("api.sendgrid.com", "api.eu.sendgrid.com"),
    lookups=(
        Lookup(
            key="sendgrid.email", subject="email", needs=("email",),
            identity=lambda inquiry, account: ((inquiry.email or "").lower(),),
            ask=ask, read=read, price=Decimal("0.001"), title="Whether mail to an address arrives",
            feeds=("verdict and score", "mail server", "disposable and role mailbox", "bounces seen by the vendor"),
        ),
    ),
    check=ask_check,
    read_check=read_check,
    limits=Limits(connect=3.0, total=10.0, at_once=4),
    notice="Needs a Pro or Premier plan and a key of its own for e-mail validation.",
)  # fmt: skip
