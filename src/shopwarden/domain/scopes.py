"""What a key or a signed-in person may be allowed, and what each role is: the one table of rights."""

from __future__ import annotations

from typing import Literal

Role = Literal["owner", "analyst", "viewer", "developer"]
ROLES: tuple[Role, ...] = ("owner", "analyst", "viewer", "developer")

SCOPES: dict[str, str] = {
    "ingest": "Send events and webhooks; read nothing.",
    "visitors:read": "See visitors, journeys and the store's figures.",
    "live:read": "See who is in the store now.",
    "customers:read": "See customers, orders and their risk.",
    "customers:write": "Import, enrich, judge again and block customers.",
    "orders:check": "Ask for the verdict on an order.",
    "network:read": "Ask what the network of stores knows.",
    "decisions:read": "See the review queue, rules, lists, labels and alerts.",
    "decisions:write": "Decide cases, write notes, labels and list entries, acknowledge alerts.",
    "policy:write": "Change weights, thresholds, rules and alert channels; try a policy on the past.",
    "admin": "Set up the store: keys, vendors, the shop, its settings.",
    "accounts:write": "Invite and change people who sign in, their roles and single sign-on.",
    "audit:read": "Read the log of changes.",
    "pii:read": "See personal data unmasked.",
}
"""Scope -> what it allows, in a sentence."""

GIVEN_BY_NAME = frozenset({"pii:read", "decisions:write", "policy:write", "accounts:write", "audit:read"})
"""`admin` includes every scope but these: who sets a store up does not thereby decide about people."""

_READING = frozenset({"visitors:read", "live:read", "customers:read", "network:read", "decisions:read"})

ROLE_SCOPES: dict[Role, frozenset[str]] = {
    "owner": frozenset(SCOPES) - {"ingest"},
    "analyst": _READING | {"customers:write", "orders:check", "decisions:write", "policy:write", "pii:read"},
    "viewer": _READING,
    "developer": _READING | {"orders:check", "admin", "audit:read"},
}


def allows(scopes: frozenset[str], scope: str) -> bool:
    """Whether a holder of `scopes` may do what needs `scope`."""
    return scope in scopes or ("admin" in scopes and scope not in GIVEN_BY_NAME)
