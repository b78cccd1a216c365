"""Rows for the e-mail signals."""

ROWS = {
    "email.new_domain": (
        {"email.domain_first_seen": "2026-02-20T00:00:00Z"},
        {"email.domain_first_seen": "2019-01-01T00:00:00Z"},
    ),
    "email.invalid": ({"email.is_valid": False}, {"email.is_valid": True}),
    "email.no_mx": ({"email.has_mx": False}, {"email.has_mx": True}),
    "email.bounced": ({"email.bounced": True}, {"email.bounced": False}),
    "email.disposable": ({"email.is_disposable": True}, {"email.is_disposable": False}),
    "email.random": ({"email.randomness": 0.9}, {"email.randomness": 0.5}),
    "email.unknown_domain": (
        {"email.domain_customers": 0, "email.is_free": False},
        {"email.domain_customers": 0, "email.is_free": True},
    ),
    "email.new_address": (
        {"email.first_seen": "2026-03-01T11:00:00Z"},
        {"email.first_seen": "2026-02-20T11:00:00Z"},
    ),
    "email.role": ({"email.is_role": True}, {"email.is_role": False}),
    "email.name_mismatch": ({"email.name_agreement": 0.0}, {"email.name_agreement": 0.6}),
    "email.known_long": (
        {"email.first_seen": "2025-01-01T00:00:00Z"},
        {"email.first_seen": "2026-02-20T00:00:00Z"},
    ),
}
