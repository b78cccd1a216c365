"""What vendors said, as columns of the customer, of their IP address, and of the customer's fraud checks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shopwarden.domain.answers import PersonAnswer, VendorFacts
from shopwarden.domain.facts import IpFacts
from shopwarden.domain.observation import CustomerObservation, Json
from shopwarden.domain.person_merge import Identity, observation_of
from shopwarden.domain.vendor_merge import by_precedence, first_known
from shopwarden.steps.settled import Known
from shopwarden.store.asked_rows import AskedCustomerRow


def identity_of(row: AskedCustomerRow) -> Identity:
    user, klaviyo = row.external_ids.get("user_id"), row.external_ids.get("klaviyo_id")
    return Identity(
        shopify_id=row.shopify_id,
        email=row.email,
        user_id=user if isinstance(user, str) else None,
        klaviyo_id=klaviyo if isinstance(klaviyo, str) else None,
        phone=row.phone,
    )


def wanted_fields(settings: Mapping[str, object]) -> tuple[str, ...]:
    """The sensitive fields the store asks for by name (`person_fields` of its settings)."""
    stated = settings.get("person_fields")
    return tuple(str(name) for name in stated) if isinstance(stated, list | tuple) else ()


def observations_of(row: AskedCustomerRow, answers: Mapping[str, Known], wanted: Iterable[str]) -> list[CustomerObservation]:
    """The statements of all vendors that described the person."""
    identity, fields = identity_of(row), tuple(wanted)
    told = [
        observation_of(identity, key.partition(".")[0], answer, known.at, fields)
        for key, known in sorted(answers.items())
        for answer in known.answers
        if isinstance(answer, PersonAnswer)
    ]
    return [one for one in told if one is not None]


def ip_columns(ip: IpFacts, vendor: VendorFacts) -> dict[str, Json]:
    """Columns of `customer_ips`; None is left to what is there. `fraud_score` is a whole number 0..100."""
    answers = by_precedence("ip_risk", vendor.ip)
    score, velocity = first_known(answers, "fraud_score"), first_known(answers, "abuse_velocity")
    return {
        "country_code": ip.country,
        "region": ip.region,
        "city": ip.city,
        "postal_code": ip.postal_code,
        "latitude": ip.latitude,
        "longitude": ip.longitude,
        "timezone": ip.timezone,
        "isp": ip.isp,
        "organization": ip.organization,
        "connection_type": ip.connection_type,
        "is_vpn": ip.is_vpn,
        "is_proxy": ip.is_proxy,
        "is_tor": ip.is_tor,
        "is_datacenter": ip.is_hosting,
        "is_mobile": ip.is_mobile,
        "fraud_score": round(score) if isinstance(score, int | float) else None,
        "abuse_velocity": velocity if isinstance(velocity, str) else None,
        "recent_abuse": ip.recent_abuse,
    }


def fraud_checks(vendor: VendorFacts, answers: Mapping[str, Known]) -> dict[str, Json]:
    """Look-up -> score, opinion and verdict as far as there are, the time of the answer, and whether it was made up."""
    checks: dict[str, Json] = {}
    for key, at in vendor.answered_at.items():
        parts = [part.get(key) for part in (vendor.risk, vendor.ip, vendor.email, vendor.phone)]
        said = [part for part in parts if part is not None]
        told = {
            "score": _first(said, "score", "fraud_score"),
            "opinion": _first(said, "opinion"),
            "verdict": _first(said, "verdict"),
        }
        known: dict[str, Json] = {
            name: value for name, value in told.items() if isinstance(value, int | float | str)
        }  # fmt: skip
        known["at"] = at.isoformat()
        if answers[key].made_up:
            known["made_up"] = True
        if not said:
            known["found"] = False
        checks[key] = known
    return checks


def _first(said: Iterable[object], *names: str) -> object:
    found = (getattr(one, name, None) for one in said for name in names)
    return next((value for value in found if value is not None), None)
