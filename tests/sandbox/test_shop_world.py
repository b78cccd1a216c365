"""What a made-up shop begins with hangs together, whatever its seed and size: pages, sums, times, and who bought what."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from shopwarden.sandbox.shop_people import customer_record, phone
from shopwarden.sandbox.shop_sales import order_record
from shopwarden.sandbox.shop_search import bounds, finds, read_search
from shopwarden.sandbox.shop_state import App, Shop
from shopwarden.sandbox.shop_world import World, seconds

worlds = st.builds(
    World,
    seed=st.text(max_size=8),
    customers=st.integers(1, 300),
    orders=st.integers(0, 900),
    until=st.just(datetime(2026, 11, 1, tzinfo=UTC)),
)


@given(worlds)
@settings(max_examples=40, deadline=None)
def test_every_order_has_one_owner_who_knows_of_it(world: World) -> None:
    owners = Counter(world.owner(index) for index in range(world.orders))
    for customer in range(world.customers):
        orders = list(world.orders_of(customer))
        assert orders == sorted(set(orders))
        assert len(orders) == owners[customer]
        assert all(world.owner(index) == customer for index in orders)


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_times_grow_with_the_numbers_and_nobody_buys_before_coming(world: World) -> None:
    came = [world.customer_time(index) for index in range(world.customers)]
    bought = [world.order_time(index) for index in range(world.orders)]
    assert came == sorted(came)
    assert bought == sorted(bought)
    assert not bought or (max(came) <= min(bought) and max(bought) <= world.until.timestamp())


@given(worlds, st.data())
@settings(max_examples=40, deadline=None)
def test_an_orders_sums_add_up_and_it_is_the_same_each_time(world: World, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, max(world.orders, 1) - 1))
    order = order_record(world, index)
    goods, shipping, tax = world.cents(index)
    assert order["_total"] == goods + shipping + tax
    assert order == order_record(world, index)
    other = World(world.seed + "x", world.customers, world.orders, world.until)
    assert order_record(other, index)["shippingAddress"] != order["shippingAddress"] or other.ip(0, index) != world.ip(
        0, index
    )


def test_nobody_shares_an_address_or_a_number() -> None:
    world = World("unique", 20_000, 0, datetime(2026, 11, 1, tzinfo=UTC))
    mails = {world.mail(index) for index in range(world.customers)}
    phones = [number for index in range(world.customers) if (number := phone(world, index))]
    assert len(mails) == world.customers
    assert len(phones) == len(set(phones)) > 1000


TERMS = st.sampled_from(
    ["id:>={id}", "id:<{id}", "id:{id}", "created_at:>='{at}'", "updated_at:<={at}", "processed_at:<{at}", "name:{name}",
     "financial_status:paid", "-financial_status:paid", "created_at:{at}"]
)  # fmt: skip


@given(worlds.filter(lambda world: world.orders > 0), st.lists(TERMS, min_size=1, max_size=3), st.data())
@settings(max_examples=80, deadline=None)
def test_a_search_narrowed_beforehand_finds_what_looking_at_all_finds(
    world: World, terms: list[str], data: st.DataObject
) -> None:
    known = order_record(world, data.draw(st.integers(0, world.orders - 1)))
    values = {"id": known["legacyResourceId"], "at": known["createdAt"], "name": known["name"]}
    search = read_search(" ".join(terms).format(**values))
    low, high = bounds(search, world, "order")
    everywhere = [index for index in range(world.orders) if finds(search, order_record(world, index))]
    assert all(low <= index < high for index in everywhere)


@given(worlds)
@settings(max_examples=20, deadline=None)
def test_what_customers_spent_is_what_their_orders_cost(world: World) -> None:
    shop = Shop("demo.myshopify.com", world, {"a": App("a", "s", "A", 1)})
    total = sum(shop.spent(shop.customers.first + index)[1] for index in range(world.customers))
    orders = [order_record(world, index) for index in range(world.orders)]
    assert total == sum(int(str(order["_total"])) for order in orders if not order["cancelledAt"])
    for index in range(min(world.customers, 5)):
        assert seconds(str(customer_record(world, index)["createdAt"])) == world.customer_time(index)
