"""The application to ask for trials by."""

from __future__ import annotations

from tests.api.conftest import application, client, client_for, other_store, settings, stranger

__all__ = ["application", "client", "client_for", "other_store", "settings", "stranger"]
