"""A field of a body that takes few values is refused with these, wherever it lies."""

from __future__ import annotations

from typing import Annotated, Literal

import httpx
import msgspec
import pytest
from msgspec import Meta

from shopwarden.api.choices import choices_at
from shopwarden.domain.ids import StoreId


class Inner(msgspec.Struct):
    colour: Literal["", "blue", "red"] | None = None
    name: str = ""


class Outer(msgspec.Struct):
    inner: Inner
    many: Annotated[list[Inner], Meta(max_length=3)] | None = None
    by_name: dict[str, Inner] = {}


@pytest.mark.parametrize("path", ["inner.colour", "many[2].colour", "many[...].colour", "by_name[...].colour"])
def test_choices_are_found_at_any_depth(path: str) -> None:
    assert set(choices_at(Outer, path)) == {"blue", "red"}


@pytest.mark.parametrize("path", ["", "inner", "inner.name", "inner.other", "many.colour", "inner[0]", "[", "..."])
def test_what_takes_anything_or_is_not_there_has_none(path: str) -> None:
    assert choices_at(Outer, path) == ()


@pytest.mark.parametrize(
    ("body", "field", "told"),
    [
        (
            {"name": "x", "condition": "ip.is_vpn", "effect": {"advice": "allow"}},
            "effect.advice",
            "approve, decline, review",
        ),
        ({"name": "x", "condition": "ip.is_vpn", "state": "on"}, "state", "draft, live, off, partial, shadow"),
    ],
)
async def test_a_wrong_choice_is_answered_with_the_right_ones(
    client: httpx.AsyncClient, store_id: StoreId, body: dict[str, object], field: str, told: str
) -> None:
    answer = await client.post(f"/api/stores/{store_id}/rules", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": field, "message": f"takes {told}"}]
    assert "Not understood" in answer.json()["detail"]
