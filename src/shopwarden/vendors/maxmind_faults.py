"""Errors of MaxMind's services: `{code, error}` as JSON, or a page of a proxy in between."""

from __future__ import annotations

from collections.abc import Mapping

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import FaultKind, VendorFault
from shopwarden.vendors.faults import fault_of
from shopwarden.vendors.fields import read_object

KINDS: Mapping[str, FaultKind] = {
    "INSUFFICIENT_FUNDS": "quota", "OUT_OF_QUERIES": "quota", "PERMISSION_REQUIRED": "auth",
    "AUTHORIZATION_INVALID": "auth", "LICENSE_KEY_REQUIRED": "auth", "ACCOUNT_ID_REQUIRED": "auth",
}  # fmt: skip
"""By the vendor's code: 402 is out of funds and not in the plan."""
STATUSES: Mapping[int, FaultKind] = {413: "invalid_input", 415: "invalid_input"}


def code_of(reply: Reply) -> str | None:
    """The machine's word for the error; None where the body is none of the vendor's."""
    try:
        return read_object(reply, "MaxMind").text("code", 60)
    except VendorFault:
        return None


def fault_in(reply: Reply, title: str) -> VendorFault:
    code = code_of(reply)
    kind = KINDS.get(code or "")
    return fault_of(reply, title, STATUSES if kind is None else {reply.status: kind}, code)
