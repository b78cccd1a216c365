"""A made-up shop over real HTTP and a store connected to it."""

from __future__ import annotations

from tests.sandbox.running import running_sandbox, sandbox
from tests.shopify_app.conftest import connected, shop, tools

__all__ = ["connected", "running_sandbox", "sandbox", "shop", "tools"]
