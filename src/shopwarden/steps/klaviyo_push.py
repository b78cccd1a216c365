"""Tells Klaviyo how risky and how valuable customers are, as properties of their profiles, where the store asks for it."""

from __future__ import annotations

import time

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.steps.accounts import Connected
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.klaviyo_push import Changed, changed_customers, keep_pushed
from shopwarden.vendors.klaviyo_api import refuse_faults, set_properties
from shopwarden.vendors.klaviyo_people import OWN_PROPERTIES

AT_ONCE = 50


def properties_of(told: Changed) -> dict[str, object]:
    """What is written into a profile. Money as a number, in the store's currency; null takes an old value away."""
    date = told.predicted_next_order_date
    values: dict[str, object] = {
        "risk_level": told.risk_level,
        "risk_score": told.risk_score,
        "lifetime_value": None if told.lifetime_value is None else float(told.lifetime_value),
        "predicted_lifetime_value": None if told.predicted_lifetime_value is None else float(told.predicted_lifetime_value),
        "churn_probability": None if told.churn_probability is None else float(told.churn_probability),
        "predicted_next_order_date": None if date is None else date.isoformat(),
    }
    return {OWN_PROPERTIES + name: value for name, value in values.items()}


async def push(tools: VendorTools, store_id: StoreId, account: Connected, seconds: float) -> bool:
    """Tells of changed customers for about so long; answers whether all are told. A profile Klaviyo refuses is left out."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        async with tools.database.pool.acquire() as connection:
            changed = await changed_customers(connection, store_id, AT_ONCE)
        for told in changed:
            error = await _tell(tools, store_id, account, told)
            async with tools.database.pool.acquire() as connection:
                await keep_pushed(connection, store_id, told, error)
        if len(changed) < AT_ONCE:
            return True
    return False


async def _tell(tools: VendorTools, store_id: StoreId, account: Connected, told: Changed) -> str | None:
    try:
        refuse_faults(
            await tools.outbound.ask(
                set_properties(account.account, told.profile_id, properties_of(told)),
                limits=account.vendor.limits,
                hosts=account.hosts(),
                lane=f"{store_id}:klaviyo",
                deadline=account.vendor.limits.total * 2,
            )
        )
    except VendorFault as fault:
        if fault.kind not in ("invalid_input", "contract_changed"):
            raise
        return str(fault)
    return None
