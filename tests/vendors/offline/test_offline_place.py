"""Post boxes, forwarders, and whether an address fits its country."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shopwarden.domain.facts import PlaceFacts
from shopwarden.domain.geo import haversine_km
from shopwarden.vendors.offline.countries import countries, time_zones_of
from shopwarden.vendors.offline.place import faults_of, read_place

GOOD = PlaceFacts(line1="1 Main St", city="Austin", region="TX", postal_code="78701", country="US")


BOXES = """
PO Box 12|P.O. Box 12|p o box 9|POB 1234|Post Office Box 3|GPO Box 1|Locked Bag 20|Postfach 10 20 30
Boîte postale 7|BP 123|B.P. 45|Case postale 4|Casella Postale 9|Apartado de Correos 55|Apartado 55
Caixa Postal 88|Postbus 99|Postboks 12|skr. poczt. 8|PMB 204|Skrytka pocztowa 8|Posta Kutusu 4|а/я 15
абонентский ящик 15|私書箱 12号|邮政信箱 100|사서함 7|ص.ب 44|Τ.Θ. 12
""".strip().replace("\n", "|")


@pytest.mark.parametrize("line", BOXES.split("|"))
def test_post_boxes_of_many_languages(line: str) -> None:
    assert read_place(PlaceFacts(line1=line)).is_po_box is True


@pytest.mark.parametrize(
    "line", ["12 Boxwood Lane", "5 Post Street", "10 Postal Way", "Rue de la Poste 3", "7 Poplar Box Hill Rd"]
)
def test_streets_are_no_post_boxes(line: str) -> None:
    assert read_place(PlaceFacts(line1=line, country="US")).is_po_box is False


def test_a_box_alone_means_a_post_box_only_where_it_does() -> None:
    assert read_place(PlaceFacts(line1="Box 123", country="SE")).is_po_box is True
    assert read_place(PlaceFacts(line1="RR 1 Box 23", country="US")).is_po_box is False


@pytest.mark.parametrize(
    "place",
    [
        PlaceFacts(line1="444 Alaska Avenue", line2="Suite #AB1234"),
        PlaceFacts(line1="8345 NW 66th Street"),
        PlaceFacts(line1="9 Any Rd", line2="STE 123456"),
        PlaceFacts(line1="9 Any Rd", line2="Unit QWX-48213"),
        PlaceFacts(line1="c/o Shipito, 9 Any Rd"),
        PlaceFacts(first_name="Stackry", last_name="Jo Smith", line1="9 Any Rd"),
        PlaceFacts(line1="Global Parcel Forwarding, 9 Any Rd"),
    ],
)
def test_freight_forwarders(place: PlaceFacts) -> None:
    assert read_place(place).is_freight_forwarder is True


@pytest.mark.parametrize(
    "line", ["9 Any Rd Apt 1204", "9 Any Rd Suite 400", "9 Any Rd # 12B", "12345 Shipley Road", "9 Forward Street"]
)
def test_ordinary_addresses_are_no_forwarders(line: str) -> None:
    assert read_place(PlaceFacts(line1=line)).is_freight_forwarder is False


@pytest.mark.parametrize(
    ("country", "good", "bad"),
    [
        ("US", "78701-1234", "7870"), ("CA", "K1A 0B1", "D1A 0B1"), ("GB", "SW1A 1AA", "SW1A1A"), ("DE", "10115", "1011"),
        ("FR", "75001", "7500A"), ("NL", "1012 AB", "0012 AB"), ("JP", "100-0001", "1000"), ("BR", "01310-100", "0131"),
        ("PL", "00-950", "00-95"), ("SE", "111 22", "1112"), ("IE", "D02 AF30", "D02"), ("IN", "110 001", "010001"),
    ],
)  # fmt: skip
def test_postal_codes_fit_their_country(country: str, good: str, bad: str) -> None:
    fits = PlaceFacts(line1="1 A St", city="B", region="C", country=country, postal_code=good)
    assert read_place(fits).is_valid is True
    assert faults_of(read_place(replace(fits, postal_code=bad))) == (f"postal_code does not fit {country}",)


def test_missing_parts_are_named() -> None:
    assert read_place(GOOD).is_valid is True
    assert faults_of(PlaceFacts(country="US")) == ("line1 missing", "city missing", "region missing", "postal_code missing")
    assert faults_of(PlaceFacts(country="HK", line1="1 Queen's Road")) == ()
    assert read_place(PlaceFacts(line1="1 Main St")).is_valid is None


def test_every_postal_pattern_is_for_a_known_country() -> None:
    rows = list(
        csv.DictReader(
            files("shopwarden.vendors.offline").joinpath("data/postal_codes.tsv").open(encoding="utf-8"), delimiter="\t"
        )
    )
    assert {row["country"] for row in rows} <= set(countries())
    assert len({row["country"] for row in rows}) == len(rows) >= 40


@given(
    st.builds(
        PlaceFacts,
        line1=st.text(),
        line2=st.none() | st.text(),
        city=st.text(),
        postal_code=st.text(),
        country=st.sampled_from(["US", "GB", "x", ""]),
    )
)
def test_no_text_breaks_the_reader(place: PlaceFacts) -> None:
    assert isinstance(read_place(place), PlaceFacts)


def test_countries_reach_their_great_cities() -> None:
    assert len(countries()) == 250
    for code, latitude, longitude in [
        ("US", 25.8, -80.2),
        ("US", 47.6, -122.3),
        ("AU", -31.9, 115.9),
        ("RU", 43.1, 131.9),
        ("CL", -53.2, -70.9),
    ]:
        country = countries()[code]
        assert haversine_km(country.latitude, country.longitude, latitude, longitude) < country.radius_km
    assert time_zones_of("DE") == ("Europe/Berlin", "Europe/Busingen")
    assert time_zones_of("??") == ()
