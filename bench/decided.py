"""Orders that were decided: facts of honest and of fraudulent buyers, each judged as live does, with what became of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from shopwarden.domain.facts import (
    Counts,
    CrowdFacts,
    CustomerFacts,
    DeviceFacts,
    EmailFacts,
    Facts,
    IpFacts,
    OrderFacts,
    PhoneFacts,
    PlaceFacts,
    SessionFacts,
    StoreFacts,
    VelocityFacts,
    VisitorFacts,
)
from shopwarden.domain.ids import StoreId, VerdictId, new_id
from shopwarden.domain.policy import DEFAULT_POLICY, Policy
from shopwarden.steps.judge import judge_and_keep
from shopwarden.store.database import Database
from shopwarden.store.verdicts import VERDICT_COLUMNS, NewVerdict

DAYS = 120
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
FRAUD_RATE = 0.02
COUNTRIES = ("US", "US", "US", "DE", "GB", "FR", "CA", "NG", "BR")
STORE = StoreFacts(currency="USD", fraud_rate=0.012, usual_order_value=Decimal("62.00"), high_order_value=Decimal("310.00"))
ORDER_COLUMNS = (
    "store_id", "id", "external_id", "source", "name", "email", "browser_ip", "total", "currency", "shipping_key",
    "created_at", "updated_at", "version", "risk_score", "risk_level", "advice", "verdict_id",
)  # fmt: skip
LABEL_COLUMNS = (
    "store_id", "id", "order_external_id", "order_id", "label", "source", "reference", "event_at", "known_at", "created_by",
    "created_at",
)  # fmt: skip


@dataclass
class Batch:
    """Rows for COPY."""

    orders: list[tuple[object, ...]]
    verdicts: list[tuple[object, ...]]
    labels: list[tuple[object, ...]]


def decided(store_id: StoreId, numbers: range, total: int, policy: Policy = DEFAULT_POLICY) -> Batch:
    """Orders of these numbers out of `total` spread over the days; the same for the same numbers but for their ids."""
    batch = Batch([], [], [])
    for number in numbers:
        dice = random.Random(number)
        at = FIRST + timedelta(days=DAYS) * (number / total)
        is_fraud = dice.random() < FRAUD_RATE
        facts = facts_of(dice, at, is_fraud)
        _add(batch, (store_id, number, is_fraud), facts, policy)
    return batch


async def copy(database: Database, batch: Batch) -> None:
    async with database.transaction() as connection:
        await connection.copy_records_to_table("orders", records=batch.orders, columns=ORDER_COLUMNS)
        await connection.copy_records_to_table("verdicts", records=batch.verdicts, columns=VERDICT_COLUMNS)
        await connection.copy_records_to_table("labels", records=batch.labels, columns=LABEL_COLUMNS)


def _add(batch: Batch, which: tuple[StoreId, int, bool], facts: Facts, policy: Policy) -> None:
    (store_id, number, is_fraud), external_id = which, str(which[1])
    order_id, verdict_id = new_id(), VerdictId(new_id())
    verdict, heard = judge_and_keep(facts, policy.weights, policy.ruleset, external_id)
    new = NewVerdict(
        id=verdict_id,
        subject="order",
        subject_id=order_id,
        customer_id=None,
        trigger="webhook",
        event_key=f"bench:{number}",
        verdict=verdict,
        facts=facts,
        policy=policy,
        heard=heard,
        created_at=facts.at,
    )
    batch.verdicts.append(new.row(store_id))
    order, email = facts.order, facts.email
    batch.orders.append(
        (store_id, order_id, external_id, "shopify", f"#{number}", email and email.address, facts.ip and facts.ip.address,
         order and order.total, "USD", None, facts.at, facts.at, "1", verdict.score, verdict.level, verdict.advice,
         verdict_id)
    )  # fmt: skip
    batch.labels += _labels(store_id, (order_id, external_id), facts.at, is_fraud)


def _labels(store_id: StoreId, order: tuple[UUID, str], at: datetime, is_fraud: bool) -> Iterator[tuple[object, ...]]:
    """A chargeback weeks later, or the word that nobody complained; of one order in ten nobody says anything."""
    order_id, number = order
    if not is_fraud and int(number) % 10 == 0:
        return
    known_at = at + timedelta(days=35 if is_fraud else 120)
    label, source = ("fraud", "dispute") if is_fraud else ("legitimate", "delivered")
    yield (store_id, new_id(), number, order_id, label, source, number, known_at, known_at, "system", known_at)


def facts_of(dice: random.Random, at: datetime, is_fraud: bool) -> Facts:
    """What would be known of one order. A fraudster shows some of the marks, an honest buyer now and then one of them."""
    odd = 0.45 if is_fraud else 0.04

    def mark() -> bool:
        return dice.random() < odd

    country, elsewhere = dice.choice(COUNTRIES), dice.choice(COUNTRIES)
    ip_country = elsewhere if mark() else country
    name = (f"First{dice.randrange(500)}", f"Last{dice.randrange(5000)}")
    known = not is_fraud and dice.random() < 0.5
    return Facts(
        at=at,
        store=STORE,
        order=_order(dice, mark(), name, (country, elsewhere if mark() else country)),
        customer=_customer(dice, at, known) if known or dice.random() < 0.5 else None,
        visitor=_visitor(dice, at, mark()) if dice.random() < 0.8 else None,
        session=_session(dice, mark()) if dice.random() < 0.8 else None,
        ip=IpFacts(
            address=f"203.0.{dice.randrange(256)}.{dice.randrange(256)}", country=ip_country, timezone="America/New_York",
            connection_type="Data Center" if mark() else "Residential", is_hosting=mark(), is_vpn=mark(), is_proxy=mark(),
            is_tor=is_fraud and dice.random() < 0.1, is_crawler=False, latitude=40.7, longitude=-74.0, accuracy_km=20.0,
        ),
        device=DeviceFacts(
            fingerprint=dice.randbytes(12).hex(), is_strong=True, browser="Chrome", os="Windows", is_bot=False,
            is_automated=mark() and mark(), timezone="America/New_York", languages=("en-US",), disagrees=mark(),
        ),
        email=EmailFacts(
            address=f"{name[0]}.{name[1]}@example.com".lower(), domain="example.com", is_valid=True, is_disposable=mark(),
            is_free=dice.random() < 0.6, is_role=False, randomness=0.9 if mark() else 0.1,
            name_agreement=0.0 if mark() else 0.9, domain_customers=dice.randrange(4),
        ),
        phone=PhoneFacts(number="+12025550123", is_valid=True, country=country, kind="voip" if mark() else "mobile"),
        velocity=_velocity(dice, mark()),
        crowd=CrowdFacts(ip=dice.randrange(3), device=1, address=1),
        joined_by=dice.choice(("session", "checkout", "email", "ip")),
    )  # fmt: skip


def _order(dice: random.Random, is_dear: bool, name: tuple[str, str], countries: tuple[str, str]) -> OrderFacts:
    total = Decimal(dice.randrange(30_000, 150_000) if is_dear else dice.randrange(900, 20_000)) / 100
    billing, shipping = (
        PlaceFacts(first_name=name[0], last_name=name[1], line1="1 Main Street", city="Springfield", postal_code="10001",
                   country=country, is_po_box=False, is_freight_forwarder=is_dear and dice.random() < 0.2, is_valid=True)
        for country in countries
    )  # fmt: skip
    return OrderFacts(
        total=total, currency="USD", item_count=dice.randrange(1, 6), distinct_items=1, largest_quantity=1,
        gift_card_share=1.0 if is_dear and dice.random() < 0.3 else 0.0, express_shipping=dice.random() < 0.2,
        billing=billing, shipping=shipping, card_country=countries[0], avs_result="N" if is_dear else "Y", cvv_result="M",
        failed_payments=dice.randrange(5) if is_dear else 0, distinct_cards_tried=1, platform_risk="low",
    )  # fmt: skip


def _customer(dice: random.Random, at: datetime, known: bool) -> CustomerFacts:
    return CustomerFacts(
        account_type="registered", created_at=at - timedelta(days=dice.randrange(1, 900) if known else 0),
        orders_count=dice.randrange(1, 9) if known else 0, seasoned_orders=dice.randrange(6) if known else 0, disputes=0,
        refunds=0, email_verified=known, known_ip=known, known_device=known, known_shipping_address=known,
        is_blocked=dice.random() < 0.001,
    )  # fmt: skip


def _visitor(dice: random.Random, at: datetime, is_hasty: bool) -> VisitorFacts:
    return VisitorFacts(
        first_seen=at - timedelta(hours=dice.randrange(1, 500)), sessions=1 if is_hasty else dice.randrange(1, 9),
        page_views=1 if is_hasty else dice.randrange(3, 40), avg_session_seconds=12.0 if is_hasty else 240.0,
        device_changes=4 if is_hasty and dice.random() < 0.3 else 0, location_changes=dice.randrange(3) if is_hasty else 0,
        distinct_ips_1h=1, distinct_ips_24h=1, checkouts_started=1, orders=0, failed_payments_total=0, linked_customers=1,
    )  # fmt: skip


def _session(dice: random.Random, is_hasty: bool) -> SessionFacts:
    return SessionFacts(
        seconds=14.0 if is_hasty else 300.0, seconds_to_checkout=9.0 if is_hasty else 200.0,
        page_views=2 if is_hasty else dice.randrange(3, 20), product_views=0 if is_hasty else 3, cart_adds=1,
        checkouts_started=1, median_page_seconds=2.0 if is_hasty else 22.0, page_rhythm=0.05 if is_hasty else 0.8,
        pages_per_minute=9.0 if is_hasty else 2.0, direct_checkout=is_hasty,
    )  # fmt: skip


def _velocity(dice: random.Random, is_busy: bool) -> VelocityFacts:
    few, many = Counts(h1=0, h24=0, d7=1), Counts(h1=dice.randrange(1, 6), h24=8, d7=12)
    counts = many if is_busy else few
    return VelocityFacts(
        orders_by_ip=counts, customers_by_ip=counts, emails_by_ip=few, cards_by_ip=few, orders_by_device=few,
        customers_by_device=counts, orders_by_email=few, ips_by_email=few, orders_by_address=few,
    )  # fmt: skip
