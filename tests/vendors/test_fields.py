"""Fields of a vendor's JSON are read leniently, and waits are read off headers without a clock."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.contracts.exchange import Reply
from shopwarden.contracts.vendor import VendorFault
from shopwarden.vendors.faults import fault_of, says_used_up, wait_of
from shopwarden.vendors.fields import Fields, read_object

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_any_value_is_read_or_is_none(value: object) -> None:
    fields = Fields({"x": value})
    assert fields.text("x") is None or fields.text("x") == (fields.text("x") or "").strip()
    assert fields.flag("x") in (True, False, None)
    number, whole = fields.number("x", -5, 5), fields.whole("x", 0, 5)
    assert number is None or -5 <= number <= 5
    assert whole is None or whole in range(6)
    assert fields.country("x") is None or len(fields.country("x") or "") == 2
    assert fields.day("x") is None or isinstance(fields.day("x"), date)
    assert all(fields.texts("x"))
    assert bool(fields.inside("x", "y")) in (True, False)
    assert all(isinstance(each, Fields) for each in fields.each("x"))


@pytest.mark.parametrize("text", ["N/A", "n/a", "", " ", "Premium required.", "\0"])
def test_what_says_nothing_is_none(text: str) -> None:
    assert Fields({"x": text}).text("x") is None
    assert Fields({"x": [text, "word"]}).texts("x") == ("word",)


def test_numbers_and_flags_are_read_from_words_too_but_never_from_each_other() -> None:
    fields = Fields({"number": "12.5", "flag": "True", "one": 1, "yes": True})
    assert (fields.number("number"), fields.flag("flag"), fields.flag("one"), fields.number("yes")) == (
        12.5,
        True,
        None,
        None,
    )


def test_days_are_those_of_utc() -> None:
    fields = Fields({"iso": "2011-04-14T23:26:37-04:00", "day": "2024-02-29", "seconds": 1302837997, "never": "2023-02-29"})
    assert [fields.day(name) for name in ("iso", "day", "seconds", "never")] == [
        date(2011, 4, 15), date(2024, 2, 29), date(2011, 4, 15), None,
    ]  # fmt: skip


def test_one_flag_of_several_is_enough_and_silence_is_unknown() -> None:
    assert Fields({"a": False, "b": True}).any_flag("a", "b") is True
    assert Fields({"a": False}).any_flag("a", "b") is False
    assert Fields({"a": "?"}).any_flag("a", "b") is None


@given(st.binary(max_size=50))
def test_what_is_no_object_breaks_the_contract(body: bytes) -> None:
    try:
        read_object(Reply(200, {}, body), "Parrot")
    except VendorFault as fault:
        kind = fault.kind
    else:
        kind = "contract_changed" if body.strip()[:1] == b"{" else "unexpected"
    assert kind == "contract_changed"


DATE = "Fri, 20 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7.0), ({"retry-after": "0"}, 0.0), ({"Retry-After": "999999999999"}, 86_400.0),
        ({"Retry-After": "Fri, 20 Nov 2026 10:01:00 GMT", "Date": DATE}, 60.0),
        ({"Retry-After": "Fri, 20 Nov 2026 09:00:00 GMT", "Date": DATE}, 0.0),
        ({"Retry-After": "Fri, 20 Nov 2026 10:01:00 GMT"}, None), ({"Retry-After": "soon", "Date": DATE}, None),
        ({"X-RateLimit-Reset": "1795168830", "Date": DATE}, 30.0), ({}, None), ({"Retry-After": "²"}, None),
    ],
)  # fmt: skip
def test_the_wait_a_vendor_asks_for(headers: dict[str, str], wait: float | None) -> None:
    assert wait_of(Reply(429, headers, b""), reset="X-RateLimit-Reset") == wait


@given(status=st.integers(100, 599), code=st.none() | st.text())
def test_every_status_that_is_no_success_is_a_fault(status: int, code: str | None) -> None:
    fault = fault_of(Reply(status, {}, b"rosa@example.org key"), "Parrot", code=code)
    assert fault.kind != "timeout"
    assert "rosa@" not in str(fault)
    assert status != 429 or fault.kind == "rate_limited"
    assert status < 500 or fault.kind == "unavailable"


def test_a_refusal_about_credits_is_told_from_one_about_the_key() -> None:
    assert says_used_up("You have exceeded the validations of your plan")
    assert not says_used_up("API Key is missing or invalid. Please check your request.")
    assert not says_used_up(None)
