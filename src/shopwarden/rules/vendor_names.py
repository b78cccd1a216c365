"""What rules may ask of connected vendors' answers: one name for each score, and the worst of all of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from shopwarden.domain.answers import EmailAnswer, IpAnswer, PhoneAnswer, VendorFacts
from shopwarden.domain.facts import Facts

Kind = Literal["ip", "email", "phone", "risk"]
Reader = Callable[[Facts], object | None]

LOOKUPS: dict[str, tuple[Kind, str]] = {
    "ipqualityscore.ip": ("ip", "IPQualityScore"),
    "ipqualityscore.email": ("email", "IPQualityScore"),
    "ipqualityscore.phone": ("phone", "IPQualityScore"),
    "maxmind.insights": ("ip", "MaxMind"),
    "maxmind.minfraud": ("risk", "MaxMind minFraud"),
    "riskified.decide": ("risk", "Riskified"),
    "sendgrid.email": ("email", "SendGrid"),
    "sift.score": ("risk", "Sift"),
}
"""Look-ups that may feed a decision: what they are about, and whose they are."""

_SUBJECTS: dict[Kind, str] = {"ip": "IP address", "email": "e-mail address", "phone": "phone number", "risk": "order"}


def vendor_names() -> Iterator[tuple[str, Literal["double", "string", "list(string)"], str, Reader]]:
    """(name, type, description, reader) each."""
    for key, (kind, title) in LOOKUPS.items():
        path, subject = f"vendor.{key.replace('.', '_')}", _SUBJECTS[kind]
        if key == "sendgrid.email":
            yield f"{path}.verdict", "string", f"What {title} says of the {subject}.", _one(kind, key, "verdict")
        elif kind == "risk":
            yield f"{path}.score", "double", f"{title}'s score, 0 to 100, more is worse.", _one(kind, key, "score")
            told = f"What {title} advises: approve, review or decline."
            yield f"{path}.opinion", "string", told, _one(kind, key, "opinion")
        else:
            told = f"{title}'s fraud score of the {subject}, 0 to 100, more is worse."
            yield f"{path}.fraud_score", "double", told, _one(kind, key, "fraud_score")
    yield "vendor.worst_score", "double", "The highest score any connected vendor gave, 0 to 100.", _worst
    yield "vendor.answered", "list(string)", "Look-ups of connected vendors that gave an answer.", _answered


def _told(vendor: VendorFacts, kind: Kind) -> Mapping[str, object]:
    by_kind: dict[Kind, Mapping[str, object]] = {
        "ip": vendor.ip, "email": vendor.email, "phone": vendor.phone, "risk": vendor.risk,
    }  # fmt: skip
    return by_kind[kind]


def _one(kind: Kind, key: str, field: str) -> Reader:
    def read(facts: Facts) -> object | None:
        answer = None if facts.vendor is None else _told(facts.vendor, kind).get(key)
        return None if answer is None else getattr(answer, field)

    return read


def _worst(facts: Facts) -> object | None:
    if facts.vendor is None:
        return None
    answers: list[IpAnswer | EmailAnswer | PhoneAnswer] = [
        *facts.vendor.ip.values(), *facts.vendor.email.values(), *facts.vendor.phone.values(),
    ]  # fmt: skip
    scores = [answer.fraud_score for answer in answers] + [risk.score for risk in facts.vendor.risk.values()]
    return max((score for score in scores if score is not None), default=None)


def _answered(facts: Facts) -> object | None:
    vendor = facts.vendor
    return None if vendor is None else sorted({*vendor.ip, *vendor.email, *vendor.phone, *vendor.risk})
