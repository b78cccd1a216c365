"""Sift's decisions: the list of those a merchant has, applying one, and which stand."""

from __future__ import annotations

import time
from collections.abc import Mapping

from shopwarden.sandbox.sift_scores import ABUSE_TYPES
from shopwarden.sandbox.stand_in import Heard, Said

_ENTITIES = {"": "user", "orders": "order", "sessions": "session", "content": "content"}
_SOURCES = {"MANUAL_REVIEW", "AUTOMATED_RULE", "CHARGEBACK"}
_NAMES = {"block": "Block", "watch": "Watch", "accept": "Accept"}


def _all() -> list[dict[str, object]]:
    return [
        {
            "id": f"{category}_{entity}_{abuse}",
            "name": f"{_NAMES[category]} {entity}",
            "description": f"{_NAMES[category]} {entity} for {abuse.replace('_', ' ')}",
            "entity_type": entity,
            "abuse_type": abuse,
            "category": category,
            "webhook_url": None,
            "created_at": 1_460_000_000_000,
            "created_by": "sandbox@example.com",
            "updated_at": 1_460_000_000_000,
            "updated_by": "sandbox@example.com",
        }
        for entity in _ENTITIES.values()
        for abuse in ABUSE_TYPES
        for category in _NAMES
    ]


def error(status: int, kind: str, description: str, issues: Mapping[str, str] | None = None) -> Said:
    """Sift v3's `{error, description, issues}`."""
    return Said.of({"error": kind, "description": description, "issues": dict(issues or {})}, status)


def catalogue(heard: Heard) -> Said:
    """Decisions of an account: `entity_type`, `abuse_types`, a page of `limit` after `from`."""
    entity = heard.asked("entity_type").lower()
    if entity and entity not in _ENTITIES.values():
        return error(400, "request_invalid", "entity_type is not known", {"entity_type": "unknown"})
    kinds = {name for name in heard.asked("abuse_types").split(",") if name}
    found = [
        one
        for one in _all()
        if (not entity or one["entity_type"] == entity) and (not kinds or str(one["abuse_type"]) in kinds)
    ]
    limit, begin = heard.asked("limit", "100"), heard.asked("from", "0")
    if not limit.isdigit() or not begin.isdigit():
        return error(400, "request_invalid", "limit and from must be numbers", {"limit": "not a number"})
    end = int(begin) + int(limit)
    more = end < len(found)
    page: dict[str, object] = {"data": found[int(begin) : end], "has_more": more, "total_results": len(found)}
    if more:
        page["next_ref"] = f"{heard.base}{heard.path}?from={end}&limit={limit}&entity_type={entity}"
    return Said.of(page)


def apply(heard: Heard, parts: Mapping[str, str]) -> Said:
    """Applies a decision to a user, order, session or content."""
    if not heard.is_json():
        return error(400, "request_invalid", "The body is not JSON")
    body, issues = heard.json(), {}
    entity = (_ENTITIES[parts["kind"]], parts["id"] or parts["user"])
    decision = next((one for one in _all() if one["id"] == body.get("decision_id")), None)
    if not body.get("decision_id"):
        issues["decision_id"] = "is required"
    elif decision is None or decision["entity_type"] != entity[0]:
        issues["decision_id"] = f"no such decision for a {entity[0]}"
    if body.get("source") not in _SOURCES:
        issues["source"] = "must be one of MANUAL_REVIEW, AUTOMATED_RULE, CHARGEBACK"
    if body.get("source") == "MANUAL_REVIEW" and not body.get("analyst"):
        issues["analyst"] = "is required for MANUAL_REVIEW"
    if issues or decision is None:
        return error(400, "request_invalid", "The decision could not be applied", issues)
    at = body.get("time") if isinstance(body.get("time"), int) else int(time.time() * 1000)
    kept = heard.memory.setdefault("decisions", {})
    if isinstance(kept, dict):
        kept.setdefault(entity, {})[str(decision["abuse_type"])] = {
            "id": decision["id"],
            "category": decision["category"],
            "source": body["source"],
            "time": at,
            "description": str(body.get("description") or ""),
        }
    said = {"entity": {"id": entity[1], "type": entity[0]}, "decision": {"id": decision["id"]}, "time": at}
    return Said.of(said)


def applied(heard: Heard, parts: Mapping[str, str]) -> Said:
    """Which decision stands for each sort of abuse."""
    kept = heard.memory.get("decisions")
    entity = (_ENTITIES[parts["kind"]], parts["id"] or parts["user"])
    found: Mapping[str, Mapping[str, object]] = kept.get(entity, {}) if isinstance(kept, dict) else {}
    body = {
        kind: {"decision": {"id": one["id"]}, "time": one["time"], "webhook_succeeded": True} for kind, one in found.items()
    }
    return Said.of({"decisions": body})
