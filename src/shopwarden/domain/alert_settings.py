"""What a store wants of its alerts: kinds that are told to nobody, and how long to wait before telling again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from shopwarden.domain.alert import AlertKind
from shopwarden.domain.thresholds import Thresholds


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`muted`: kinds that are listed and told to no channel. An open alert that goes on is told again after
    `repeat_after_minutes`; a critical one nobody acknowledged is escalated `escalate_after_minutes` after it began, null:
    never. One that nothing was added to for `resolve_after_hours` is taken for over. `thresholds`: from when
    on what is watched is worth an alert."""

    muted: tuple[AlertKind, ...] = ()
    repeat_after_minutes: Annotated[int, Meta(ge=1, le=10_080)] = 60
    escalate_after_minutes: Annotated[int, Meta(ge=1, le=10_080)] | None = 15
    resolve_after_hours: Annotated[int, Meta(ge=1, le=2_160)] = 72
    thresholds: Thresholds = Thresholds()


def alert_settings(kept: object) -> AlertSettings:
    """From what the store keeps under `alerts`; each part that is missing or unreadable has its default."""
    if not isinstance(kept, Mapping):
        return AlertSettings()
    try:
        return msgspec.convert(kept, AlertSettings)
    except msgspec.ValidationError:
        return msgspec.convert(
            {name: kept[name] for name in AlertSettings.__struct_fields__ if _reads(name, kept)}, AlertSettings
        )


def _reads(name: str, kept: Mapping[str, object]) -> bool:
    try:
        msgspec.convert({name: kept[name]}, AlertSettings)
    except (KeyError, msgspec.ValidationError):
        return False
    return True
