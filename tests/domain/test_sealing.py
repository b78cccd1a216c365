"""What is sealed opens only with its key, in its place, unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopwarden.domain.sealing import Sealer
from shopwarden.errors import StopError

OLD, NEW = "an old key of thirty-two letters!", "a new key, also thirty-two letters"
SEALER = Sealer([NEW])


@given(st.binary(max_size=2000), st.text(max_size=60))
def test_what_is_sealed_opens_again(plain: bytes, context: str) -> None:
    sealed = SEALER.seal(plain, context)
    assert SEALER.open(sealed, context) == plain
    assert len(plain) < 8 or plain not in sealed


@given(st.binary(max_size=200), st.data())
def test_a_changed_value_does_not_open(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(SEALER.seal(plain, "here"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StopError):
        SEALER.open(bytes(sealed), "here")


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_value_moved_elsewhere_does_not_open(here: str, there: str) -> None:
    sealed = SEALER.seal(b"secret", here)
    if here == there:
        assert SEALER.open(sealed, there) == b"secret"
    else:
        with pytest.raises(StopError):
            SEALER.open(sealed, there)


def test_a_rotated_key_still_opens_and_says_that_it_is_old() -> None:
    sealed = Sealer([OLD]).seal(b"secret", "place")
    both = Sealer([NEW, OLD])
    assert both.open(sealed, "place") == b"secret"
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(b"secret", "place"))
    with pytest.raises(StopError, match="does not hold any more"):
        Sealer([NEW]).open(sealed, "place")


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert SEALER.seal(b"secret", "place") != SEALER.seal(b"secret", "place")


def test_without_a_key_nothing_is_sealed_and_it_is_said() -> None:
    with pytest.raises(StopError, match="ENCRYPTION_KEYS"):
        Sealer.of("").seal(b"secret", "place")


def test_a_short_key_is_refused() -> None:
    with pytest.raises(StopError, match="at least 32"):
        Sealer.of("short")


@pytest.mark.parametrize("broken", [b"", b"\x01", b"\x02" + bytes(40), b"\x01abcd", bytes(64)])
def test_rubbish_does_not_open(broken: bytes) -> None:
    with pytest.raises(StopError):
        SEALER.open(broken, "place")
