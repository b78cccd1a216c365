"""The sandbox, for tests of what vendors are told."""

from __future__ import annotations

from tests.sandbox.running import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]
