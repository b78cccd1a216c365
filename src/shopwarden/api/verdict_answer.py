"""A verdict as the API tells it, and its personal data masked for callers that may not see it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import asdict, replace

from shopwarden.domain.answers import VendorFacts
from shopwarden.domain.facts import EmailFacts, Facts, IpFacts, OrderFacts, PlaceFacts, VisitorFacts
from shopwarden.domain.list_entry import mask_listed
from shopwarden.domain.masking import HIDDEN, mask_email, mask_ip, mask_name, mask_phone, mask_postal_code, mask_text
from shopwarden.domain.policy import RuleHit
from shopwarden.domain.scoring import base_log_odds, score_of
from shopwarden.domain.verdict import Advice, Band, Gap, Level, Override, Part, PartScore, Reason, Verdict
from shopwarden.store.verdicts import StoredVerdict, Subject

# The three inputs of a fraud score; what the order itself and the customer's history say stands beside them, so that the
# four add up to the whole.
INPUTS: dict[str, tuple[Part, ...]] = {
    "vendor_checks": ("vendor", "ip", "email"),
    "behaviour": ("behaviour", "device", "velocity"),
    "network": ("network",),
    "order_and_trust": ("order", "trust", "rules"),
}


class FraudScore(msgspec.Struct, frozen=True, kw_only=True):
    """Subtotals whose points add up to the verdict's."""

    vendor_checks: PartScore
    behaviour: PartScore
    network: PartScore
    order_and_trust: PartScore


class VisitorBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What the visitor behind an order did."""

    visitor_id: UUID | None
    first_seen: datetime | None
    sessions: int | None
    page_views: int | None
    avg_session_seconds: float | None
    device_changes: int | None
    location_changes: int | None
    orders: int | None
    failed_payments: int | None


class VerdictAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`band` is where the score could lie if what is in `gaps` were known. `vendor_gaps`: look-up of a connected vendor ->
    why it gave nothing. `made_up`: answers of the sandbox took part. `decided_by`: look-ups without which the advice would
    be another; `changed_from`: the advice before, where enrichment changed it. `rules`: the store's rules that matched, or
    could not be asked; `tags` and `hold`: what those that applied want of the shop."""

    verdict_id: UUID
    subject: Subject
    subject_id: UUID | None
    customer_id: UUID | None
    trigger: str
    created_at: datetime
    score: int
    level: Level
    advice: Advice
    probability: float
    points: float
    parts: dict[Part, PartScore]
    fraud_score: FraudScore
    reasons: tuple[Reason, ...]
    gaps: tuple[Gap, ...]
    band: Band
    overrides: tuple[Override, ...]
    rules: tuple[RuleHit, ...]
    tags: tuple[str, ...]
    hold: bool
    behaviour_score: int
    joined_by: str | None
    visitor: VisitorBrief | None
    weights_version: int
    ruleset_version: int
    code_version: str
    vendor_gaps: dict[str, str]
    made_up: bool
    decided_by: tuple[str, ...]
    changed_from: Advice | None


class CheckAnswer(VerdictAnswer, frozen=True, kw_only=True):
    order_id: str


class FullVerdict(VerdictAnswer, frozen=True, kw_only=True):
    """With the facts it was made from."""

    facts: Facts


def answer_of(stored: StoredVerdict, *, may_see: bool) -> VerdictAnswer:
    """`may_see`: the caller may see personal data."""
    verdict = stored.verdict
    return VerdictAnswer(
        verdict_id=stored.id,
        subject=stored.subject,
        subject_id=stored.subject_id,
        customer_id=stored.customer_id,
        trigger=stored.trigger,
        created_at=stored.created_at,
        score=verdict.score,
        level=verdict.level,
        advice=verdict.advice,
        probability=verdict.probability,
        points=verdict.points,
        parts=verdict.parts,
        fraud_score=fraud_score(verdict, stored.facts.store.fraud_rate),
        reasons=verdict.reasons if may_see else masked_reasons(verdict.reasons, stored.facts.email),
        gaps=verdict.gaps,
        band=verdict.band,
        overrides=verdict.overrides,
        rules=verdict.rules,
        tags=verdict.tags,
        hold=verdict.hold,
        behaviour_score=verdict.behaviour_score,
        joined_by=stored.facts.joined_by,
        visitor=brief_of(stored.facts.visitor, stored.visitor_id),
        weights_version=verdict.weights_version,
        ruleset_version=verdict.ruleset_version,
        code_version=verdict.code_version,
        vendor_gaps=vendor_gaps(stored.facts.vendor),
        made_up=verdict.made_up,
        decided_by=verdict.decided_by,
        changed_from=verdict.changed_from,
    )


