"""The people an account begins with, and what they did with its mails: each follows from seed and number alone."""

from __future__ import annotations

from shopwarden.sandbox.klaviyo_documents import Document, time_text
from shopwarden.sandbox.shop_people import address, customer_record, phone
from shopwarden.sandbox.shop_world import DAY, FIRST_CUSTOMER, World

_SYSTEM = {
    "Received Email": "received_email",
    "Opened Email": "opened_email",
    "Clicked Email": "clicked_email",
    "Bounced Email": "bounced_email",
    "Dropped Email": "dropped_email",
    "Marked Email as Spam": "marked_email_as_spam",
    "Subscribed to Email Marketing": "subscribed_to_email_marketing",
    "Unsubscribed from Email Marketing": "unsubscribed_from_email_marketing",
    "Updated Email Preferences": "updated_email_preferences",
    "Sent SMS": "sent_sms",
    "Received SMS": "received_sms",
    "Clicked SMS": "clicked_sms",
    "Failed to Deliver SMS": "failed_to_deliver_sms",
    "Subscribed to SMS Marketing": "subscribed_to_sms_marketing",
    "Unsubscribed from SMS Marketing": "unsubscribed_from_sms_marketing",
    "Received Push": "received_push",
    "Opened Push": "opened_push",
    "Bounced Push": "bounced_push",
}
TOPICS = {f"event:klaviyo.{word}": name for name, word in _SYSTEM.items()}
"""Webhook topic -> name of its metric."""
METRICS = (*_SYSTEM, "Placed Order", "Active on Site", "Viewed Product")
OPENED = METRICS.index("Opened Email")


def metric_id(place: int) -> str:
    return f"MTR{place:03d}"


def profile_id(place: int) -> str:
    return f"01SANDBOX{place:017d}"


def created(world: World, place: int) -> float:
    return float(world.customer_time(place) + 3600)


def updated(world: World, place: int) -> float:
    """When the profile was last changed, before anything happens here."""
    return created(world, place) + DAY


def attributes(world: World, place: int) -> Document:
    """All of a profile but what has to be asked for."""
    customer, home = customer_record(world, place), address(world, place)
    return {
        "email": world.mail(place),
        "phone_number": phone(world, place),
        "external_id": str(FIRST_CUSTOMER + place) if place % 2 == 0 else None,
        "first_name": customer["firstName"],
        "last_name": customer["lastName"],
        "organization": None,
        "locale": "en-US",
        "title": None,
        "image": None,
        "created": time_text(created(world, place)),
        "updated": time_text(updated(world, place)),
        "last_event_date": time_text(moments(world, place)[-1][0]),
        "location": {
            "address1": home["address1"],
            "address2": home["address2"],
            "city": home["city"],
            "country": home["country"],
            "latitude": str(home["latitude"]),
            "longitude": str(home["longitude"]),
            "region": home["province"],
            "zip": home["zip"],
            "timezone": "America/New_York",
            "ip": world.ip(place, 0),
        },
        "properties": {"Shopify Tags": customer["tags"], "$source": "Sandbox"},
    }


def subscriptions(world: World, place: int) -> Document:
    drawn = world.draw("consent", place)
    came = time_text(created(world, place))
    mail = "SUBSCRIBED" if drawn[0] < 120 else "UNSUBSCRIBED" if drawn[0] < 150 else "NEVER_SUBSCRIBED"
    text = "SUBSCRIBED" if drawn[1] < 50 and phone(world, place) else "NEVER_SUBSCRIBED"
    reason = ("HARD_BOUNCE", "SPAM_COMPLAINT", "USER_SUPPRESSED")[drawn[2] % 3] if drawn[3] < 8 else None
    reason = "UNSUBSCRIBE" if mail == "UNSUBSCRIBED" else reason
    return {
        "email": {
            "marketing": {
                "can_receive_email_marketing": mail == "SUBSCRIBED" and reason is None,
                "consent": mail,
                "consent_timestamp": came if mail != "NEVER_SUBSCRIBED" else None,
                "last_updated": came,
                "method": "FORM" if mail == "SUBSCRIBED" else None,
                "method_detail": "Footer form" if mail == "SUBSCRIBED" else None,
                "custom_method_detail": None,
                "double_optin": drawn[4] < 100,
                "suppression": [{"reason": reason, "timestamp": came}] if reason else [],
                "list_suppressions": [],
            }
        },
        "sms": {
            "marketing": {
                "can_receive_sms_marketing": text == "SUBSCRIBED",
                "consent": text,
                "consent_timestamp": came if text == "SUBSCRIBED" else None,
                "method": "CHECKOUT" if text == "SUBSCRIBED" else None,
                "method_detail": None,
                "last_updated": came,
            },
            "transactional": None,
        },
        "mobile_push": {
            "marketing": {"can_receive_push_marketing": False, "consent": "NEVER_SUBSCRIBED", "consent_timestamp": None}
        },
    }


def predictions(world: World, place: int) -> Document | None:
    """None for who has not bought often enough, as with the real one."""
    orders = sorted(world.orders_of(place))
    if len(orders) < 3:
        return None
    spent = sum(sum(world.cents(order)) for order in orders) / 100
    days = (world.order_time(orders[-1]) - world.order_time(orders[0])) / DAY / (len(orders) - 1)
    ahead = round(len(orders) * 0.4, 2)
    return {
        "historic_clv": round(spent, 2),
        "predicted_clv": round(spent * 0.4, 2),
        "total_clv": round(spent * 1.4, 2),
        "historic_number_of_orders": len(orders),
        "predicted_number_of_orders": ahead,
        "average_days_between_orders": round(days, 1),
        "average_order_value": round(spent / len(orders), 2),
        "churn_probability": round(world.draw("churn", place)[0] / 255, 3),
        "expected_date_of_next_order": time_text(world.order_time(orders[-1]) + days * DAY),
        "ranked_channel_affinity": ["email", "sms"],
    }


def moments(world: World, place: int) -> list[tuple[float, int]]:
    """(time, position in METRICS) of what the person did, oldest first."""
    drawn, came = world.draw("mails", place), created(world, place)
    room = max(DAY, (world.until.timestamp() - came) / 14)
    found: list[tuple[float, int]] = [(came, METRICS.index("Active on Site"))]
    for n in range(3 + drawn[0] % 6):
        sent = came + room * (n + 1) + drawn[1 + n] * 60
        found.append((sent, METRICS.index("Received Email")))
        if drawn[10 + n] < 40 + 4 * (drawn[1] % 40):
            found.append((sent + 900 + drawn[10 + n] * 60, OPENED))
            if drawn[20 + n] < 70:
                found.append((sent + 1000 + drawn[10 + n] * 60, METRICS.index("Clicked Email")))
    if drawn[31] < 8:
        found.append((found[-1][0] + 60, METRICS.index("Bounced Email")))
    return sorted(found)


def event_properties(world: World, place: int, number: int, metric: int) -> Document:
    drawn = world.draw(f"event {number}", place)
    found: Document = {"$event_id": f"{place}:{number}", "Campaign Name": f"Campaign {drawn[0] % 12 + 1}"}
    if metric == OPENED:
        # Mail programs that load every picture make opens nobody made.
        found |= {"machine_open": drawn[1] < 60, "Client Name": "Apple Mail" if drawn[1] < 60 else "Gmail"}
    return found
