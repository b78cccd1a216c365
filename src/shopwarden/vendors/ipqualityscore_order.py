"""What of an order goes along with IPQualityScore's question about an IP address: addresses, amount, card checks."""

from __future__ import annotations

from shopwarden.domain.inquiry import AskedOrder, Inquiry
from shopwarden.domain.observation import Address

LONGEST = 200
PARTS = (
    ("first_name", "first_name"), ("last_name", "last_name"), ("company", "company"), ("country", "country_code"),
    ("address_1", "address_line1"), ("address_2", "address_line2"), ("city", "city"), ("region", "state_province"),
    ("postcode", "postal_code"), ("phone", "phone"),
)  # fmt: skip
"""The vendor's name of a part (behind billing_ or shipping_), and ours."""


def order_fields(inquiry: Inquiry, order: AskedOrder) -> dict[str, str]:
    """Form fields; what is not known is left out."""
    card = order.card
    fields = _address("billing", order.billing) | _address("shipping", order.shipping)
    fields |= {
        "billing_email": inquiry.email or "",
        "billing_phone": fields.get("billing_phone") or inquiry.phone or "",
        "credit_card_bin": (card.bin or "")[:8],
        "avs_code": (card.avs or "")[:1],
        "cvv_code": (card.cvv or "")[:1],
        "order_amount": "" if order.total is None else str(order.total),
        "order_quantity": str(sum(item.quantity for item in order.items) or ""),
    }
    return {name: value for name, value in fields.items() if value}


def _address(kind: str, address: Address | None) -> dict[str, str]:
    if address is None:
        return {}
    return {f"{kind}_{name}": str(getattr(address, own) or "")[:LONGEST] for name, own in PARTS}
