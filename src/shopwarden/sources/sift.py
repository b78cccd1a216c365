"""Sift's webhooks: a decision on an order or a user, made by an analyst or a workflow there.

Contract: hex HMAC of the raw body under the signature key, SHA-256 or SHA-1 as the prefix says. There is no delivery id:
the same entity, decision and time are the same delivery, and so are the same bytes.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import unquote

from shopwarden.contracts.source import Envelope, Headers, Source
from shopwarden.domain.answers import Opinion, RiskAnswer
from shopwarden.domain.events import DomainEvent, VendorDecided, version_of
from shopwarden.domain.signing import Algorithm, fits, hmac_hex
from shopwarden.domain.text import clean_text
from shopwarden.errors import SkipError
from shopwarden.sources.vendor_body import member, object_of, text_of

SIGNATURE = "x-sift-science-signature"
TOPIC = "decision"
_ALGORITHMS: dict[str, Algorithm] = {"sha256": "sha256", "sha1": "sha1"}
# Decisions are named by the merchant; these words are in the names Sift itself proposes. The strictest one counts.
_WORDS: tuple[tuple[Opinion, set[str]], ...] = (
    ("decline", {
        "bad", "ban", "banned", "block", "blocked", "cancel", "decline", "declined", "fraud", "fraudulent", "reject",
        "rejected",
    }),
    ("review", {"challenge", "hold", "review", "watch"}),
    ("approve", {
        "accept", "accepted", "allow", "approve", "approved", "good", "ok", "trust", "trusted", "unblock", "whitelist",
    }),
)  # fmt: skip
_FAR = 253_402_300_799_000
_SUBJECTS = {"order": "order", "user": "user"}


def verify(headers: Headers, body: bytes, secrets: tuple[str, ...]) -> bool:
    prefix, _, given = headers.get(SIGNATURE, "").strip().partition("=")
    algorithm = _ALGORITHMS.get(prefix.lower())
    if algorithm is None:
        return False
    return fits(given.lower(), [hmac_hex(secret, body, algorithm) for secret in secrets if secret])


def read_envelope(headers: Headers) -> Envelope:
    return Envelope(topic=TOPIC)


def opinion_of(decision: str) -> Opinion | None:
    """What a decision's name says; None where it says nothing, or says that something is not so."""
    words = set(re.split(r"[^a-z]+", decision.lower()))
    if words & {"not", "no"}:
        return None
    return next((opinion for opinion, known in _WORDS if words & known), None)


def translate(topic: str, body: bytes, triggered_at: datetime | None) -> tuple[DomainEvent, ...]:
    """Decisions on sessions and on content are about nothing that is kept here."""
    told = object_of(body)
    entity, decision = member(told, "entity"), text_of(member(told, "decision").get("id"), 200)
    subject, identity = _SUBJECTS.get(str(entity.get("type")).lower()), text_of(entity.get("id"), 200)
    if identity is None or decision is None:
        raise SkipError("a decision of Sift's needs entity.id and decision.id")
    if subject is None:
        return ()
    at = _moment(told.get("time")) or triggered_at or datetime.now(UTC)
    answer = RiskAnswer(opinion=opinion_of(decision), status=decision, reference=decision)
    return (
        VendorDecided(
            version=version_of(at, triggered_at, body),
            at=at,
            source="sift",
            subject="order" if subject == "order" else "user",
            external_id=clean_text(unquote(identity), 200),
            answer=answer,
        ),
    )


def _moment(stamp: object) -> datetime | None:
    if isinstance(stamp, bool) or not isinstance(stamp, int) or not 0 < stamp <= _FAR:
        return None
    return datetime.fromtimestamp(stamp / 1000, UTC)


SOURCE = Source(
    name="sift",
    verify=verify,
    envelope=read_envelope,
    topics=frozenset({TOPIC}),
    translate=translate,
    signature_headers=("X-Sift-Science-Signature",),
    secret_variables=("SIFT_WEBHOOK_SIGNATURE_KEY",),
)
