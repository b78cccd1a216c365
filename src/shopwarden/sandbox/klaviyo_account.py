"""The account of one sandbox, made when it is first asked for."""

from __future__ import annotations

from datetime import UTC, datetime

from shopwarden.sandbox.klaviyo_state import Account
from shopwarden.sandbox.shop_house import DEFAULT, ORDERS
from shopwarden.sandbox.shop_world import World
from shopwarden.sandbox.stand_in import Heard

PROFILES = 150


def account_of(heard: Heard) -> Account:
    found = heard.memory.get("account")
    if isinstance(found, Account):
        return found
    return settle(heard.memory, World(DEFAULT, PROFILES, ORDERS, _midnight()))


def settle(memory: dict[str, object], world: World) -> Account:
    account = Account(world)
    memory["account"] = account
    return account


def _midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
