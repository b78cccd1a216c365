"""Captured Shopify bodies by name, and deliveries made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "data" / "shopify"


def body_of(name: str, **changes: Any) -> dict[str, Any]:
    """A captured body, with some fields changed."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return {**found, **changes}


def transactions() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((FOLDER / "transactions_2026_07.json").read_text(encoding="utf-8"))
    return listed


CAPTURED: dict[str, list[dict[str, Any]]] = {
    "customers/create": [body_of("customer"), body_of("customer_created_2026_07")],
    "customers/update": [body_of("customer_2026_07"), body_of("customer", updated_at="2016-01-01T00:00:00Z", note="older")],
    "customers/delete": [{"id": 1073339458, "admin_graphql_api_id": "gid://shopify/Customer/1073339458"}],
    "orders/create": [body_of("order"), body_of("order_created_2026_07")],
    "orders/updated": [body_of("order_2026_07"), body_of("order_cancelled_2026_07")],
    "orders/paid": [body_of("order_2026_07", updated_at="2008-01-10T11:30:00-05:00", financial_status="paid")],
    "orders/cancelled": [body_of("order_cancelled_2026_07")],
    "checkouts/create": [body_of("checkout"), body_of("checkout_2026_07")],
    "checkouts/update": [body_of("abandoned_checkout_2026_07")],
    "carts/create": [body_of("cart"), body_of("cart_other")],
    "carts/update": [body_of("cart", updated_at="2012-02-13T15:00:00-05:00", token="68778783ad298f1c80c3bafcddeea02f")],
    "refunds/create": [body_of("refund"), body_of("refund_2026_07")],
    "disputes/create": [body_of("dispute", order_id=450789469, status="needs_response")],
    "disputes/update": [body_of("dispute", order_id=450789469)],
    "order_transactions/create": [
        *transactions(),
        body_of("transaction", id=389404470, status="failure", error_code="card_declined"),
    ],
    "orders/risk_assessment_changed": [
        {"order_id": 450789469, "provider_title": "Shopify", "risk_level": "HIGH", "created_at": "2008-01-10T12:00:00-05:00"}
    ],
    "customers/purchasing_summary": [
        {
            "customer_id": "gid://shopify/Customer/207119551",
            "number_of_orders": "7",
            "amount_spent": {"amount": "1000.50", "currency_code": "USD"},
            "occurred_at": "2025-08-01T00:00:00Z",
        }
    ],
    "customers/email_marketing_consent_update": [
        {
            "customer_id": 207119551,
            "email_address": "bob.norman@mail.example.com",
            "email_marketing_consent": {"state": "subscribed", "consent_updated_at": "2025-07-03T00:00:00Z"},
        }
    ],
    "customers/marketing_consent_update": [
        {"id": 207119551, "sms_marketing_consent": {"state": "subscribed", "consent_updated_at": "2025-07-03T00:00:00Z"}}
    ],
    "customer.tags_added": [
        {"customerId": "gid://shopify/Customer/207119551", "tags": ["vip", "wine"], "occurredAt": "2025-07-04T00:00:00Z"}
    ],
    "customer.tags_removed": [
        {"customerId": "gid://shopify/Customer/207119551", "tags": ["wine"], "occurredAt": "2025-07-05T00:00:00Z"}
    ],
    "app/uninstalled": [{"id": 690933842, "domain": "shop.example.com"}],
    "app/scopes_update": [{"id": 1, "previous": ["read_orders"], "current": ["read_orders", "write_orders"]}],
    "bulk_operations/finish": [{"admin_graphql_api_id": "gid://shopify/BulkOperation/1", "status": "completed"}],
    "customers/data_request": [
        {"shop_id": 1, "orders_requested": [450789469], "customer": {"id": 207119551}, "data_request": {"id": 9999}}
    ],
    "customers/redact": [
        {
            "shop_id": 1,
            "customer": {"id": 207119551, "email": "bob.norman@mail.example.com"},
            "orders_to_redact": [450789469],
        }
    ],
    "shop/redact": [{"shop_id": 1, "shop_domain": "shop.example.com"}],
}
"""Every topic with a body; what no public example exists for is written by the documented shape."""
