"""Rows for the phone signals."""

HOME = {"order.billing.country": "DE", "order.shipping.country": "AT"}

ROWS = {
    "phone.invalid": ({"phone.is_valid": False}, {"phone.is_valid": True}),
    "phone.voip": ({"phone.kind": "voip"}, {"phone.kind": "mobile"}),
    "phone.unusual_kind": ({"phone.kind": "premium_rate"}, {"phone.kind": "mobile"}),
    "phone.country": ({"phone.country": "NG", **HOME}, {"phone.country": "AT", **HOME}),
}
