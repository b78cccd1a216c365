"""Rows for the behaviour signals and the four visitor factors."""

ROWS = {
    "behaviour.short_session": ({"visitor.avg_session_seconds": 29.9}, {"visitor.avg_session_seconds": 30}),
    "behaviour.few_pages": ({"visitor.page_views": 1}, {"visitor.page_views": 2}),
    "behaviour.device_changes": ({"visitor.device_changes": 3}, {"visitor.device_changes": 2}),
    "behaviour.location_changes": ({"visitor.location_changes": 2}, {"visitor.location_changes": 1}),
    "behaviour.direct_checkout": ({"session.direct_checkout": True}, {"session.direct_checkout": False}),
    "behaviour.no_product_view": (
        {"session.product_views": 0, "session.checkouts_started": 1},
        {"session.product_views": 0, "session.checkouts_started": 0},
    ),
    "behaviour.fast_checkout": ({"session.seconds_to_checkout": 6}, {"session.seconds_to_checkout": 21}),
    "behaviour.automated_browser": ({"device.is_automated": True}, {"device.is_automated": False}),
    "behaviour.no_input": ({"session.untouched": True}, {"session.untouched": False}),
    "behaviour.bot_user_agent": ({"device.is_bot": True, "device.bot_name": "curl"}, {"device.is_bot": False}),
    "behaviour.fast_pages": (
        {"session.median_page_seconds": 0.7, "session.page_views": 9},
        {"session.median_page_seconds": 0.7, "session.page_views": 3},
    ),
    "behaviour.page_rate": (
        {"session.pages_per_minute": 45, "session.page_views": 30},
        {"session.pages_per_minute": 12, "session.page_views": 30},
    ),
    "behaviour.machine_rhythm": (
        {"session.page_rhythm": 0.04, "session.page_views": 12},
        {"session.page_rhythm": 0.9, "session.page_views": 12},
    ),
    "behaviour.failed_payments": ({"visitor.failed_payments_1h": 5}, {"visitor.failed_payments_1h": 2}),
    "behaviour.failed_payment_history": ({"visitor.failed_payments_total": 9}, {"visitor.failed_payments_total": 4}),
    "behaviour.unfinished_checkouts": (
        {"visitor.checkouts_started": 8, "visitor.orders": 0},
        {"visitor.checkouts_started": 8, "visitor.orders": 1},
    ),
    "behaviour.abandoned_checkouts": (
        {"customer.abandoned_checkouts": 9, "customer.orders_count": 0},
        {"customer.abandoned_checkouts": 9, "customer.orders_count": 2},
    ),
    "behaviour.many_customers": ({"visitor.linked_customers": 4}, {"visitor.linked_customers": 2}),
    "behaviour.calm_history": (
        {"visitor.first_seen": "2025-12-01T00:00:00Z", "visitor.sessions": 8, "visitor.failed_payments_total": 0},
        {"visitor.first_seen": "2025-12-01T00:00:00Z", "visitor.sessions": 8, "visitor.failed_payments_total": 1},
    ),
}
