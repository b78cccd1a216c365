"""The profile FullContact answers with, all bundles in it."""

from __future__ import annotations

from collections.abc import Sequence

from shopwarden.sandbox.persons import Home, Person

_TODAY = 2026


def profile(who: Person, parts: Sequence[object] | None) -> dict[str, object]:
    """A person; with `parts` (the request's `dataFilter`) only these of `details`, whose individual part is always there."""
    age, home, own = _TODAY - who.born, who.home, who.dice
    details = _details(who, age)
    if parts is not None:
        details = {name: value for name, value in details.items() if name in {str(part) for part in parts} or name == "name"}
    return {
        "fullName": who.name,
        "ageRange": _range(age),
        "gender": who.sex.title(),
        "location": home.line(),
        "title": who.title,
        "organization": who.firm,
        "twitter": f"https://twitter.com/{who.handle}" if own.happens("twitter", 0.4) else None,
        "linkedin": f"https://www.linkedin.com/in/{who.handle}" if own.happens("linkedin", 0.7) else None,
        "facebook": None,
        "bio": f"{who.title} at {who.firm}",
        "avatar": None,
        "website": None,
        "details": details,
        "updated": "2026-10-01",
        "isSandboxProfile": True,
    }


def _details(who: Person, age: int) -> dict[str, object]:
    home, own = who.home, who.dice
    return {
        "name": {"given": who.given, "family": who.family, "full": who.name},
        "age": {"range": _range(age), "value": age},
        "gender": who.sex.title(),
        "demographics": {
            "gender": who.sex.title(),
            "age": {"range": _range(age), "value": age},
            "livingStatus": own.pick("living", ("Probable Homeowner", "Homeowner", "Renter")),
            "maritalStatus": own.pick("married", ("MARRIED", "SINGLE")),
            "occupation": who.title,
        },
        "household": _household(who),
        "finance": {"bankCard": "Multiple Bank Card", "retailCard": "Single Retail Card", "activeLineOfCredit": True},
        "census": {"year2010": {"educationLevel": "Some College"}},
        "survey": {"religious": own.happens("religious", 0.3), "dietConcerns": {"general": own.happens("diet", 0.3)}},
        "buyer": {"catalog": {"books": True}},
        "emails": [],
        "phones": [],
        "profiles": {
            "linkedin": {
                "service": "linkedin",
                "username": who.handle,
                "url": f"https://www.linkedin.com/in/{who.handle}",
                "followers": own.whole("followers", 3, 900),
            }
        },
        "locations": [_location(home)],
        "employment": [
            {"name": who.firm, "title": who.title, "current": True, "start": {"year": own.whole("start", 2008, 2024)}}
        ],
        "photos": [],
        "education": [
            {"name": f"{home.city} College", "degree": own.pick("degree", ("BA", "BSc", "MA")), "end": {"year": 2010}}
        ],
        "urls": [],
        "interests": [
            {"name": name, "id": f"id_{place}", "affinity": "MEDIUM", "parentIds": [], "category": "leisure"}
            for place, name in enumerate(own.pick("interests", ((), ("cycling",), ("cooking", "travel"))))
        ],
    }


def _location(home: Home) -> dict[str, object]:
    return {
        "label": "home",
        "city": home.city,
        "region": home.region,
        "regionCode": home.region_code,
        "country": home.country,
        "countryCode": home.country_code,
        "formatted": home.line(),
    }


def _household(who: Person) -> dict[str, object]:
    own, children = who.dice, who.dice.whole("children.count", 1, 3) if who.children else 0
    income = own.pick("income", ("$50,000 - $74,999", "$75,000 - $99,999", "$150,000 - $199,999"))
    return {
        "familyInfo": {"totalAdults": 2, "totalChildren": children, "totalPeopleInHousehold": 2 + children},
        "homeInfo": {"dwellingType": "Single Family Dwelling", "homeValueEstimate": own.whole("home", 90, 900)},
        "locationInfo": {"seasonalAddress": False},
        "presence": {"children": "PRESENT" if children else "NOT_PRESENT", "multigenerationalResident": "NOT_PRESENT"},
        "finance": {"householdIncomeEstimate": income, "netWorthRange": "$50,000 - $74,999"},
    }


def _range(age: int) -> str:
    bounds = (18, 25, 35, 45, 55, 65)
    low = max((bound for bound in bounds if bound <= age), default=18)
    return "65+" if low == 65 else f"{low}-{bounds[bounds.index(low) + 1] - 1}"
