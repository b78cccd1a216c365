"""A customer's record as the Admin API shows it, from nothing but seed and number."""

from __future__ import annotations

from functools import lru_cache

from shopwarden.sandbox.shop_world import DAY, FAMILY, FIRST_CUSTOMER, GIVEN, World, gid, iso

CURRENCY = "USD"
_STREETS = ("Alder Way", "Birch Road", "Canal Street", "Dock Lane", "Elm Avenue", "Ferry Road", "Grove Street", "Hill Rise")
_MOST_PHONES = 4000
_AREAS = tuple(area for area in range(201, 301) if area % 100 not in {11, 23, 38, 47, 58, 59, 60})[:40]

Record = dict[str, object]
"""One object in the names of GraphQL. Members that begin with `_` are ours and never shown."""


def money(cents: int) -> Record:
    return {"amount": f"{cents // 100}.{cents % 100:02d}", "currencyCode": CURRENCY}


@lru_cache(65_536)
def bag(cents: int) -> Record:
    """The same amount in the shop's and in the customer's currency. Shared: never change one."""
    amount = money(cents)
    return {"shopMoney": amount, "presentmentMoney": amount}


def address(world: World, customer: int | None, order: int = 0, number: int = 0) -> Record:
    """Where the customer lives; for a guest, where the order goes. Names left out."""
    place = world.place(customer, order)
    drawn = world.draw("home", customer if customer is not None else -1 - order)
    return {
        "id": gid("MailingAddress", number),
        "company": None,
        "address1": f"{1 + drawn[0] % 180} {_STREETS[drawn[1] % len(_STREETS)]}",
        "address2": f"Flat {1 + drawn[2] % 30}" if drawn[3] < 40 else None,
        "city": place.city,
        "province": place.province,
        "provinceCode": place.province_code,
        "country": place.country,
        "countryCodeV2": place.code,
        "zip": place.zip,
        "phone": None,
        "latitude": round(place.latitude + drawn[4] / 5000, 5),
        "longitude": round(place.longitude + drawn[5] / 5000, 5),
    }


def named(home: Record, first: str, last: str) -> Record:
    return home | {"firstName": first, "lastName": last, "name": f"{first} {last}"}


def names(world: World, customer: int) -> tuple[str, str]:
    drawn = world.draw("customer", customer)
    return GIVEN[drawn[0] % len(GIVEN)], FAMILY[drawn[1] % len(FAMILY)]


def phone(world: World, customer: int) -> str | None:
    """A number nobody can have (555-01xx), each given out once."""
    step = max(3, -(-world.customers // _MOST_PHONES))
    order, rest = divmod(customer, step)
    if rest or order >= _MOST_PHONES:
        return None
    return f"+1{_AREAS[order // 100]}55501{order % 100:02d}"


def customer_record(world: World, index: int) -> Record:
    """What the customer bought is not in it: that is read from the orders."""
    drawn = world.draw("customer", index)
    number = FIRST_CUSTOMER + index
    first, last = names(world, index)
    came = iso(world.customer_time(index))
    home = named(address(world, index, number=number), first, last)
    years = max(1, (int(world.until.timestamp()) - world.customer_time(index)) // (365 * DAY))
    said_yes = drawn[3] < 110
    called = phone(world, index)
    return {
        "id": gid("Customer", number),
        "legacyResourceId": str(number),
        "firstName": first,
        "lastName": last,
        "displayName": f"{first} {last}",
        "createdAt": came,
        "updatedAt": came,
        "state": "ENABLED" if drawn[4] < 120 else "DISABLED",
        "verifiedEmail": drawn[5] < 240,
        "locale": "en",
        "note": "Prefers the back door" if drawn[6] == 7 else None,
        "tags": ["newsletter"] if said_yes else [],
        "taxExempt": False,
        "taxExemptions": [],
        "lifetimeDuration": f"about {years} years",
        "statistics": {"predictedSpendTier": (None, "LOW", "MEDIUM", "HIGH")[drawn[7] % 4]},
        "defaultEmailAddress": {
            "emailAddress": world.mail(index),
            "marketingState": "SUBSCRIBED" if said_yes else "NOT_SUBSCRIBED",
            "marketingOptInLevel": "SINGLE_OPT_IN" if said_yes else None,
            "marketingUpdatedAt": came if said_yes else None,
            "openTrackingLevel": "UNKNOWN",
            "validFormat": True,
        },
        "defaultPhoneNumber": _called(called),
        "defaultAddress": home,
        "addressesV2": [home],
        "canDelete": False,
        "dataSaleOptOut": False,
        "multipassIdentifier": None,
    }


def _called(number: str | None) -> Record | None:
    if number is None:
        return None
    return {
        "phoneNumber": number,
        "marketingState": "NOT_SUBSCRIBED",
        "marketingOptInLevel": None,
        "marketingUpdatedAt": None,
        "marketingCollectedFrom": None,
    }
