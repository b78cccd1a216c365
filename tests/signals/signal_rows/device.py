"""Rows for the device signals."""

NINE = {"h1": 0, "h24": 4, "d7": 9}
TWO = {"h1": 1, "h24": 2, "d7": 2}

ROWS = {
    "device.many_customers": (
        {"device.is_strong": True, "velocity.customers_by_device": NINE},
        {"device.is_strong": True, "velocity.customers_by_device": TWO},
    ),
    "device.many_emails": (
        {"device.is_strong": True, "velocity.emails_by_device": NINE},
        {"device.is_strong": True, "velocity.emails_by_device": TWO},
    ),
    "device.seen_in_fraud": (
        {"device.is_strong": True, "device.seen_in_fraud": True},
        {"device.is_strong": True, "device.seen_in_fraud": False},
    ),
    "device.disagrees": ({"device.disagrees": True}, {"device.disagrees": False}),
    "device.timezone": (
        {"device.timezone": "Asia/Manila", "ip.timezone": "Europe/Berlin"},
        {"device.timezone": "Europe/Paris", "ip.timezone": "Europe/Berlin"},
    ),
    "device.new_for_customer": (
        {"customer.known_device": False, "customer.orders_count": 3},
        {"customer.known_device": True, "customer.orders_count": 3},
    ),
}
