"""Which customers are one person, and whose a visitor is. Customers are only linked, never merged, by these rules. Pure.

Two customers are linked when one visitor was tied to both, or when they have the same phone number, as long as that visitor
or number belongs to at most MOST_SHARING customers (more is a shop counter, a school, an invented number). First names that
differ break a link: a household shares a tablet and a landline and is still several people. Names also break what only
hangs together through a nameless customer: then those of the same name stay linked and the nameless ones stand alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from unicodedata import combining, normalize
from uuid import UUID

from shopwarden.domain.ids import CustomerId, VisitorId

MOST_SHARING = 3
KINDS = ("identify", "checkout", "order")
"""What ties a visitor to a customer, weakest first; decides between ties of the same instant."""


class Tie(NamedTuple):
    """A visitor was this customer from `first` to `last`, as far as this kind of link tells."""

    visitor_id: VisitorId
    customer_id: CustomerId
    kind: str
    first: datetime
    last: datetime


def owner_of_visitor(ties: Iterable[Tie]) -> CustomerId | None:
    """The customer a visitor was tied to last."""
    newest = max(ties, key=lambda tie: (tie.last, KINDS.index(tie.kind), tie.customer_id), default=None)
    return None if newest is None else newest.customer_id


def stretches(ties: Iterable[Tie]) -> list[tuple[datetime | None, CustomerId]]:
    """(from, customer): what a visitor did from that moment on was done by that customer; the first has no beginning."""
    points = {(moment, KINDS.index(tie.kind), tie.customer_id) for tie in ties for moment in (tie.first, tie.last)}
    found: list[tuple[datetime | None, CustomerId]] = []
    for moment, _, customer_id in sorted(points):
        if found and found[-1][1] == customer_id:
            continue
        if found and found[-1][0] == moment:
            found.pop()
        found.append((moment if found else None, customer_id))
    return found


def name_key(first_name: str | None) -> str | None:
    """A first name reduced to what two spellings of it share; None where there is none."""
    plain = "".join(mark for mark in normalize("NFKD", first_name or "") if not combining(mark)).casefold()
    words = re.findall(r"\w+", plain)
    return words[0] if words else None


def persons(names: Mapping[CustomerId, str | None], groups: Iterable[Sequence[CustomerId]]) -> dict[CustomerId, CustomerId]:
    """Customer -> its person, the smallest customer id of those linked.

    `names`: every customer with its name key. `groups`: for each visitor and each phone number the customers that share it.
    """
    edges: dict[CustomerId, set[CustomerId]] = {customer_id: set() for customer_id in names}
    for group in groups:
        members = {customer_id for customer_id in group if customer_id in names}
        if len(set(group)) <= MOST_SHARING:
            for one in members:
                edges[one] |= {other for other in members if other != one and not _differ(names[one], names[other])}
    person: dict[CustomerId, CustomerId] = {}
    for cluster in _components(edges):
        for part in _by_name(cluster, names, edges):
            person |= dict.fromkeys(part, CustomerId(min(part)))
    return person


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _by_name(
    cluster: set[CustomerId], names: Mapping[CustomerId, str | None], edges: Mapping[CustomerId, set[CustomerId]]
) -> Iterable[set[CustomerId]]:
    known = {names[customer_id] for customer_id in cluster} - {None}
    if len(known) <= 1:
        return [cluster]
    named = {customer_id: edges[customer_id] & cluster for customer_id in cluster if names[customer_id] is not None}
    alone = [{customer_id} for customer_id in cluster if names[customer_id] is None]
    return [*_components({one: others & named.keys() for one, others in named.items()}), *alone]


def _components(edges: Mapping[CustomerId, set[CustomerId]]) -> list[set[CustomerId]]:
    found: list[set[CustomerId]] = []
    seen: set[UUID] = set()
    for start in edges:
        if start in seen:
            continue
        cluster, waiting = {start}, [start]
        while waiting:
            fresh = edges[waiting.pop()] - cluster
            cluster |= fresh
            waiting.extend(fresh)
        seen |= cluster
        found.append(cluster)
    return found
