"""Rows for the IP signals."""

ROWS = {
    "ip.tor": ({"ip.is_tor": True}, {"ip.is_tor": False}),
    "ip.vpn": ({"ip.is_vpn": True}, {"ip.is_vpn": False}),
    "ip.proxy": ({"ip.is_proxy": True}, {"ip.is_proxy": False}),
    "ip.hosting": ({"ip.is_hosting": True, "ip.organization": "Racks Ltd"}, {"ip.is_hosting": False}),
    "ip.crawler": ({"ip.is_crawler": True}, {"ip.is_crawler": False}),
    "ip.recent_abuse": ({"ip.recent_abuse": True}, {"ip.recent_abuse": False}),
    "ip.billing_country": (
        {"ip.country": "BR", "order.billing.country": "DE"},
        {"ip.country": "DE", "order.billing.country": "DE"},
    ),
    "ip.shipping_country": (
        {"ip.country": "BR", "order.shipping.country": "DE"},
        {"ip.country": "DE", "order.shipping.country": "DE"},
    ),
    "ip.many_addresses": (
        {"ip.is_mobile": False, "visitor.distinct_ips_1h": 5, "visitor.distinct_ips_24h": 5},
        {"ip.is_mobile": False, "visitor.distinct_ips_1h": 2, "visitor.distinct_ips_24h": 6},
    ),
    "ip.impossible_travel": ({"visitor.fastest_travel_kmh": 4000}, {"visitor.fastest_travel_kmh": 850}),
    "ip.new_for_customer": (
        {"customer.known_ip": False, "customer.orders_count": 1},
        {"customer.known_ip": False, "customer.orders_count": 0},
    ),
    "ip.stable_address": (
        {"ip.connection_type": "Residential", "customer.ip_known_days": 100},
        {"ip.is_hosting": True, "customer.ip_known_days": 100},
    ),
}
