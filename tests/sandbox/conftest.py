"""The sandbox for tests of the sandbox."""

from __future__ import annotations

from tests.sandbox.running import running_sandbox, sandbox, vendors_hosts

__all__ = ["running_sandbox", "sandbox", "vendors_hosts"]
