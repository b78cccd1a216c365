"""What a decision's signals said, kept in few bytes: all that another policy needs to know to advise anew."""

from __future__ import annotations

import msgspec

from shopwarden.domain.facts import Facts

WEAK_JOIN = "ip"
"""A visit found by its IP address alone may be a neighbour's."""


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """`by` stands for the signals' own code: what other code heard is heard anew. `strengths`: signal -> 0..1 of those that
    spoke, whatever a store's weights make of them. The rest is what a verdict takes from the facts beside signals and rules:
    the store's fraud rate, how the visit was joined, lists and a block."""

    by: bytes
    strengths: dict[str, float]
    fraud_rate: float | None = None
    weakly_joined: bool = False
    is_blocked: bool = False
    allowed: bool = False
    blocked_by_list: bool = False


def heard_in(facts: Facts, by: bytes, strengths: dict[str, float]) -> Heard:
    """The strengths beside what these facts say themselves."""
    lists = {hit.list for hit in facts.lists or ()}
    return Heard(
        by=by,
        strengths=strengths,
        fraud_rate=facts.store.fraud_rate,
        weakly_joined=facts.joined_by == WEAK_JOIN,
        is_blocked=facts.customer is not None and facts.customer.is_blocked,
        allowed="allow" in lists,
        blocked_by_list="block" in lists,
    )


_decoder = msgspec.msgpack.Decoder(Heard)


def write_heard(heard: Heard) -> bytes:
    return msgspec.msgpack.encode(heard)


def heard_prefix(by: bytes) -> bytes:
    """How everything begins that this code heard."""
    return msgspec.msgpack.encode(Heard(by, {}))[: 3 + len(by)]


def read_heard(kept: bytes) -> Heard:
    """msgspec.DecodeError or ValidationError: it was kept in another shape."""
    return _decoder.decode(kept)