def check_answer(stored: StoredVerdict, *, may_see: bool) -> CheckAnswer:
    return CheckAnswer(**asdict(answer_of(stored, may_see=may_see)), order_id=stored.external_id or "")


def full_answer(stored: StoredVerdict, *, may_see: bool) -> FullVerdict:
    facts = stored.facts if may_see else masked_facts(stored.facts)
    return FullVerdict(**asdict(answer_of(stored, may_see=may_see)), facts=facts)


def vendor_gaps(vendor: VendorFacts | None) -> dict[str, str]:
    return {} if vendor is None else {key: why.sentence for key, why in vendor.missing.items()}


def masked_reasons(reasons: tuple[Reason, ...], email: EmailFacts | None) -> tuple[Reason, ...]:
    """A domain of one's own names the person; that of a public provider does not."""
    if email is None or not email.domain or email.is_free or email.is_disposable:
        return reasons
    return tuple(replace(reason, sentence=reason.sentence.replace(email.domain, HIDDEN)) for reason in reasons)


def fraud_score(verdict: Verdict, fraud_rate: float | None) -> FraudScore:
    base = base_log_odds(fraud_rate)
    sums = {name: sum(verdict.parts[part].points for part in parts) for name, parts in INPUTS.items()}
    return FraudScore(**{name: PartScore(points=points, score=score_of(points, base)) for name, points in sums.items()})


def brief_of(visitor: VisitorFacts | None, visitor_id: UUID | None) -> VisitorBrief | None:
    if visitor is None:
        return None
    return VisitorBrief(
        visitor_id=visitor_id,
        first_seen=visitor.first_seen,
        sessions=visitor.sessions,
        page_views=visitor.page_views,
        avg_session_seconds=visitor.avg_session_seconds,
        device_changes=visitor.device_changes,
        location_changes=visitor.location_changes,
        orders=visitor.orders,
        failed_payments=visitor.failed_payments_total,
    )


def masked_facts(facts: Facts) -> Facts:
    """The same facts with names, contacts, streets and exact addresses made unreadable."""
    return replace(
        facts,
        order=facts.order and _masked_order(facts.order),
        ip=facts.ip and _masked_ip(facts.ip),
        email=facts.email and _masked_email(facts.email),
        phone=facts.phone and replace(facts.phone, number=mask_phone(facts.phone.number) or ""),
        lists=facts.lists and tuple(replace(hit, value=mask_listed(hit.kind, hit.value)) for hit in facts.lists),
        vendor=facts.vendor and _masked_vendor(facts.vendor),
    )


def _masked_vendor(vendor: VendorFacts) -> VendorFacts:
    """Where the address is stays as coarse as ours; a suggested spelling is an e-mail address."""
    places = {"latitude": None, "longitude": None, "postal_code": None}
    return replace(
        vendor,
        ip={key: replace(answer, **places) for key, answer in vendor.ip.items()},
        email={key: replace(answer, suggestion=None) for key, answer in vendor.email.items()},
    )


def _masked_order(order: OrderFacts) -> OrderFacts:
    return replace(order, billing=_masked_place(order.billing), shipping=_masked_place(order.shipping))


def _masked_place(place: PlaceFacts | None) -> PlaceFacts | None:
    if place is None:
        return None
    return replace(
        place,
        first_name=mask_name(place.first_name),
        last_name=mask_name(place.last_name),
        line1=mask_text(place.line1),
        line2=mask_text(place.line2),
        postal_code=mask_postal_code(place.postal_code),
    )


def _masked_ip(ip: IpFacts) -> IpFacts:
    return replace(ip, address=mask_ip(ip.address) or "", latitude=None, longitude=None, postal_code=None)


def _masked_email(email: EmailFacts) -> EmailFacts:
    return replace(email, address=mask_email(email.address) or "", domain=email.domain if email.is_free else HIDDEN)
