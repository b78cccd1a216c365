"""What a made-up shop sells, and where its customers live."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Good:
    number: int
    title: str
    kind: str
    cents: int


@dataclass(frozen=True, slots=True)
class Place:
    """`network`: the first number of addresses given out in that country."""

    city: str
    province: str
    province_code: str
    country: str
    code: str
    zip: str
    latitude: float
    longitude: float
    network: str


_SHELF = (
    ("Oak stool", "Furniture", 8900), ("Linen throw", "Textiles", 5400), ("Clay mug", "Kitchen", 1900),
    ("Brass lamp", "Lighting", 14900), ("Wool rug", "Textiles", 24900), ("Walnut tray", "Kitchen", 3900),
    ("Felt slippers", "Clothing", 4500), ("Canvas bag", "Bags", 3200), ("Leather belt", "Clothing", 5900),
    ("Steel bottle", "Kitchen", 2400), ("Desk clock", "Decor", 6900), ("Wall mirror", "Decor", 18900),
    ("Candle set", "Decor", 2800), ("Cotton sheets", "Textiles", 9900), ("Garden shears", "Garden", 3700),
    ("Seed box", "Garden", 1500), ("Rain jacket", "Clothing", 12900), ("Travel pack", "Bags", 15900),
    ("Smart speaker", "Electronics", 19900), ("Headphones", "Electronics", 29900), ("Gift card", "Gift card", 5000),
)  # fmt: skip

GOODS = tuple(Good(8_000_000_000_001 + n, *row) for n, row in enumerate(_SHELF))

PLACES = (
    Place("Portland", "Oregon", "OR", "United States", "US", "97205", 45.52, -122.68, "24"),
    Place("Austin", "Texas", "TX", "United States", "US", "78701", 30.27, -97.74, "70"),
    Place("Boston", "Massachusetts", "MA", "United States", "US", "02108", 42.36, -71.06, "73"),
    Place("Denver", "Colorado", "CO", "United States", "US", "80202", 39.74, -104.99, "67"),
    Place("Chicago", "Illinois", "IL", "United States", "US", "60601", 41.88, -87.63, "68"),
    Place("Toronto", "Ontario", "ON", "Canada", "CA", "M5H 2N2", 43.65, -79.38, "99"),
    Place("Leeds", "England", "ENG", "United Kingdom", "GB", "LS1 4DY", 53.80, -1.55, "86"),
    Place("Hamburg", "Hamburg", "HH", "Germany", "DE", "20095", 53.55, 10.00, "91"),
    Place("Lyon", "Auvergne-Rhône-Alpes", "ARA", "France", "FR", "69002", 45.76, 4.83, "90"),
    Place("Malmö", "Skåne", "M", "Sweden", "SE", "211 22", 55.61, 13.00, "90"),
    Place("Turin", "Piedmont", "TO", "Italy", "IT", "10123", 45.07, 7.69, "79"),
    Place("Melbourne", "Victoria", "VIC", "Australia", "AU", "3000", -37.81, 144.96, "101"),
)
