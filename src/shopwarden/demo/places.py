"""Where the shop's customers live: cities with their postal codes, streets, time zones, telephone and language habits."""

from __future__ import annotations

import msgspec

from shopwarden.demo.dice import Dice


class City(msgspec.Struct, frozen=True):
    name: str
    region: str
    region_code: str
    timezone: str
    postal: str
    """Pattern: # is a digit, @ a letter."""


class Country(msgspec.Struct, frozen=True):
    code: str
    name: str
    locale: str
    phone: str
    """Pattern of a mobile number in international form."""
    street: str
    """Pattern of a street line with {name} and {number}."""
    streets: tuple[str, ...]
    cities: tuple[City, ...]
    names: tuple[str, ...]
    """Which lists of names its people have."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    line1: str
    line2: str = ""
    city: City
    postal_code: str
    country: Country


_US_STREETS = ("Maple Avenue", "Oak Street", "Cedar Lane", "Elm Street", "Walnut Street", "Lakeview Drive", "Hillcrest Road",
               "Washington Avenue", "Sunset Boulevard", "Chestnut Street", "Park Place", "Willow Court")  # fmt: skip
_GB_STREETS = ("High Street", "Church Lane", "Station Road", "Victoria Road", "Mill Lane", "Queens Road", "Orchard Close")
_DE_STREETS = ("Hauptstraße", "Gartenstraße", "Bahnhofstraße", "Lindenweg", "Schillerstraße", "Am Markt", "Bergstraße")
_FR_STREETS = ("rue de la République", "rue Victor Hugo", "avenue de la Gare", "rue des Lilas", "rue du Moulin")

COUNTRIES = {
    country.code: country
    for country in (
        Country("US", "United States", "en-US", "+1614#######", "{number} {name}", _US_STREETS, (
            City("Columbus", "Ohio", "OH", "America/New_York", "432##"),
            City("Austin", "Texas", "TX", "America/Chicago", "787##"),
            City("Portland", "Oregon", "OR", "America/Los_Angeles", "972##"),
            City("Raleigh", "North Carolina", "NC", "America/New_York", "276##"),
            City("Denver", "Colorado", "CO", "America/Denver", "802##"),
            City("Chicago", "Illinois", "IL", "America/Chicago", "606##"),
            City("San Diego", "California", "CA", "America/Los_Angeles", "921##"),
            City("Miami", "Florida", "FL", "America/New_York", "331##"),
            City("Brooklyn", "New York", "NY", "America/New_York", "112##"),
            City("Seattle", "Washington", "WA", "America/Los_Angeles", "981##"),
        ), ("english", "english", "spanish", "south_asian", "chinese", "west_african")),
        Country("CA", "Canada", "en-CA", "+1416555####", "{number} {name}", _US_STREETS, (
            City("Toronto", "Ontario", "ON", "America/Toronto", "M#@ #@#"),
            City("Vancouver", "British Columbia", "BC", "America/Vancouver", "V#@ #@#"),
        ), ("english", "french", "chinese")),
        Country("GB", "United Kingdom", "en-GB", "+447911######", "{number} {name}", _GB_STREETS, (
            City("Leeds", "England", "ENG", "Europe/London", "LS# #AB"),
            City("Bristol", "England", "ENG", "Europe/London", "BS# #HN"),
            City("Glasgow", "Scotland", "SCT", "Europe/London", "G## #LP"),
        ), ("english", "english", "south_asian")),
        Country("DE", "Germany", "de-DE", "+49151########", "{name} {number}", _DE_STREETS, (
            City("Hamburg", "Hamburg", "HH", "Europe/Berlin", "22###"),
            City("Leipzig", "Sachsen", "SN", "Europe/Berlin", "041##"),
            City("Köln", "Nordrhein-Westfalen", "NW", "Europe/Berlin", "509##"),
        ), ("german", "german", "turkish")),
        Country("FR", "France", "fr-FR", "+3361#######", "{number} {name}", _FR_STREETS, (
            City("Lyon", "Auvergne-Rhône-Alpes", "ARA", "Europe/Paris", "6900#"),
            City("Nantes", "Pays de la Loire", "PDL", "Europe/Paris", "44000"),
        ), ("french",)),
        Country("AU", "Australia", "en-AU", "+6141#######", "{number} {name}", _GB_STREETS, (
            City("Melbourne", "Victoria", "VIC", "Australia/Melbourne", "30##"),
            City("Brisbane", "Queensland", "QLD", "Australia/Brisbane", "40##"),
        ), ("english", "chinese")),
        Country("BR", "Brazil", "pt-BR", "+55119########", "{name}, {number}", ("Rua das Flores", "Avenida Brasil"), (
            City("São Paulo", "São Paulo", "SP", "America/Sao_Paulo", "01###-###"),
        ), ("spanish",)),
        Country("VN", "Vietnam", "vi-VN", "+8490#######", "{number} {name}", ("Nguyễn Trãi", "Lê Lợi"), (
            City("Hanoi", "Hà Nội", "HN", "Asia/Ho_Chi_Minh", "1#####"),
        ), ("chinese",)),
    )
}  # fmt: skip
BUYERS = {"US": 62, "CA": 8, "GB": 11, "DE": 8, "FR": 5, "AU": 6}
"""Where honest customers live, as shares."""
STAYS = ("MX", "ES", "IT", "JP", "TH", "PT", "NL")
"""Where travellers go."""
FRAUD_HOMES = ("US", "VN", "BR", "GB", "NL", "ID", "RU")
_US_AREAS = ("614", "512", "503", "919", "303", "312", "619", "305", "718", "206")


def address_in(dice: Dice, code: str) -> Address:
    """A new address in a country of COUNTRIES."""
    country = COUNTRIES[code]
    city = dice.pick(country.cities)
    line1 = country.street.format(name=dice.pick(country.streets), number=dice.whole(1, 9800 if code == "US" else 190))
    line2 = f"Apt {dice.whole(1, 40)}{dice.pick(' ABC').strip()}" if code in ("US", "CA") and dice.chance(0.3) else ""
    return Address(line1=line1, line2=line2, city=city, postal_code=dice.filled(city.postal), country=country)


def phone_in(dice: Dice, code: str) -> str:
    if code == "US":
        return f"+1{dice.pick(_US_AREAS)}{dice.whole(2, 9)}{dice.filled('######')}"
    return dice.filled(COUNTRIES[code].phone)
