"""Buyers as rows of facts: honest ones, honest ones in unusual circumstances, and dishonest ones with the advice due."""

from __future__ import annotations

from tests.signals.fact_rows import Row

STORE = {"store.usual_order_value": "60", "store.high_order_value": "250", "joined_by": "session"}
CALM = {"h1": 0, "h24": 0, "d7": 1}
ORDINARY_VISIT = {
    **STORE,
    "visitor.avg_session_seconds": 260, "visitor.page_views": 11, "visitor.sessions": 2, "visitor.device_changes": 0,
    "visitor.location_changes": 0, "visitor.distinct_ips_1h": 1, "visitor.distinct_ips_24h": 1,
    "visitor.failed_payments_1h": 0, "visitor.failed_payments_total": 0, "visitor.linked_customers": 1,
    "session.direct_checkout": False, "session.product_views": 4, "session.checkouts_started": 1,
    "session.seconds_to_checkout": 240, "session.page_views": 8, "session.median_page_seconds": 18,
    "session.page_rhythm": 0.8, "session.pages_per_minute": 3,
    "device.is_strong": True, "device.is_bot": False, "device.is_automated": False, "device.disagrees": False,
    "device.timezone": "Europe/Berlin",
}  # fmt: skip
ORDINARY_ORDER = {
    "order.total": "75", "order.currency": "USD", "order.largest_quantity": 1, "order.gift_card_share": 0.0,
    "order.express_shipping": False, "order.billing.country": "DE", "order.shipping.country": "DE",
    "order.failed_payments": 0, "order.distinct_cards_tried": 1, "order.avs_result": "Y", "order.cvv_result": "M",
    "email.is_disposable": False, "email.randomness": 0.2, "email.name_agreement": 0.8, "email.is_role": False,
}  # fmt: skip
HOME = {
    "ip.country": "DE", "ip.timezone": "Europe/Berlin", "ip.is_vpn": False, "ip.is_proxy": False, "ip.is_tor": False,
    "ip.is_hosting": False, "ip.connection_type": "Residential",
    "velocity.orders_by_ip": CALM, "velocity.customers_by_ip": CALM, "velocity.cards_by_ip": CALM,
    "velocity.failed_payments_by_ip": {"h1": 0}, "velocity.customers_by_address": CALM,
}  # fmt: skip
VPN = {
    **HOME, "ip.country": "NL", "ip.timezone": "Europe/Amsterdam", "ip.is_vpn": True, "ip.is_hosting": True,
    "ip.connection_type": "Data Center",
}  # fmt: skip
NEWCOMER = {"customer.orders_count": 0, "customer.seasoned_orders": 0, "customer.disputes": 0}
LOYAL = {
    "customer.orders_count": 9, "customer.seasoned_orders": 7, "customer.disputes": 0, "customer.usual_order_value": "55",
    "customer.created_at": "2023-05-01T00:00:00Z", "customer.known_device": True, "customer.known_ip": True,
    "customer.ip_known_days": 300, "customer.known_shipping_address": True,
}  # fmt: skip
STOLEN = {"customer.known_device": False, "customer.known_ip": False, "customer.known_shipping_address": False}
ABROAD = {"ip.country": "VN", "ip.timezone": "Asia/Ho_Chi_Minh"}
PLAIN = {**ORDINARY_VISIT, **ORDINARY_ORDER, **HOME}

