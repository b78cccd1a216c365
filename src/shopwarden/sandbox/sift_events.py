"""What Sift accepts as an event, and what it then knows of the user."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ID = re.compile(r"[A-Za-z0-9=.\-_+@:&^%!$]+")
_TYPES = frozenset(
    str.split(
        "$add_item_to_cart $add_promotion $chargeback $content_status $create_account $create_content $create_order "
        "$flag_content $link_session_to_user $login $logout $order_status $remove_item_from_cart $security_notification "
        "$transaction $update_account $update_content $update_order $update_password $verification"
    )
)
_FIELDS = frozenset(
    "$" + name
    for name in str.split(
        "account_types amount analyst api_key app billing_address brand_name browser changed_password chargeback_reason "
        "chargeback_state comment content_id currency_code decline_category description expedited_shipping failure_reason "
        "flagged_by ip item items listing login_status merchant_initiated_transaction message name notification_status "
        "notification_type notified_value order_id order_status ordered_from payment_method payment_methods phone post "
        "profile promotions reason referrer_user_id review seller_user_id session_id shipping_address shipping_carrier "
        "shipping_method shipping_tracking_numbers site_country site_domain social_sign_on_type source status status_3ds "
        "time transaction_id transaction_status transaction_type triggered_3ds type user_email user_id username "
        "verification_phone_number verification_type verified_event verified_value webhook_id bookings transfer_recipient"
    )
)
_NEEDED = {
    "$transaction": ("$amount", "$currency_code"),
    "$chargeback": ("$order_id",),
    "$order_status": ("$order_id", "$order_status"),
    "$link_session_to_user": ("$session_id", "$user_id"),
    "$add_item_to_cart": ("$item",),
    "$remove_item_from_cart": ("$item",),
    "$add_promotion": ("$promotions",),
    "$create_content": ("$content_id",),
    "$update_content": ("$content_id",),
}


class EventFault(Exception):
    """Why an event is refused. `status` is Sift's number for it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def check_event(body: Mapping[str, object]) -> list[str]:
    """Raises EventFault for what is refused; answers warnings for what is taken all the same."""
    kind = body.get("$type")
    if not isinstance(kind, str) or not kind:
        raise EventFault(55, "Missing required field: $type")
    if kind.startswith("$") and kind not in _TYPES:
        raise EventFault(105, f"Unknown reserved event type: {kind}")
    if not body.get("$user_id") and not body.get("$session_id"):
        raise EventFault(55, "Missing required field: $user_id or $session_id")
    for name in _NEEDED.get(kind, ()):
        if body.get(name) in (None, "", [], {}):
            raise EventFault(55, f"Missing required field: {name}")
    for name in body:
        if name.startswith("$") and name not in _FIELDS:
            raise EventFault(105, f"Unknown reserved field: {name}")
        if not name or "." in name:
            raise EventFault(52, f"Invalid characters in field name: {name}")
    for name in ("$user_id", "$session_id", "$order_id", "$transaction_id"):
        found = body.get(name)
        if found and (not isinstance(found, str) or not _ID.fullmatch(found)):
            raise EventFault(53, f"Invalid characters in field value: {name}")
    amount = body.get("$amount")
    if amount is not None and (not isinstance(amount, int) or isinstance(amount, bool)):
        raise EventFault(53, "Invalid field value: $amount must be a whole number of micros")
    return _warnings(body)


def _warnings(body: Mapping[str, object]) -> list[str]:
    found = []
    currency = body.get("$currency_code")
    if currency is not None and not re.fullmatch(r"[A-Z]{3}", str(currency)):
        found.append("Invalid value for $currency_code: expected an ISO 4217 code")
    for name in ("$billing_address", "$shipping_address"):
        address = body.get(name)
        if isinstance(address, dict) and not re.fullmatch(r"[A-Z]{2}", str(address.get("$country", "US"))):
            found.append(f"Invalid value for {name}.$country: expected an ISO 3166 code")
    return found


def remember(memory: dict[str, object], body: Mapping[str, object]) -> None:
    """Keeps a user's newest mail address and internet address, and that there was an event at all."""
    users = memory.setdefault("users", {})
    user = body.get("$user_id")
    if isinstance(users, dict) and isinstance(user, str):
        own = users.setdefault(user, {})
        for name in ("$user_email", "$ip"):
            if body.get(name):
                own[name] = str(body[name])
