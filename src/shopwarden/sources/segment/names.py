"""Event names: Segment's e-commerce specification (v2), other spellings of it, and what we call each activity."""

from __future__ import annotations

import re
from functools import lru_cache

_SPECIFICATION = {
    "Products Searched": "search",
    "Product List Viewed": "product_list_view",
    "Product List Filtered": "filter_applied",
    "Promotion Viewed": "promotion_view",
    "Promotion Clicked": "promotion_click",
    "Product Clicked": "product_click",
    "Product Viewed": "product_view",
    "Product Added": "add_to_cart",
    "Product Removed": "remove_from_cart",
    "Cart Viewed": "cart_view",
    "Checkout Started": "checkout_started",
    "Checkout Step Viewed": "checkout_step_view",
    "Checkout Step Completed": "checkout_step_completed",
    "Payment Info Entered": "payment_info_entered",
    "Order Completed": "order_completed",
    "Order Updated": "order_updated",
    "Order Refunded": "order_refunded",
    "Order Cancelled": "order_cancelled",
    "Coupon Entered": "coupon_entered",
    "Coupon Applied": "coupon_applied",
    "Coupon Denied": "coupon_denied",
    "Coupon Removed": "coupon_removed",
    "Product Added to Wishlist": "wishlist_add",
    "Product Removed from Wishlist": "wishlist_remove",
    "Wishlist Product Added to Cart": "add_to_cart",
    "Product Shared": "product_share",
    "Cart Shared": "cart_share",
    "Product Reviewed": "review_submitted",
}

_ALIASES = {
    "Search Performed": "Products Searched",
    "Filter Applied": "Product List Filtered",
    "Review Submitted": "Product Reviewed",
    "Collection Viewed": "Product List Viewed",
    "Order Placed": "Order Completed",
    "Added to Cart": "Product Added",
    "Page Viewed": "Loaded a Page",
    # Shopify's customer events under their own names, as a merchant's own pixel may pass them on.
    "search_submitted": "Products Searched",
    "product_added_to_cart": "Product Added",
    "product_removed_from_cart": "Product Removed",
    "checkout_contact_info_submitted": "Checkout Step Completed",
    "checkout_address_info_submitted": "Checkout Step Completed",
    "checkout_shipping_info_submitted": "Checkout Step Completed",
    "payment_info_submitted": "Payment Info Entered",
    "checkout_completed": "Order Completed",
    "alert_displayed": "Checkout Alert Displayed",
    "ui_extension_errored": "Checkout Extension Errored",
}

_OURS = {
    "Loaded a Page": "page_view",
    "Loaded a Screen": "screen_view",
    "Payment Failed": "payment_failed",
    "Payment Declined": "payment_failed",
    "Checkout Payment Failed": "payment_failed",
    "Payment Succeeded": "payment_succeeded",
    "Signed In": "sign_in",
    "Signed Up": "sign_up",
    "Signed Out": "sign_out",
    "Login Failed": "sign_in_failed",
    "Password Changed": "password_changed",
    "Page Left": "page_left",
    "Outbound Link Clicked": "outbound_click",
    "Form Submitted": "form_submitted",
    "Checkout Alert Displayed": "checkout_alert",
    "Checkout Extension Errored": "checkout_extension_error",
}


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()).strip()


_KNOWN = {_fold(name): activity for name, activity in (_SPECIFICATION | _OURS).items()}
_KNOWN |= {_fold(alias): (_SPECIFICATION | _OURS)[name] for alias, name in _ALIASES.items()}
_KNOWN |= {_fold(activity): activity for activity in (_SPECIFICATION | _OURS).values()}

KNOWN_ACTIVITIES = frozenset(_KNOWN.values())


@lru_cache(maxsize=4096)
def activity_of(name: str) -> tuple[str, bool]:
    """The activity an event name stands for, and whether the name is known.

    Case, spaces and underscores do not matter. An unknown name is kept under a folded spelling of itself (at most 50
    characters, as the column has it).
    """
    folded = _fold(name)
    known = _KNOWN.get(folded)
    if known is not None:
        return known, True
    return (folded.replace(" ", "_") or "unnamed")[:50], False
