"""How visits flow through a shop: the ways of many sessions, station by station, as nodes and links that lose nobody."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

import msgspec

from shopwarden.domain.page_kind import NAMES

LEAST_DEPTH, DEPTH, MOST_DEPTH = 2, 6, 12
MOST_SOURCES = 10
OTHER_SOURCES = "other sources"


class Ending(StrEnum):
    """How a session ends."""

    PAID = "paid"
    ABANDONED_CHECKOUT = "abandoned_checkout"
    ABANDONED_CART = "abandoned_cart"
    LEFT = "left"


def ending_of(*, paid: bool, at_checkout: bool, filled_basket: bool) -> Ending:
    """The farthest a session came: it paid, else it left a checkout, else a basket, else it just left."""
    if paid:
        return Ending.PAID
    if at_checkout:
        return Ending.ABANDONED_CHECKOUT
    return Ending.ABANDONED_CART if filled_basket else Ending.LEFT


ENDINGS = {"p": Ending.PAID, "k": Ending.ABANDONED_CHECKOUT, "b": Ending.ABANDONED_CART, "l": Ending.LEFT}
"""Letters of the endings, which are no letters of stations: a way and its ending are then one word."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions that went from one place to the next. `origin` is a letter of domain/page_kind.py, at step 0 the entry's
    name; `target` is such a letter at the next step, or one of ENDINGS."""

    step: int
    origin: str
    target: str
    sessions: int
    value: Decimal = Decimal(0)


class FlowNode(msgspec.Struct, frozen=True, kw_only=True):
    """`step` counts from 0, the entry; `kind` is entry, station or end; `sessions` pass through it."""

    id: str
    step: int
    kind: str
    name: str
    sessions: int


class FlowLink(msgspec.Struct, frozen=True, kw_only=True, rename={"origin": "from", "target": "to"}):
    """Sessions that went from one node straight to another, and what they were worth together."""

    origin: str
    target: str
    sessions: int
    value: Decimal


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What flows into a station flows out of it; all that enters arrives at an end."""

    nodes: list[FlowNode]
    links: list[FlowLink]
    sessions: int
    value: Decimal


_Place = tuple[int, str, str]
"""Step, kind and name of a node: nodes sort by it."""


def flow_of(passages: Iterable[Passage], depth: int) -> Flow:
    """The flow of these passages. Ends stand at step `depth` + 1, wherever a session left. From the 11th on, entries share
    one node, as small sources do."""
    known = list(passages)
    entries = _largest(one for one in known if one.step == 0)
    sessions: dict[tuple[_Place, _Place], int] = {}
    value: dict[tuple[_Place, _Place], Decimal] = {}
    for one in known:
        link = (_origin(one, entries), _target(one, depth))
        sessions[link] = sessions.get(link, 0) + one.sessions
        value[link] = value.get(link, Decimal(0)) + one.value
    through: dict[_Place, int] = {}
    for (origin, target), count in sessions.items():
        through[target] = through.get(target, 0) + count
        if origin[0] == 0:
            through[origin] = through.get(origin, 0) + count
    return Flow(
        nodes=[
            FlowNode(id=_name(place), step=place[0], kind=place[1], name=place[2], sessions=through[place])
            for place in sorted(through, key=lambda place: (place[0], -through[place], place))
        ],
        links=[
            FlowLink(origin=_name(link[0]), target=_name(link[1]), sessions=sessions[link], value=value[link])
            for link in sorted(sessions, key=lambda link: (link[0][0], -sessions[link], link))
        ],
        sessions=sum(one.sessions for one in known if one.step == 0),
        value=sum((one.value for one in known if one.step == 0), Decimal(0)),
    )


def _origin(one: Passage, entries: frozenset[str]) -> _Place:
    if one.step:
        return (one.step, "station", NAMES[one.origin])
    return (0, "entry", one.origin if one.origin in entries else OTHER_SOURCES)


def _target(one: Passage, depth: int) -> _Place:
    ending = ENDINGS.get(one.target)
    return (depth + 1, "end", ending.value) if ending else (one.step + 1, "station", NAMES[one.target])


def _largest(entering: Iterable[Passage]) -> frozenset[str]:
    totals: dict[str, int] = {}
    for one in entering:
        totals[one.origin] = totals.get(one.origin, 0) + one.sessions
    return frozenset(sorted(totals, key=lambda name: (-totals[name], name))[:MOST_SOURCES])


def _name(place: _Place) -> str:
    step, kind, name = place
    return f"{kind}:{name}" if kind != "station" else f"{step}:{name}"
