"""Rows for the trust signals."""

ROWS = {
    "trust.seasoned_orders": (
        {"customer.seasoned_orders": 5, "customer.known_device": True},
        {"customer.seasoned_orders": 5, "customer.known_device": True, "customer.disputes": 1},
    ),
    "trust.known_device": ({"customer.known_device": True}, {"customer.known_device": False}),
    "trust.known_address": (
        {"customer.known_shipping_address": True},
        {"customer.known_shipping_address": False},
    ),
    "trust.account_age": ({"customer.created_at": "2024-01-01T00:00:00Z"}, {"customer.created_at": "2026-02-01T00:00:00Z"}),
    "trust.email_verified": ({"customer.email_verified": True}, {"customer.email_verified": False}),
    "trust.phone_verified": ({"customer.phone_verified": True}, {"customer.phone_verified": False}),
    "trust.vip": ({"customer.status": "vip"}, {"customer.status": "active"}),
}