HONEST: dict[str, Row] = {
    "first buyer": {**PLAIN, **NEWCOMER},
    "loyal customer": {**PLAIN, **LOYAL},
    "first buyer behind a VPN": {**PLAIN, **VPN, **NEWCOMER},
    "first buyer behind a VPN on another continent": {
        **PLAIN, **VPN, **NEWCOMER, "ip.country": "US", "ip.timezone": "America/New_York",
    },
    "buys at once from an advertisement": {
        **PLAIN, **NEWCOMER, "visitor.avg_session_seconds": 27, "visitor.page_views": 1, "session.direct_checkout": True,
        "session.product_views": 0, "session.seconds_to_checkout": 9,
    },
    "gift sent to a neighbouring country": {**PLAIN, **NEWCOMER, "order.shipping.country": "AT"},
    "loyal customer travelling": {**PLAIN, **LOYAL, **ABROAD, "customer.known_ip": False, "visitor.location_changes": 2},
    "mistyped the card three times": {
        **PLAIN, **NEWCOMER, "order.failed_payments": 3, "visitor.failed_payments_1h": 3, "visitor.failed_payments_total": 3,
        "velocity.failed_payments_by_ip": {"h1": 3, "h24": 3, "d7": 3},
    },
    "student in a hall of residence": {
        **PLAIN, **NEWCOMER, "ip.connection_type": "Education", "velocity.orders_by_ip": {"h1": 3, "h24": 9, "d7": 30},
        "velocity.customers_by_ip": {"h1": 3, "h24": 8, "d7": 25},
    },
    "moved house and bought a new phone": {**PLAIN, **LOYAL, **STOLEN},
}  # fmt: skip

HONEST_UNUSUAL: dict[str, Row] = {
    "first order, a large gift abroad by express": {
        **PLAIN, **NEWCOMER, "order.total": "240", "order.shipping.country": "US", "order.express_shipping": True,
    },
    "first buyer by Tor": {**PLAIN, **NEWCOMER, "ip.is_tor": True, "ip.is_proxy": True, "ip.country": "CH"},
    "company buys thirty of one item": {**PLAIN, **NEWCOMER, "order.total": "1800", "order.largest_quantity": 30},
}  # fmt: skip

FAILING = {"h1": 14, "h24": 30, "d7": 30}
DISHONEST: dict[str, tuple[Row, str]] = {
    "card tester": ({
        **PLAIN, **NEWCOMER, "order.total": "2", "order.failed_payments": 9, "order.distinct_cards_tried": 6,
        "order.cvv_result": "N", "visitor.failed_payments_1h": 14, "visitor.failed_payments_total": 30,
        "velocity.failed_payments_by_ip": FAILING, "velocity.cards_by_ip": {"h1": 9, "h24": 20, "d7": 20},
        "velocity.failed_payments_by_device": FAILING,
    }, "decline"),
    "card tester on a carrier network without a strong fingerprint": ({
        **PLAIN, **NEWCOMER, "ip.is_mobile": True, "ip.connection_type": "Mobile", "device.is_strong": False,
        "order.total": "2", "order.failed_payments": 9, "order.distinct_cards_tried": 6, "order.avs_result": "U",
        "visitor.failed_payments_1h": 9, "visitor.failed_payments_total": 9, "velocity.failed_payments_by_ip": FAILING,
        "velocity.cards_by_ip": {"h1": 9, "h24": 20, "d7": 20},
    }, "decline"),
    "account taken over": ({
        **PLAIN, **LOYAL, **STOLEN, **ABROAD, "order.total": "420", "order.express_shipping": True,
        "order.shipping.country": "US",
    }, "decline"),
    "account taken over, careful thief": ({**PLAIN, **LOYAL, **STOLEN, **VPN, "order.total": "150"}, "review"),
    "fraud ring": ({
        **PLAIN, **VPN, **NEWCOMER, "email.is_disposable": True, "email.randomness": 0.9,
        "velocity.customers_by_address": {"h24": 3, "d7": 6}, "velocity.emails_by_address": {"h24": 3, "d7": 6},
        "velocity.customers_by_device": {"h24": 3, "d7": 6}, "velocity.emails_by_device": {"h24": 4, "d7": 7},
    }, "decline"),
    "bot checkout": ({
        **PLAIN, **NEWCOMER, "device.is_automated": True, "session.page_rhythm": 0.03, "session.median_page_seconds": 0.4,
        "session.direct_checkout": True, "session.product_views": 0, "session.seconds_to_checkout": 2,
        "visitor.avg_session_seconds": 4, "visitor.page_views": 5,
    }, "decline"),
    "reshipper behind a VPN": ({
        **PLAIN, **VPN, **NEWCOMER, "order.shipping.country": "US", "order.shipping.is_freight_forwarder": True,
        "order.total": "400", "order.express_shipping": True, "order.card_country": "US",
    }, "decline"),
}  # fmt: skip
