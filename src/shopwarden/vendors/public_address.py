"""Only public IP addresses are asked about: private and reserved ones say nothing and still cost a call."""

from __future__ import annotations

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.inquiry import Inquiry
from shopwarden.domain.ip import is_public, normalise_ip


def public_ip(inquiry: Inquiry, vendor: str) -> str:
    """The inquiry's address in its one spelling; VendorFault(invalid_input) where it is not public."""
    address = known_public_ip(inquiry)
    if address is None:
        raise VendorFault("invalid_input", f"{vendor} is not asked: the IP address is not a public one")
    return address


def known_public_ip(inquiry: Inquiry) -> str | None:
    """The address, or None where there is none or it is not public."""
    return normalise_ip(inquiry.ip) if inquiry.ip and is_public(inquiry.ip) else None
