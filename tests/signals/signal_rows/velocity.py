"""Rows for the velocity signals: the same busy and the same calm source under every count."""

BUSY = {"h1": 9, "h24": 20, "d7": 40}
CALM = {"h1": 1, "h24": 1, "d7": 1}


def _rows(count, also):
    return {**also, f"velocity.{count}": BUSY}, {**also, f"velocity.{count}": CALM}


BY_IP = {"ip.is_mobile": False}
BY_DEVICE = {"device.is_strong": True}

ROWS = {
    "velocity.orders_by_ip": _rows("orders_by_ip", BY_IP),
    "velocity.customers_by_ip": _rows("customers_by_ip", BY_IP),
    "velocity.emails_by_ip": _rows("emails_by_ip", BY_IP),
    "velocity.cards_by_ip": _rows("cards_by_ip", BY_IP),
    "velocity.failed_payments_by_ip": _rows("failed_payments_by_ip", BY_IP),
    "velocity.orders_by_device": _rows("orders_by_device", BY_DEVICE),
    "velocity.failed_payments_by_device": _rows("failed_payments_by_device", BY_DEVICE),
    "velocity.orders_by_email": _rows("orders_by_email", {}),
    "velocity.ips_by_email": _rows("ips_by_email", {}),
    "velocity.cards_by_email": _rows("cards_by_email", {}),
    "velocity.orders_by_address": _rows("orders_by_address", {}),
    "velocity.customers_by_address": _rows("customers_by_address", {}),
    "velocity.emails_by_address": _rows("emails_by_address", {}),
    "velocity.addresses_by_ip": _rows("addresses_by_ip", BY_IP),
    "velocity.addresses_by_device": _rows("addresses_by_device", BY_DEVICE),
    "velocity.cards_by_device": _rows("cards_by_device", BY_DEVICE),
    "velocity.addresses_by_email": _rows("addresses_by_email", {}),
    "velocity.customers_by_email": _rows("customers_by_email", {}),
    "velocity.cards_by_address": _rows("cards_by_address", {}),
    "velocity.customers_by_card": _rows("customers_by_card", {}),
}
