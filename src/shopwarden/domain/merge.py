"""Several sources state the same field at several times: the newest statement wins, in whatever order they come.

A map of statements with `merge` is a state-based last-writer-wins map (Shapiro et al., *A comprehensive study of
convergent and commutative replicated data types*, 2011): merging is commutative, associative and idempotent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from shopwarden.domain.observation import CustomerObservation, Json
from shopwarden.domain.text import clean_json, clean_text

TAG = "tag."
CUSTOM = "custom."
_IDENTIFIERS = frozenset({"shopify_id", "user_id", "klaviyo_id"})
_HEAD = frozenset({"version", "at", "source"})
_SPREAD = frozenset({"tags_added", "tags_removed", "custom_attributes"})
_PLAIN = tuple(name for name in CustomerObservation.__struct_fields__ if name not in _IDENTIFIERS | _HEAD | _SPREAD)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Stated(NamedTuple):
    version: str
    source: str
    value: Json


Fields = dict[str, Stated]


def newer(one: Stated, other: Stated) -> Stated:
    """The statement that wins: greater version, then source, then value, so that no two different ones tie."""
    if one[:2] != other[:2]:
        return max(one, other, key=lambda stated: stated[:2])
    return max(one, other, key=lambda stated: _encode(stated.value))


def merge(*maps: Mapping[str, Stated]) -> Fields:
    """For each field of any map, the statement that wins."""
    merged: Fields = {}
    for fields in maps:
        for name, stated in fields.items():
            present = merged.get(name)
            merged[name] = stated if present is None else newer(present, stated)
    return merged


def stated_by(observation: CustomerObservation) -> Fields:
    """The statements of one observation; what it left UNSET is not among them."""
    version, source = observation.version, observation.source
    fields = {
        name: Stated(version, source, _plain(value)) for name in _PLAIN if (value := getattr(observation, name)) is not UNSET
    }
    for tag in observation.tags_added:
        fields[TAG + tag] = Stated(version, source, True)
    for tag in observation.tags_removed:
        fields[TAG + tag] = Stated(version, source, False)
    if observation.custom_attributes is not UNSET:
        for name, value in observation.custom_attributes.items():
            fields[CUSTOM + clean_text(name, 100)] = Stated(version, source, clean_json(value))
    return fields


def values_of(fields: Mapping[str, Stated]) -> dict[str, Json]:
    """Field -> winning value; tags and custom attributes folded back into one value each."""
    values = {name: stated.value for name, stated in fields.items() if not name.startswith((TAG, CUSTOM))}
    values["tags"] = list(_tags(fields))
    values["custom_attributes"] = {
        name[len(CUSTOM) :]: fields[name].value for name in sorted(fields) if name.startswith(CUSTOM)
    }
    return values


def _tags(fields: Mapping[str, Stated]) -> Iterable[str]:
    """The newest full list, changed by every single addition and removal that is newer than it."""
    whole = fields.get("tags")
    present = {str(tag) for tag in whole.value} if whole and isinstance(whole.value, list) else set()
    for name, stated in fields.items():
        if name.startswith(TAG) and (whole is None or stated.version > whole.version):
            (present.add if stated.value else present.discard)(name[len(TAG) :])
    return sorted(present)


def _plain(value: object) -> Json:
    """The value as it lies in JSON: times as ISO text, money as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return clean_json(msgspec.to_builtins(value))
