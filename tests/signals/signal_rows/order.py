"""Rows for the order signals: destination, card, goods, value and patterns."""

FAR = {"order.billing.country": "DE", "order.shipping.country": "NG"}
NEAR = {"order.billing.country": "DE", "order.shipping.country": "DE"}
NEW = {"customer.orders_count": 0}
KNOWN = {"customer.orders_count": 6}
ALL_NEW = {"customer.known_device": False, "customer.known_ip": False, "customer.known_shipping_address": False}

PAYER = {"order.billing.line1": "12 Oak Street", "order.billing.last_name": "Foster", "order.shipping.last_name": "Lane"}
ELSEWHERE = {**PAYER, "order.shipping.line1": "90 Elm Street"}
LARGE = {"order.total": "400", "store.usual_order_value": "60", **NEW}

ROWS = {
    "order.country_mismatch": (FAR, NEAR),
    "order.freight_forwarder": (
        {"order.shipping.is_freight_forwarder": True},
        {"order.shipping.is_freight_forwarder": False},
    ),
    "order.po_box": ({"order.shipping.is_po_box": True}, {"order.shipping.is_po_box": False}),
    "order.shipping_invalid": ({"order.shipping.is_valid": False}, {"order.shipping.is_valid": True}),
    "order.billing_invalid": ({"order.billing.is_valid": False}, {"order.billing.is_valid": True}),
    "order.card_country": (
        {"order.card_country": "US", "order.billing.country": "DE"},
        {"order.card_country": "DE", "order.billing.country": "DE"},
    ),
    "order.avs": ({"order.avs_result": "N"}, {"order.avs_result": "y"}),
    "order.cvv": ({"order.cvv_result": "N"}, {"order.cvv_result": "M"}),
    "order.failed_payments": ({"order.failed_payments": 5}, {"order.failed_payments": 2}),
    "order.cards_tried": ({"order.distinct_cards_tried": 4}, {"order.distinct_cards_tried": 2}),
    "order.gift_cards": ({"order.gift_card_share": 1.0}, {"order.gift_card_share": 0.1}),
    "order.many_of_one": ({"order.largest_quantity": 12}, {"order.largest_quantity": 3}),
    "order.past_disputes": ({"customer.disputes": 1}, {"customer.disputes": 0}),
    "order.refund_habit": (
        {"customer.refunds": 4, "customer.orders_count": 5},
        {"customer.refunds": 4, "customer.orders_count": 50},
    ),
    "order.platform_risk": ({"order.platform_risk": "HIGH"}, {"order.platform_risk": "low"}),
    "order.high_value": (
        {"order.total": "900", "store.high_order_value": "500"},
        {"order.total": "300", "store.high_order_value": "500"},
    ),
    "order.above_usual": (
        {"order.total": "500", "store.usual_order_value": "60"},
        {"order.total": "120", "store.usual_order_value": "60"},
    ),
    "order.above_customer_usual": (
        {"order.total": "500", "customer.usual_order_value": "60", **KNOWN},
        {"order.total": "100", "customer.usual_order_value": "60", **KNOWN},
    ),
    "order.first_large": (
        {"order.total": "500", "store.usual_order_value": "60", **NEW},
        {"order.total": "500", "store.usual_order_value": "60", **KNOWN},
    ),
    "order.first": ({"order.total": "5", **NEW}, {"order.total": "5", **KNOWN}),
    "order.small_trial": (
        {"order.total": "1", "store.usual_order_value": "60", "order.failed_payments": 3},
        {"order.total": "1", "store.usual_order_value": "60", "order.failed_payments": 0},
    ),
    "order.takeover_pattern": ({**KNOWN, **ALL_NEW}, {**KNOWN, **ALL_NEW, "customer.known_ip": True}),
    "order.express_new_address": (
        {"order.express_shipping": True, "customer.known_shipping_address": False, **KNOWN},
        {"order.express_shipping": True, "customer.known_shipping_address": True, **KNOWN},
    ),
    "order.express_first": ({"order.express_shipping": True, **NEW}, {"order.express_shipping": True, **KNOWN}),
    "order.new_address": (
        {"customer.known_shipping_address": False, **KNOWN},
        {"customer.known_shipping_address": False, **NEW},
    ),
    "order.reshipping_pattern": ({"ip.is_vpn": True, **FAR, **NEW}, {"ip.is_vpn": False, **FAR, **NEW}),
    "order.first_for_another": ({**ELSEWHERE, **NEW}, {**ELSEWHERE, **NEW, "order.shipping.last_name": "Foster"}),
    "order.quick_resale": (
        {**ELSEWHERE, **LARGE, "order.express_shipping": True},
        {**ELSEWHERE, **LARGE, "order.express_shipping": False},
    ),
    "order.made_up_buyer": (
        {"ip.is_vpn": True, "email.is_disposable": True, **NEW},
        {"ip.is_vpn": True, "email.is_disposable": False, **NEW},
    ),
}
