"""Vendor signals: what paid look-ups say of the address, the e-mail, the phone and the order, each scaled and capped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2

from shopwarden.contracts.signal import OTHER_LOOKUPS, Signal, Strength
from shopwarden.domain.answers import EmailAnswer, IpAnswer, Opinion, PhoneAnswer, RiskAnswer
from shopwarden.domain.facts import Facts
from shopwarden.domain.scoring import UNKNOWN_FRAUD_RATE
from shopwarden.signals.grading import ramp
from shopwarden.signals.reading import known
from shopwarden.signals.wording import named

OPINIONS: Mapping[Opinion, float] = {"decline": 1.0, "review": 0.4, "approve": 0.0}
VERDICTS: Mapping[str, float] = {"invalid": 1.0, "risky": 0.4, "valid": 0.0}
LEAST_DOUBTFUL = 50.0
"""A score of a vendor we know nothing else about says nothing up to here."""


def by_odds(percent: float, full: float) -> float:
    """Strength of a probability of fraud in per cent: 0 at the usual rate, 1 at `full`, even steps for even odds."""

    def doublings(share: float) -> float:
        held = min(0.999, max(1e-6, share))
        return log2(held / (1 - held)) - log2(UNKNOWN_FRAUD_RATE / (1 - UNKNOWN_FRAUD_RATE))

    return min(1.0, max(0.0, doublings(percent / 100) / doublings(full / 100)))


def _ip(facts: Facts, key: str) -> IpAnswer:
    return known(known(facts.vendor).ip.get(key))


def _email(facts: Facts, key: str) -> EmailAnswer:
    return known(known(facts.vendor).email.get(key))


def _phone(facts: Facts, key: str) -> PhoneAnswer:
    return known(known(facts.vendor).phone.get(key))


def _risk(facts: Facts, key: str) -> RiskAnswer:
    return known(known(facts.vendor).risk.get(key))


def _ipqualityscore_email(facts: Facts) -> Strength:
    answer = _email(facts, "ipqualityscore.email")
    return 1.0 if answer.recent_abuse or answer.is_honeypot else ramp(known(answer.fraud_score), 70, 97)


def _ipqualityscore_phone(facts: Facts) -> Strength:
    answer = _phone(facts, "ipqualityscore.phone")
    return 1.0 if answer.recent_abuse else ramp(known(answer.fraud_score), 70, 97)


def _sift(facts: Facts) -> Strength:
    answer = _risk(facts, "sift.score")
    told_bad = any(label.is_bad and label.abuse == "payment_abuse" for label in answer.labels)
    if answer.opinion is not None:
        # What was decided there, by a person or by the store's own rules, outweighs the score it was decided by.
        return OPINIONS[answer.opinion]
    return 1.0 if told_bad else ramp(known(answer.score), 55, 95)


def _sift_says(facts: Facts) -> str:
    answer = _risk(facts, "sift.score")
    if answer.opinion is not None:
        return f"It was decided at Sift to {answer.opinion}."
    return f"Sift scores the customer {answer.score or 0:.0f} of 100, with what was told to it."


def _others(facts: Facts) -> Iterator[tuple[float, str]]:
    """(strength, look-up) of every answer that no signal above reads."""
    vendor = facts.vendor
    if vendor is None:
        return
    for key, risk in vendor.risk.items():
        if key not in WRITTEN:
            score = 0.0 if risk.score is None else ramp(risk.score, LEAST_DOUBTFUL, 100)
            yield max(score, OPINIONS[risk.opinion] if risk.opinion else 0.0), key
    for answers in (vendor.ip, vendor.email, vendor.phone):
        for key, answer in answers.items():
            if key not in WRITTEN and answer.fraud_score is not None:
                yield ramp(answer.fraud_score, LEAST_DOUBTFUL, 100), key


def _worst_other(facts: Facts) -> tuple[float, str]:
    return max(_others(facts), default=(0.0, ""), key=lambda other: (other[0], other[1]))


def _score_of(answer: IpAnswer | EmailAnswer | PhoneAnswer) -> str:
    score = answer.fraud_score
    return "doubtful" if score is None else f"{score:.0f} of 100"


SIGNALS = (
    Signal(
        key="vendor.ipqualityscore_ip",
        part="vendor",
        points=20,
        needs=(),
        test=lambda facts: ramp(known(_ip(facts, "ipqualityscore.ip").fraud_score), 60, 95),
        reason=lambda facts: f"IPQualityScore rates the IP address {_score_of(_ip(facts, 'ipqualityscore.ip'))} for fraud.",
        group="bad_address",
        title="IPQualityScore's score of the IP address",
        lookup="ipqualityscore.ip",
    ),
    Signal(
        key="vendor.maxmind_insights",
        part="vendor",
        points=16,
        needs=(),
        test=lambda facts: by_odds(known(_ip(facts, "maxmind.insights").fraud_score), 50),
        reason=lambda facts: f"MaxMind rates the IP address {_score_of(_ip(facts, 'maxmind.insights'))} for risk.",
        group="bad_address",
        title="MaxMind's risk of the IP address",
        lookup="maxmind.insights",
    ),
    Signal(
        key="vendor.ipqualityscore_email",
        part="vendor",
        points=16,
        needs=(),
        test=_ipqualityscore_email,
        reason=lambda facts: (
            f"IPQualityScore rates the e-mail address {_score_of(_email(facts, 'ipqualityscore.email'))} for fraud."
        ),
        group="bad_email",
        title="IPQualityScore's score of the e-mail address",
        lookup="ipqualityscore.email",
    ),
    Signal(
        key="vendor.sendgrid_email",
        part="vendor",
        points=18,
        needs=(),
        test=lambda facts: VERDICTS.get(known(_email(facts, "sendgrid.email").verdict), 0.0),
        reason=lambda facts: f"SendGrid calls the e-mail address {named(_email(facts, 'sendgrid.email').verdict)}.",
        group="bad_email",
        title="SendGrid's verdict on the e-mail address",
        lookup="sendgrid.email",
    ),
    Signal(
        key="vendor.ipqualityscore_phone",
        part="vendor",
        points=10,
        needs=(),
        test=_ipqualityscore_phone,
        reason=lambda facts: (
            f"IPQualityScore rates the phone number {_score_of(_phone(facts, 'ipqualityscore.phone'))} for fraud."
        ),
        group="phone",
        title="IPQualityScore's score of the phone number",
        lookup="ipqualityscore.phone",
    ),
    Signal(
        key="vendor.maxmind_minfraud",
        part="vendor",
        points=28,
        needs=(),
        test=lambda facts: by_odds(known(_risk(facts, "maxmind.minfraud").score), 50),
        reason=lambda facts: (
            f"MaxMind minFraud puts the order's probability of fraud at "
            f"{known(_risk(facts, 'maxmind.minfraud').score):.1f} %."
        ),
        group="vendor_risk",
        title="MaxMind minFraud's risk of the order",
        lookup="maxmind.minfraud",
    ),
    Signal(
        key="vendor.sift_score",
        part="vendor",
        points=26,
        needs=(),
        test=_sift,
        reason=_sift_says,
        group="vendor_risk",
        title="Sift's score of the customer",
        lookup="sift.score",
    ),
    Signal(
        key="vendor.riskified_doubts",
        part="vendor",
        points=30,
        needs=(),
        test=lambda facts: OPINIONS[known(_risk(facts, "riskified.decide").opinion)],
        reason=lambda facts: f"Riskified advises to {_risk(facts, 'riskified.decide').opinion} the order.",
        group="vendor_risk",
        title="Riskified advises against the order",
        lookup="riskified.decide",
    ),
    Signal(
        key="vendor.riskified_approves",
        part="vendor",
        points=-12,
        needs=(),
        test=lambda facts: known(_risk(facts, "riskified.decide").opinion) == "approve",
        reason=lambda facts: "Riskified approves the order.",
        group="vendor_risk",
        title="Riskified approves the order",
        lookup="riskified.decide",
    ),
    Signal(
        key="vendor.other",
        part="vendor",
        points=15,
        needs=(),
        test=lambda facts: _worst_other(facts)[0],
        reason=lambda facts: f"{named(_worst_other(facts)[1].partition('.')[0].capitalize())} finds it doubtful.",
        group="vendor_risk",
        title="Another connected service finds it doubtful",
        lookup=OTHER_LOOKUPS,
    ),
)
WRITTEN = frozenset(signal.lookup for signal in SIGNALS if signal.lookup)
