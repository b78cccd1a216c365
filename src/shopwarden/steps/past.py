"""A stored activity read back as a step of the fold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from shopwarden.domain.ids import tail_of
from shopwarden.domain.traffic_source import DIRECT
from shopwarden.sources.segment.shop import tell
from shopwarden.sources.segment.values import mapping
from shopwarden.steps.placing import step_of
from shopwarden.steps.thinking import Past
from shopwarden.vendors.offline.ip import IpLookup


def past_of(row: Mapping[str, object], lookup: IpLookup) -> Past:
    """`row` has id, created_at, activity_type, activity_data, ip_address, session_id and device_id."""
    identifier, at, session_id = row["id"], row["created_at"], row["session_id"]
    data, device, address = row["activity_data"], row["device_id"], row["ip_address"]
    assert isinstance(identifier, UUID)
    assert isinstance(at, datetime)
    assert isinstance(session_id, UUID)
    facts = lookup.lookup(address) if isinstance(address, str) else None
    step = step_of(
        at.timestamp(), tail_of(identifier), str(row["activity_type"]), device.hex if isinstance(device, UUID) else "", facts
    )
    if isinstance(data, dict):
        step.campaign = str(data.get("campaign") or "")
        step.page = str(data.get("path") or "")
        step.referrer = str(data.get("referrer") or "")
        step.revenue = float(data.get("revenue") or 0.0)
        step.automated = data.get("automated") is True
        step.source = str(data.get("source") or DIRECT)
        tell(step, mapping(data.get("properties")))
    return Past(step=step, id=identifier, created_at=at, session_id=session_id)
