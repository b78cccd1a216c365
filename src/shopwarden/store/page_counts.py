"""Views of people who did not agree to be recognised: added up by day, page kind, source, country and device kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection


class Counted(NamedTuple):
    """What is kept of a view: nothing that tells one person from another."""

    store_id: StoreId
    day: date
    page_kind: str
    source: str
    country_code: str
    device_kind: str


async def add_views(connection: Connection, views: Mapping[Counted, int]) -> None:
    """Adds to each kind of view; in one order always, so that two processes never wait for one another in a circle."""
    rows = sorted(views.items())
    columns = [list(column) for column in zip(*(key for key, _ in rows), strict=True)]
    await connection.execute(
        "INSERT INTO page_counts (store_id, day, page_kind, source, country_code, device_kind, views)"
        " SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])"
        " ON CONFLICT (store_id, day, page_kind, source, country_code, device_kind)"
        " DO UPDATE SET views = page_counts.views + excluded.views",
        *columns, [views for _, views in rows],
    )  # fmt: skip
