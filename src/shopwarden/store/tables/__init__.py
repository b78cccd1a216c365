"""Columns only: every table of the product, by theme. Nothing here queries."""

from shopwarden.store.tables import commerce, crowds, customers, klaviyo, platform, scoring, shop, vendors, visitors
from shopwarden.store.tables.columns import metadata

__all__ = ["commerce", "crowds", "customers", "klaviyo", "metadata", "platform", "scoring", "shop", "vendors", "visitors"]
