"""Clearbit, for those who still hold a key: the person behind an e-mail address.

Contract: GET person.clearbit.com/v2/people/find in version 2019-12-19; the vendor takes the address in the query only. No
keys are given out any more, so nothing is asked before somebody switches it on. The check asks about a text that is no
address: 422 under a right key, 401 under a wrong one; refusals are not charged.
"""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal
from urllib.parse import urlencode

from shopwarden.contracts.exchange import Ask, Reply
from shopwarden.contracts.vendor import Account, Credential, Finding, Limits, Lookup, Vendor
from shopwarden.domain.answers import PersonAnswer, SocialProfile
from shopwarden.domain.inquiry import Inquiry
from shopwarden.vendors.faults import fault, fault_of, wait_of
from shopwarden.vendors.fields import Fields, read_object, told
from shopwarden.vendors.person_words import GENDERS, profile, profiles, web_address

TITLE = "Clearbit"
HOST = "https://person.clearbit.com"
PENDING_WAIT = 60.0
NETWORKS = ("facebook", "github", "twitter", "linkedin")


def ask(inquiry: Inquiry, account: Account) -> Ask:
    return _get("clearbit.person", inquiry.email or "", account)


def ask_check(account: Account) -> Ask:
    return _get("clearbit.check", "nobody", account)


def _get(name: str, email: str, account: Account) -> Ask:
    credentials = b64encode(f"{account.value('api_key')}:".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "API-Version": "2019-12-19", "Accept": "application/json"}
    return Ask(name, account.url(HOST, f"/v2/people/find?{urlencode({'email': email})}"), "GET", headers)


def read(reply: Reply) -> Finding:
    """404 is a miss; 202 comes before an answer that is found later."""
    if reply.status == 404:
        return Finding()
    if reply.status == 202:
        raise fault("pending", TITLE, "HTTP 202", wait_of(reply) or PENDING_WAIT)
    if reply.status != 200:
        raise fault_of(reply, TITLE)
    fields = read_object(reply, TITLE)
    return Finding(told(_person(fields)), reference=fields.text("id", 100))


def _person(fields: Fields) -> PersonAnswer:
    name, geo, work = fields.inside("name"), fields.inside("geo"), fields.inside("employment")
    return PersonAnswer(
        full_name=name.text("fullName"),
        first_name=name.text("givenName", 100),
        last_name=name.text("familyName", 100),
        email=fields.text("email"),
        phone=fields.text("phone", 50),
        city=geo.text("city"),
        region=geo.text("state"),
        country=geo.country("countryCode"),
        latitude=geo.number("lat", -90, 90),
        longitude=geo.number("lng", -180, 180),
        timezone=fields.text("timeZone", 64),
        utc_offset=fields.whole("utcOffset", -14, 14),
        bio=fields.text("bio", 1000),
        site=web_address(fields.text("site", 1000)),
        avatar=web_address(fields.text("avatar", 1000)),
        occupation=work.text("title"),
        organization=work.text("name"),
        organization_domain=work.text("domain"),
        role=work.text("role", 100),
        sub_role=work.text("subRole", 100),
        seniority=work.text("seniority", 100),
        profiles=profiles(_profile(network, fields.inside(network)) for network in NETWORKS),
        # Withdrawn by the vendor long ago, read where an old plan still has it.
        gender=fields.one_of("gender", GENDERS),
    )


def _profile(network: str, fields: Fields) -> SocialProfile | None:
    handle = fields.text("handle", 200)
    return profile(network, None, handle, fields.whole("followers") if handle else None)


def read_check(reply: Reply) -> str:
    if reply.status in (200, 202, 400, 404, 422):
        return "The key still works."
    raise fault_of(reply, TITLE)


VENDOR = Vendor(
    name="clearbit",
    title=TITLE,
    about="Describes the person behind an e-mail address, for holders of an old key.",
    credentials=(Credential("api_key", "CLEARBIT_API_KEY", "secret key of an account made before 2024"),),
    hosts=("person.clearbit.com",),
    lookups=(
        Lookup(
            key="clearbit.person", subject="person", needs=("email",),
            identity=lambda inquiry, account: ((inquiry.email or "").lower(),),
            ask=ask, read=read, price=Decimal("0.10"), title="Who stands behind an e-mail address",
            feeds=("name, place, time zone", "employer, title, seniority", "public profiles"),
        ),
    ),
    check=ask_check,
    read_check=read_check,
    limits=Limits(connect=3.0, total=10.0, at_once=4, per_second=10.0),
    notice=(
        "Clearbit was bought by HubSpot and gives out no keys any more; an old key may stop working at any time. "
        "People Data Labs answers the same question."
    ),
    is_on=False,
)  # fmt: skip
