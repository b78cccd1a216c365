"""What a store wants of vendors: which sensitive groups are kept of a person, and how long an order check waits."""

from __future__ import annotations

import msgspec

from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Connection


class EnrichmentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`person_fields`: those of `domain.answers.SENSITIVE` that are kept.

    `check_deadline_ms`: how long an order check waits for vendors.
    """

    person_fields: tuple[str, ...]
    check_deadline_ms: int


async def keep_enrichment_settings(connection: Connection, store_id: StoreId, wanted: EnrichmentSettings) -> None:
    await connection.execute(
        "UPDATE stores SET settings = settings || $2::jsonb WHERE id = $1", store_id, msgspec.to_builtins(wanted)
    )
