"""Columns only: every table of the product, by theme. Nothing here queries."""

from shopwarden.store.tables import commerce, crowds, customers, platform, scoring, visitors
from shopwarden.store.tables.columns import metadata

__all__ = ["commerce", "crowds", "customers", "metadata", "platform", "scoring", "visitors"]
