"""Made-up persons behind a mail address or a phone number: the same for every vendor that sells knowledge of people."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from shopwarden.sandbox.dice import Dice

_GIVEN = str.split(
    "Ada Aron Bela Bruno Clara Colin Dalia Darius Edda Emil Farah Felix Gesa Gustav Helen Henrik Ida Ilan Judit Joris Karin "
    "Kian Lena Levi Maren Milo Nora Nils Orla Otto Petra Quirin Ruth Rolf Selma Sven Tilda Tarek Uta Urs Vera Viktor Yara"
)
_FAMILY = str.split(
    "Abend Arlow Birkin Brandt Castell Corvin Dahl Dorsey Eklund Ennis Falk Ferro Garland Grohm Halden Hart Iversen Jansky "
    "Kepler Kohl Larsen Lindt Marlow Moreau Nolan Norberg Olsen Pastor Quist Reeve Rossi Sandor Stahl Thorn Ulmer Vidal"
)
_JOBS = (
    ("Software Engineer", "engineering", "senior"),
    ("Marketing Manager", "marketing", "manager"),
    ("Teacher", "education", ""),
    ("Nurse", "health", ""),
    ("Sales Director", "sales", "director"),
    ("Product Designer", "design", "senior"),
    ("Accountant", "finance", ""),
    ("Founder", "leadership", "owner"),
)
_FIRMS = ("Alder Works", "Brightwater", "Cobalt Freight", "Dune Labs", "Elmfield Schools", "Fjord Optics", "Granite Health")
_HOMES = (
    ("Portland", "Oregon", "OR", "United States", "US", 45.52, -122.68, "America/Los_Angeles", -8),
    ("Austin", "Texas", "TX", "United States", "US", 30.27, -97.74, "America/Chicago", -6),
    ("Boston", "Massachusetts", "MA", "United States", "US", 42.36, -71.06, "America/New_York", -5),
    ("Leeds", "England", "ENG", "United Kingdom", "GB", 53.80, -1.55, "Europe/London", 0),
    ("Hamburg", "Hamburg", "HH", "Germany", "DE", 53.55, 9.99, "Europe/Berlin", 1),
    ("Toronto", "Ontario", "ON", "Canada", "CA", 43.65, -79.38, "America/Toronto", -5),
)


@dataclass(frozen=True, slots=True)
class Home:
    city: str
    region: str
    region_code: str
    country: str
    country_code: str
    latitude: float
    longitude: float
    time_zone: str
    utc_offset: int

    def line(self) -> str:
        return f"{self.city}, {self.region}, {self.country}"


@dataclass(frozen=True, slots=True)
class Person:
    given: str
    family: str
    sex: str
    born: int
    home: Home
    title: str
    field: str
    seniority: str
    firm: str
    handle: str
    children: bool
    dice: Dice

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


@cache
def _known() -> dict[str, Person]:
    """Persons that vendors themselves name in their documentation and fixtures, by address and number, and as hashes."""
    francisco = Home("San Francisco", "California", "CA", "United States", "US", 37.77, -122.42, "America/Los_Angeles", -8)
    dice = Dice("documented")
    ross = Person(
        "Marquita", "Ross", "female", 1984, francisco, "Senior Petroleum Manager", "engineering", "manager", "Mostow Co.",
        "marqross91", True, dice.about("ross"),
    )  # fmt: skip
    thorne = Person(
        "Sean", "Thorne", "male", 1990, francisco, "Co-Founder", "leadership", "owner", "People Data Labs", "seanthorne",
        False, dice.about("thorne"),
    )  # fmt: skip
    maccaw = Person(
        "Alex", "MacCaw", "male", 1989, francisco, "Founder", "leadership", "owner", "Clearbit", "alexmaccaw", False,
        dice.about("maccaw"),
    )  # fmt: skip
    plain = {
        "marquitaross006@gmail.com": ross,
        "+14105551773": ross,
        "sean@peopledatalabs.com": thorne,
        "alex@clearbit.com": maccaw,
    }
    hashed = {digest: who for key, who in plain.items() for digest in digests(key)}
    return plain | hashed


def digests(text: str) -> tuple[str, str, str]:
    """MD5, SHA-1 and SHA-256 as hexadecimal digits: the forms in which an address may be asked about."""
    raw = text.strip().lower().encode()
    md5, sha1 = hashlib.md5(raw, usedforsecurity=False), hashlib.sha1(raw, usedforsecurity=False)
    return md5.hexdigest(), sha1.hexdigest(), hashlib.sha256(raw).hexdigest()


def person_of(key: str, dice: Dice) -> Person | None:
    """The person with this mail address, phone number or hash of one; None for the third or so whom nobody knows.

    An address and its SHA-256 give the same person; so do the other hashes for the persons vendors document.
    """
    written = key.strip().lower()
    if not written or written.partition("@")[0] == "unknown":
        return None
    if written in _known():
        return _known()[written]
    own = dice.about("person", written if len(written) == 64 and "@" not in written else digests(written)[2])
    if not own.happens("known", 0.66):
        return None
    sex = own.pick("sex", ("female", "male"))
    given, family = own.pick("given", _GIVEN), own.pick("family", _FAMILY)
    title, field, seniority = own.pick("job", _JOBS)
    return Person(
        given=given,
        family=family,
        sex=sex,
        born=own.whole("born", 1948, 2004),
        home=Home(*own.pick("home", _HOMES)),
        title=title,
        field=field,
        seniority=seniority,
        firm=own.pick("firm", _FIRMS),
        handle=f"{given}{family}{own.whole('handle', 1, 99)}".lower(),
        children=own.happens("children", 0.4),
        dice=own,
    )
