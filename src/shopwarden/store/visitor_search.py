"""How a searched word finds visitors: by address, person, device or id, each through an index."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import msgspec

from shopwarden.store.customer_list import SEARCHED

MOST_PEOPLE = 1_000
"""A part of a name is shared by no more customers than this, or finds only these."""


class VisitorSearch(msgspec.Struct, frozen=True, kw_only=True):
    """What the word may stand for; a visitor found by any of it is found. Ranges include both ends."""

    ips: tuple[str, str] | None = None
    ids: tuple[UUID, UUID] | None = None
    devices: tuple[UUID, UUID] | None = None
    anonymous_start: str = ""
    email: str = ""
    """A whole one."""
    email_start: str = ""
    person: str = ""
    """Part of a name, e-mail or phone."""


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def search_conditions(search: VisitorSearch, put: Callable[[object], str]) -> list[str]:
    """Queries for visitor ids, with the store as $1; `put` binds a value and answers its mark."""
    found = []
    if search.ips is not None:
        first, last = put(search.ips[0]), put(search.ips[1])
        for table, name in (("visitors", "id"), ("visitor_ips", "visitor_id")):
            # Text of its own, for a mark is compared as the address it is.
            found.append(
                f"SELECT {name} FROM {table} WHERE store_id = $1 AND ip BETWEEN {first}::inet AND {last}::inet"  # noqa: S608
            )
    if search.ids is not None:
        first, last = put(search.ids[0]), put(search.ids[1])
        found.append(f"SELECT id FROM visitors WHERE store_id = $1 AND id BETWEEN {first} AND {last}")  # noqa: S608
    if search.devices is not None:
        first, last = put(search.devices[0]), put(search.devices[1])
        found.append(f"SELECT id FROM visitors WHERE store_id = $1 AND device_id BETWEEN {first} AND {last}")  # noqa: S608
    if search.anonymous_start:
        mark = put(_plain(search.anonymous_start) + "%")
        found.append(f"SELECT id FROM visitors WHERE store_id = $1 AND anonymous_id LIKE {mark}")  # noqa: S608
    return found + [_of_customers(condition) for condition in _people(search, put)]


def _people(search: VisitorSearch, put: Callable[[object], str]) -> list[str]:
    conditions = []
    if search.email:
        conditions.append(f"email = {put(search.email)}")
    if search.email_start:
        conditions.append(f"email LIKE {put(_plain(search.email_start) + '%')}")
    if search.person:
        conditions.append(f"{SEARCHED} ILIKE {put('%' + _plain(search.person) + '%')}")
    return conditions


def _of_customers(condition: str) -> str:
    """A visitor is a customer's when it is now, or ever was tied to it."""
    people = f"SELECT id FROM customers WHERE store_id = $1 AND {condition} LIMIT {MOST_PEOPLE}"  # noqa: S608
    return (
        f"SELECT id FROM visitors WHERE store_id = $1 AND customer_id IN ({people})"  # noqa: S608
        f" UNION SELECT visitor_id FROM identities WHERE store_id = $1 AND customer_id IN ({people})"
    )
