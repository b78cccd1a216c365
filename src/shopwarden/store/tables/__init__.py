"""Columns only: every table of the product, by theme. Nothing here queries."""

from shopwarden.store.tables import (
    accounts,
    alerting,
    commerce,
    crowds,
    customers,
    klaviyo,
    platform,
    policy,
    review,
    scoring,
    shop,
    vendors,
    visitors,
)
from shopwarden.store.tables.columns import metadata

__all__ = [
    "accounts", "alerting", "commerce", "crowds", "customers", "klaviyo", "metadata", "platform", "policy", "review",
    "scoring", "shop", "vendors", "visitors",
]  # fmt: skip
