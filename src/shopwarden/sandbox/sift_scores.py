"""Sift's score of a user: one per sort of abuse, from the person's mail and internet address."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from shopwarden.sandbox.dice import Dice
from shopwarden.sandbox.mail import mail_of
from shopwarden.sandbox.places import parse, place_of

ABUSE_TYPES = ("payment_abuse", "promotion_abuse", "content_abuse", "account_abuse", "account_takeover")


def score_of(
    dice: Dice, memory: Mapping[str, object], user: str, wanted: Sequence[str], *, percentiles: bool = False
) -> dict[str, object]:
    """The body of a score; `wanted` sorts of abuse, all when empty."""
    known = memory.get("users")
    facts: Mapping[str, str] = known.get(user, {}) if isinstance(known, dict) else {}
    own, risk = dice.about("sift", user), _risk(dice, user, facts)
    now = int(time.time() * 1000)
    scores = {
        kind: _one(own, kind, risk, facts, percentiles=percentiles) | {"time": now}
        for kind in ABUSE_TYPES
        if not wanted or kind in wanted
    }
    labels, decisions = memory.get("labels"), memory.get("decisions")
    return {
        "status": 0,
        "error_message": "OK",
        "user_id": user,
        "entity_type": "user",
        "entity_id": user,
        "scores": scores,
        "latest_labels": labels.get(user, {}) if isinstance(labels, dict) else {},
        "latest_decisions": _latest(decisions.get(("user", user), {}) if isinstance(decisions, dict) else {}),
    }


def _risk(dice: Dice, user: str, facts: Mapping[str, str]) -> float:
    mail = facts.get("$user_email") or (user if "@" in user else "")
    address = parse(facts.get("$ip", ""))
    place = place_of(str(address), dice) if address is not None and address.is_global else None
    risks = [mail_of(mail, dice).risk] if mail else [dice.about("sift user", user).risk()]
    return max([*risks, place.risk * 0.9 if place else 0.0])


def _one(own: Dice, kind: str, risk: float, facts: Mapping[str, str], *, percentiles: bool) -> dict[str, object]:
    share = 1.0 if kind == "payment_abuse" else 0.3 + own.chance(f"{kind}.share") * 0.6
    score = round(min(0.999, risk * share + own.chance(kind) * 0.02), 6)
    reasons: list[dict[str, object]] = []
    if score > 0.5:
        reasons.append({"name": "Latest item product title", "value": "The Slanket Blanket-Texas Tea"})
        reasons.append({"name": "Email age", "value": own.whole("age", 0, 9), "details": {"users": "a, b, c"}})
        reasons.append({"name": "Uses a proxy", "value": "$ip" in facts and score > 0.7})
    found: dict[str, object] = {"score": score, "status": 0, "error_message": "OK", "reasons": reasons}
    if percentiles:
        days = ("last_1_days", "last_5_days", "last_7_days", "last_10_days")
        found["percentiles"] = dict.fromkeys(days, round(score * 100, 1))
    return found


def _latest(decisions: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    return {
        kind: {
            "id": one["id"],
            "category": one["category"],
            "source": one["source"],
            "time": one["time"],
            "description": one["description"],
        }
        for kind, one in decisions.items()
    }
