"""Tokens are renewed in time by one process, stored before their first use, sealed, and dead ones are told."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from shopwarden.contracts.vendor import VendorFault
from shopwarden.domain.ids import StoreId
from shopwarden.domain.sealing import Sealer
from shopwarden.errors import StopError
from shopwarden.steps.shop_connection import Held, ask_token, current_token, open_held, seal_held, shop_client
from shopwarden.steps.vendor_tools import VendorTools
from shopwarden.store.shop_tokens import ShopRow, Told, read_shop, renew_shop
from shopwarden.vendors.shopify_auth import ask_by_refresh
from tests.shopify_app.conftest import KEYS, Shop
from tests.shopify_app.installing import install_shop

NAME = "query { shop { name } }"


async def row_of(tools: VendorTools, store_id: StoreId) -> ShopRow:
    row = await read_shop(tools.database.pool, store_id)
    assert row is not None
    return row


async def held_of(tools: VendorTools, store_id: StoreId) -> Held:
    return open_held(tools.sealer, await row_of(tools, store_id))


async def change(tools: VendorTools, store_id: StoreId, held: Held, expires_at: datetime | None) -> None:
    await renew_shop(tools.database.pool, store_id, seal_held(tools.sealer, store_id, held), Told(expires_at=expires_at))


async def ends_in(tools: VendorTools, store_id: StoreId, wait: timedelta) -> None:
    await change(tools, store_id, await held_of(tools, store_id), datetime.now(UTC) + wait)


async def test_a_shop_answers_its_client(tools: VendorTools, connected: StoreId) -> None:
    async with shop_client(tools, connected) as shop:
        data = await shop.run(NAME)
    assert isinstance(data["shop"], dict)
    assert (await row_of(tools, connected)).api_version == "2026-10"


async def test_a_token_soon_to_end_is_renewed_once_by_many_at_a_time(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    old = await held_of(tools, store_id)
    await ends_in(tools, store_id, timedelta(minutes=4))
    before = await shop.calls("access_token")
    found = await asyncio.gather(*(current_token(tools, store_id) for _ in range(8)))
    assert len(set(found)) == 1
    assert found[0] != old.access_token
    assert await shop.calls("access_token") == before + 1
    row = await row_of(tools, store_id)
    assert row.expires_at is not None
    assert row.expires_at > datetime.now(UTC) + timedelta(minutes=30)
    async with shop_client(tools, store_id) as client:
        assert await client.run(NAME)


async def test_a_token_with_time_left_is_left_alone(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    before = await shop.calls("access_token")
    assert await current_token(tools, store_id) == (await held_of(tools, store_id)).access_token
    assert await shop.calls("access_token") == before


async def test_a_refused_token_is_renewed_and_the_query_asked_again(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    await shop.ask("POST", "/tokens/expire")
    async with shop_client(tools, store_id) as client:
        assert await client.run(NAME)


async def test_an_answer_lost_on_the_way_costs_nothing(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    first = await held_of(tools, store_id)
    await current_token(tools, store_id, refused=first.access_token)
    # The process died after asking and before storing: what is kept are the tokens before.
    await change(tools, store_id, first, datetime.now(UTC))
    token = await current_token(tools, store_id)
    assert token != first.access_token
    async with shop_client(tools, store_id) as client:
        assert await client.run(NAME)


async def test_a_newer_refresh_token_that_got_lost_gives_way_to_the_one_before(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    good = await held_of(tools, store_id)
    broken = Held(access_token=good.access_token, refresh_token="shprt_of_nobody", earlier=good.refresh_token)
    await change(tools, store_id, broken, datetime.now(UTC))
    assert await current_token(tools, store_id) != good.access_token
    assert (await row_of(tools, store_id)).state == "active"


async def renew(tools: VendorTools, store_id: StoreId) -> None:
    held = await held_of(tools, store_id)
    await current_token(tools, store_id, refused=held.access_token)


async def lose(tools: VendorTools, store_id: StoreId) -> None:
    """A renewal whose answer never comes: what is kept stays as it was."""
    held = await held_of(tools, store_id)
    row = await row_of(tools, store_id)
    await ask_token(tools, row.shop_domain, ask_by_refresh(tools.shop_app, row.shop_domain, held.refresh_token or ""))


async def run_out(tools: VendorTools, store_id: StoreId) -> None:
    await ends_in(tools, store_id, timedelta(0))


@pytest.mark.parametrize("seed", range(6))
async def test_in_whatever_order_answers_get_lost_the_shop_is_never_lost(tools: VendorTools, shop: Shop, seed: int) -> None:
    store_id = await install_shop(tools, shop)
    chance = random.Random(seed)
    for _ in range(12):
        await chance.choice((renew, lose, run_out))(tools, store_id)
        if chance.random() < 0.5:
            async with shop_client(tools, store_id) as client:
                assert await client.run(NAME)
    async with shop_client(tools, store_id) as client:
        assert await client.run(NAME)


async def test_a_dead_refresh_token_stops_the_jobs_and_says_what_to_do(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    await shop.ask("POST", "/tokens/revoke")
    with pytest.raises(StopError, match="open the app in the shop's admin"):
        async with shop_client(tools, store_id) as client:
            await client.run(NAME)
    row = await row_of(tools, store_id)
    assert row.state == "needs_reauth"
    calls = await shop.calls("")
    with pytest.raises(StopError):
        async with shop_client(tools, store_id):
            pass
    assert await shop.calls("") == calls


async def test_while_shopify_cannot_renew_a_token_still_good_is_used(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    await ends_in(tools, store_id, timedelta(minutes=4))
    await shop.sandbox.mode("shopify", "error", path="*access_token*", times=20)
    assert await current_token(tools, store_id) == (await held_of(tools, store_id)).access_token
    assert (await row_of(tools, store_id)).state == "active"


async def test_a_store_without_a_shop_says_so(tools: VendorTools, store_id: StoreId) -> None:
    with pytest.raises(StopError, match="no shop is connected"):
        async with shop_client(tools, store_id):
            pass


async def test_no_token_is_in_the_database_in_clear(tools: VendorTools, shop: Shop) -> None:
    store_id = await install_shop(tools, shop)
    held = await held_of(tools, store_id)
    sealed = (await row_of(tools, store_id)).sealed
    assert held.refresh_token is not None
    assert held.access_token.encode() not in sealed
    assert held.refresh_token.encode() not in sealed
    with pytest.raises(StopError):
        tools.sealer.open(sealed, f"shop:{StoreId(store_id)}x")


async def test_tokens_are_sealed_anew_when_the_key_was_changed(tools: VendorTools, connected: StoreId) -> None:
    old = (await row_of(tools, connected)).sealed
    tools.sealer = Sealer.of(f"another key of the tests that is long enough,{KEYS}")
    async with shop_client(tools, connected) as client:
        await client.run(NAME)
    new = (await row_of(tools, connected)).sealed
    assert new != old
    assert Sealer.of("another key of the tests that is long enough").open(new, f"shop:{connected}")


async def test_points_used_up_are_waited_for(tools: VendorTools, connected: StoreId) -> None:
    dear = "query { customers(first: 250) { nodes { id orders(first: 2) { nodes { id } } } } }"
    async with shop_client(tools, connected) as client:
        answers = await asyncio.gather(*(client.run(dear) for _ in range(4)))
    assert len(answers) == 4


async def test_a_query_that_is_wrong_is_not_asked_again(tools: VendorTools, connected: StoreId, shop: Shop) -> None:
    async with shop_client(tools, connected) as client:
        with pytest.raises(VendorFault) as told:
            await client.run("query { nothingOfThatName }")
    assert told.value.kind == "invalid_input"
    assert await shop.calls("graphql.json") == 1


def test_what_is_held_is_not_printed() -> None:
    assert "shpat" not in repr(Held(access_token="shpat_1", refresh_token="shprt_1"))
    assert msgspec.json.decode(msgspec.json.encode(Held(access_token="a")), type=Held).access_token == "a"
