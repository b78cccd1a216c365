"""Lists as CSV: what is written reads back the same, and no line harms its neighbours, however the bytes are cut."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.csv_text import LineFault, Record, Records, write_rows
from shopwarden.domain.facts import PlaceFacts
from shopwarden.domain.list_csv import layout_of, read_record
from shopwarden.domain.list_entry import Listable, keys_of, normalise_value
from shopwarden.domain.place import place_key
from shopwarden.errors import RefuseError

HEADER = "list,kind,value,reason,expires_at"
LAYOUT = layout_of(HEADER, None, None)
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


def cut(data: bytes, sizes: list[int]) -> list[Record]:
    records, found, place = Records(), list[Record](), 0
    for size in sizes:
        found += records.feed(data[place : place + size])
        place += size
    found += records.feed(data[place:])
    return [*found, *records.end()]


@given(st.lists(st.lists(WORDS, min_size=2, max_size=4), min_size=1, max_size=8), st.lists(st.integers(1, 40), max_size=20))
def test_however_the_bytes_are_cut_the_records_are_the_same(rows: list[list[str]], sizes: list[int]) -> None:
    data = write_rows(rows)
    assert cut(data, sizes) == cut(data, [])


@given(reason=WORDS.map(str.strip), number=st.integers(0, 2**32 - 1))
def test_what_is_written_reads_back(reason: str, number: int) -> None:
    address = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    rows = [("block", "ip", address, reason.replace("\r", ""), "2027-01-01T00:00:00+00:00")]
    records = cut(write_rows(rows), [])
    if len(records) != 1 or records[0].text is None:
        return  # lone carriage returns end a line for nobody else
    entry = read_record(records[0].text, LAYOUT)
    assert entry.value == normalise_value("ip", address).value
    assert entry.expires_at == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("start", ["=1+1", "@sum", "+cmd|x", "-2+3", "'=1+1", "''@sum"])
def test_a_cell_is_no_formula_in_a_spreadsheet_and_reads_back(start: str) -> None:
    written = write_rows([("block", "device", start, start, "")]).decode().rstrip("\r\n")
    assert not any(cell[:1] in "=+@-" for cell in written.split(",") if cell)
    entry = read_record(written, LAYOUT)
    assert (entry.value, entry.reason) == (start, start)


def test_phone_numbers_stay_as_they_are() -> None:
    assert write_rows([("block", "phone", "+4915112345678")]) == b"block,phone,+4915112345678\r\n"


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    lines = ['block,ip,"203.0.113.1', *(f'block,ip,203.0.113.{n},5" pipe' for n in range(2, 60))]
    found = cut("\n".join(lines).encode(), [])
    assert [record.line for record in found] == list(range(1, 60))
    assert (found[0].text, found[0].fault) == (None, "has a quote that is not closed")
    assert all(record.text == line for record, line in zip(found[1:], lines[1:], strict=True))


def test_broken_bytes_and_endless_lines_are_told_by_their_line() -> None:
    data = b"\xef\xbb\xbfone\n\xff\xfe\n" + b"x" * 200_000 + b'\n"two\nlines",z\n\n a\x00b \nlast'
    found = cut(data, [7, 50_000, 50_000])
    assert [(record.line, record.text) for record in found] == [
        (1, "one"), (2, None), (3, None), (4, '"two\nlines",z'), (7, None), (8, "last")
    ]  # fmt: skip
    assert [record.fault for record in found if record.text is None] == [
        "is not UTF-8",
        "has more than 64 KB",
        "holds a NUL",
    ]


def test_columns_come_in_any_order_and_with_any_delimiter() -> None:
    layout = layout_of("Value;created_by;REASON;list", None, "email")
    entry = read_record('Ann@Example.com;x;"a;b";Watch', layout)
    assert (entry.list, entry.kind, entry.value, entry.reason) == ("watch", "email", "ann@example.com", "a;b")
    bare = layout_of("203.0.113.1", "block", "ip")
    assert (bare.has_header, read_record("203.0.113.0/24", bare).value) == (False, "203.0.113.0/24")


@pytest.mark.parametrize(("first", "field"), [("a,b", "header"), ("value", "list"), ("list,value", "kind"), ("", "header")])
def test_a_file_that_does_not_say_what_it_holds_is_refused(first: str, field: str) -> None:
    with pytest.raises(RefuseError) as refused:
        layout_of(first, None, None)
    assert field in refused.value.fields


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("deny,ip,203.0.113.1", "list"), ("block,iq,203.0.113.1", "kind"), ("block,ip", "value"), ("block,ip,x", "value"),
        ("block,ip,203.0.113.1,,tomorrow", "expires_at"), ("block,ip,203.0.113.1,,9999999-01-01", "expires_at"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_line_is_named(line: str, field: str) -> None:
    with pytest.raises(LineFault) as fault:
        read_record(line, LAYOUT)
    assert fault.value.field == field


STREETS = st.sampled_from(
    ["350 Fifth Avenue", "Hauptstraße 5", "12b Rue de l'Église", "Flat 3, 10 High St.", "Calle Mayor 1 2º"]
)
PLACES = st.builds(
    PlaceFacts,
    country=st.sampled_from(["US", "DE", "FR", "GB", None]),
    postal_code=st.sampled_from(["10118-0110", "10115", "SW1A 1AA", None]),
    city=st.sampled_from(["San José", "New York", "Köln"]),
    line1=STREETS,
    line2=st.sampled_from([None, "Apt 4", "#12"]),
)


@given(PLACES)
def test_the_key_of_an_orders_address_is_its_own_spelling_on_a_list(place: PlaceFacts) -> None:
    key = place_key(place)
    assert normalise_value("address", key).value == key


@given(st.sampled_from(["Ann.Smith+x@gmail.com", "b@googlemail.com", "c+tag@outlook.com", "d.e@example.org"]))
def test_a_listed_mailbox_is_met_by_everything_that_reaches_it(address: str) -> None:
    value = normalise_value("email", address).value
    assert ("email", value) in keys_of(Listable(email=address.lower()))
    assert normalise_value("email", value).value == value
