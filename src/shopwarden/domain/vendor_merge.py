"""What several vendors and the offline sources say of one address, mailbox or number, made into one statement. Pure.

Whose word counts follows from the tables here alone, never from the order in which answers came. Unknown says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import TypeVar

from msgspec.structs import replace

from shopwarden.domain.answers import EmailAnswer, IpAnswer, VendorFacts
from shopwarden.domain.facts import EmailFacts, IpFacts, PhoneFacts

PRECEDENCE: Mapping[str, tuple[str, ...]] = {
    "ip": ("maxmind.insights", "ipqualityscore.ip", "maxmind.minfraud"),
    "ip_risk": ("ipqualityscore.ip", "maxmind.insights", "maxmind.minfraud"),
    "email": ("sendgrid.email", "ipqualityscore.email", "maxmind.minfraud"),
    "phone": ("ipqualityscore.phone", "maxmind.minfraud"),
    "person": ("peopledatalabs.person", "fullcontact.person", "clearbit.person"),
}
"""Look-ups in the order in which they are believed where only one can be right; others follow by their keys."""

IP_SUSPICIONS = ("is_vpn", "is_proxy", "is_tor", "is_hosting", "is_crawler", "is_mobile", "recent_abuse")
"""Who sees one of these has seen something the others have missed: any yes wins, then any no."""
IP_SCALARS = ("asn", "organization", "isp", "connection_type")
IP_FINE_PLACE = ("region", "city", "postal_code", "timezone")
IP_POINT = ("latitude", "longitude", "accuracy_km")
EMAIL_SUSPICIONS = ("is_disposable", "is_role", "is_free")
EMAIL_PROOFS = ("is_valid", "has_mx")
"""A no has been tried out, a yes may only be the form: any no wins, then any yes."""

FILLS: Mapping[str, tuple[str, ...]] = {
    "ip": tuple(f"ip.{name}" for name in (*IP_SUSPICIONS, *IP_SCALARS, *IP_FINE_PLACE, *IP_POINT, "country")),
    "email": tuple(
        f"email.{name}" for name in (*EMAIL_SUSPICIONS, *EMAIL_PROOFS, "bounced", "first_seen", "domain_first_seen")
    ),
    "phone": ("phone.is_valid", "phone.kind", "phone.country"),
    "person": (),
    "risk": (),
}
"""Subject of a look-up -> the facts its answer may fill."""

FLIPS = frozenset(
    (*(f"ip.{name}" for name in IP_SUSPICIONS), *(f"email.{name}" for name in (*EMAIL_SUSPICIONS, *EMAIL_PROOFS)))
) | {"email.bounced", "email.first_seen", "phone.is_valid", "phone.kind"}
"""Of these, the facts that an answer may change although something is known already."""

T = TypeVar("T")


def by_precedence(subject: str, answers: Mapping[str, T]) -> list[T]:
    """The answers, the most believed first."""
    order = PRECEDENCE.get(subject, ())
    rank = {key: place for place, key in enumerate(order)}
    return [answers[key] for key in sorted(answers, key=lambda key: (rank.get(key, len(order)), key))]


def any_yes(said: Iterable[bool | None]) -> bool | None:
    known = [each for each in said if each is not None]
    return any(known) if known else None


def any_no(said: Iterable[bool | None]) -> bool | None:
    known = [each for each in said if each is not None]
    return all(known) if known else None


def first_known(sources: Sequence[object], name: str) -> object:
    return next((value for source in sources if (value := getattr(source, name)) is not None), None)


def merged_ip(offline: IpFacts | None, vendor: VendorFacts | None) -> IpFacts | None:
    """The facts of the address. The offline sources' word comes first; None stays None."""
    if offline is None or vendor is None or not vendor.ip:
        return offline
    answers = by_precedence("ip", vendor.ip)
    sources: list[IpFacts | IpAnswer] = [offline, *answers]
    country = first_known(sources, "country")
    # A city of one country must not stand beside another country.
    there = [source for source in sources if source.country in (None, country)]
    located = next((source for source in there if source.latitude is not None and source.longitude is not None), None)
    return replace(
        offline,
        country=country,
        **{name: first_known(there, name) for name in IP_FINE_PLACE},
        **({name: getattr(located, name) for name in IP_POINT} if located is not None else {}),
        **{name: first_known(sources, name) for name in IP_SCALARS},
        **_ip_suspicions(offline, answers),
    )


def _ip_suspicions(offline: IpFacts, answers: Sequence[IpAnswer]) -> dict[str, bool | None]:
    found = {name: any_yes(getattr(source, name) for source in (offline, *answers)) for name in IP_SUSPICIONS}
    found["is_proxy"] = any_yes((found["is_proxy"], *(answer.is_residential_proxy for answer in answers)))
    return found


def merged_email(offline: EmailFacts | None, vendor: VendorFacts | None) -> EmailFacts | None:
    if offline is None or vendor is None or not vendor.email:
        return offline
    answers = by_precedence("email", vendor.email)
    sources: list[EmailFacts | EmailAnswer] = [offline, *answers]
    domain_seen = [_midnight(answer.domain_first_seen) for answer in answers if answer.domain_first_seen is not None]
    seen = [_midnight(answer.first_seen) for answer in answers if answer.first_seen is not None]
    verdicts = [answer.verdict != "invalid" for answer in answers if answer.verdict in ("valid", "invalid")]
    proofs = {name: any_no(getattr(source, name) for source in sources) for name in EMAIL_PROOFS}
    return replace(
        offline,
        **{name: any_yes(getattr(source, name) for source in sources) for name in EMAIL_SUSPICIONS},
        has_mx=proofs["has_mx"],
        is_valid=any_no((proofs["is_valid"], *verdicts)),
        bounced=any_yes((offline.bounced, *(answer.known_bounces for answer in answers))),
        first_seen=min([*seen, *([offline.first_seen] if offline.first_seen is not None else [])], default=None),
        domain_first_seen=min(domain_seen, default=offline.domain_first_seen),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def merged_phone(offline: PhoneFacts | None, vendor: VendorFacts | None) -> PhoneFacts | None:
    """A numbering plan does not see that a number was moved to an internet line; who looked it up does."""
    if offline is None or vendor is None or not vendor.phone:
        return offline
    answers = by_precedence("phone", vendor.phone)
    is_voip = any_yes(answer.is_voip for answer in answers)
    kind = first_known([offline, *answers], "kind")
    return replace(
        offline,
        is_valid=any_no((offline.is_valid, *(answer.is_valid for answer in answers))),
        country=first_known([offline, *answers], "country"),
        kind="voip" if is_voip else kind,
    )
