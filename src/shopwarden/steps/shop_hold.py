"""Stops an order in the shop: its fulfilment held and released, or the whole order cancelled as fraud."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from shopwarden.contracts.vendor import VendorFault
from shopwarden.steps.shop_client import ShopClient
from shopwarden.vendors import shopify_writing as text
from shopwarden.vendors.shopify_graphql import done

Sends = Callable[[ShopClient, bool], Awaitable[None]]
_HOLDABLE = frozenset({"OPEN", "SCHEDULED", "IN_PROGRESS", "ON_HOLD"})


class _Hold(msgspec.Struct, frozen=True):
    id: str
    handle: str | None = None


class _Fulfillment(msgspec.Struct, frozen=True):
    id: str
    status: str
    fulfillmentHolds: list[_Hold] = []

    @property
    def ours(self) -> list[str]:
        return [hold.id for hold in self.fulfillmentHolds if hold.handle == text.HOLD_HANDLE]


async def _fulfillments(shop: ShopClient, gid: str) -> list[_Fulfillment]:
    """None where the order is gone or cancelled."""
    data = await shop.run(text.FULFILLMENTS, {"id": gid})
    order = data.get("order")
    if not isinstance(order, Mapping) or order.get("cancelledAt"):
        return []
    try:
        return msgspec.convert(order.get("fulfillmentOrders", {}).get("nodes", []), list[_Fulfillment])
    except (msgspec.ValidationError, AttributeError):
        raise VendorFault("contract_changed", "Shopify tells of fulfilment orders in an unknown form") from None


def hold_order(gid: str, notes: str) -> Sends:
    """Holds every part of the order that has not left yet; what we hold already stays held."""

    async def send(shop: ShopClient, again: bool) -> None:
        for part in await _fulfillments(shop, gid):
            if part.status in _HOLDABLE and not part.ours:
                variables = {"id": part.id, "hold": text.hold_input(notes)}
                done(await shop.run(text.HOLD, variables), "fulfillmentOrderHold")

    return send


def release_order(gid: str) -> Sends:
    """Lets go of what we hold; holds of others stay."""

    async def send(shop: ShopClient, again: bool) -> None:
        for part in await _fulfillments(shop, gid):
            if part.ours:
                done(await shop.run(text.RELEASE, {"id": part.id, "holds": part.ours}), "fulfillmentOrderReleaseHold")

    return send


def cancel_order(gid: str, reason: str) -> Sends:
    """Cancels the order as fraud, with its money given back; asked again for a cancelled one it does nothing."""

    async def send(shop: ShopClient, again: bool) -> None:
        data = await shop.run("query Order($id: ID!) { order(id: $id) { id cancelledAt } }", {"id": gid})
        order = data.get("order")
        if isinstance(order, Mapping) and not order.get("cancelledAt"):
            done(await shop.run(text.CANCEL, {"id": gid, "note": f"shopwarden: {reason}"[:250]}), "orderCancel")

    return send
