"""Which verdicts are worth an alert, how grave it is, and that none of them tells who the customer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from shopwarden.domain.facts import Facts, StoreFacts
from shopwarden.domain.ids import VerdictId
from shopwarden.domain.policy import Effect, ListHit, RuleHit
from shopwarden.domain.verdict import Band, Reason, Verdict, Weights
from shopwarden.signals import find_signals
from shopwarden.steps.verdict_alerts import raise_for_verdict, raisings_of
from shopwarden.store.verdicts import StoredVerdict
from tests.alerts.stage import NOON, Stage

ORDER = uuid4()


@dataclass
class Said:
    """A verdict of which only what matters is spelled out."""

    advice: str = "approve"
    level: str = "low"
    subject: str = "order"
    trigger: str = "webhook"
    rules: tuple[RuleHit, ...] = ()
    lists: tuple[ListHit, ...] = ()

    def stored(self) -> StoredVerdict:
        signal = find_signals()[0]
        spoke = Reason(key=signal.key, part=signal.part, points=12.0, sentence="jane@example.com from 203.0.113.7")
        made: Any = {"advice": self.advice, "level": self.level}
        verdict = Verdict(
            **made, score=81, points=40.0, probability=0.9, parts={}, reasons=(spoke,), gaps=(), band=Band(low=80, high=90),
            rules=self.rules, at=NOON,
        )  # fmt: skip
        same: Any = {"subject": self.subject}
        return StoredVerdict(
            **same, id=VerdictId(uuid4()), subject_id=ORDER, customer_id=None, trigger=self.trigger, event_key="x",
            created_at=NOON, verdict=verdict, facts=Facts(at=NOON, store=StoreFacts(), lists=self.lists), weights=Weights(),
            external_id="1001",
        )  # fmt: skip


def hit(alert: str | None, *, applied: bool = True) -> RuleHit:
    effect: Any = Effect(alert=alert)  # type: ignore[arg-type]
    return RuleHit(rule_id=UUID(int=1), version=1, name="Costly", state="live", matched=True, applied=applied, effect=effect)


def listed(name: str) -> ListHit:
    row: Any = {"list": name}
    return ListHit(**row, entry_id=UUID(int=2), kind="email", value="jane@example.com")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said(), []),
        (Said("review"), [("verdict", "info")]),
        (Said("decline", "high"), [("verdict", "warning")]),
        (Said("decline", "critical"), [("verdict", "critical")]),
        (Said("decline", "critical", subject="customer"), [("verdict", "info")]),
        (Said("decline", "critical", trigger="import"), []),
        (Said(rules=(hit("critical"),)), [("rule", "critical")]),
        (Said(rules=(hit(None), hit("warning", applied=False))), []),
        (Said(lists=(listed("watch"), listed("block"), listed("allow"))), [("list", "warning"), ("list", "info")]),
    ],
)
def test_what_is_worth_an_alert(said: Said, expected: list[tuple[str, str]]) -> None:
    assert [(each.kind, each.severity) for each in raisings_of(said.stored())] == expected


def test_no_alert_tells_who_it_is() -> None:
    said = Said("decline", "critical", rules=(hit("critical"),), lists=(listed("watch"), listed("block")))
    told = msgspec.json.encode(raisings_of(said.stored())).decode()
    assert "1001" in told
    assert not any(secret in told for secret in ("jane", "203.0.113"))
    assert find_signals()[0].title in told


def test_an_order_is_called_what_the_shop_calls_it() -> None:
    stored = Said("decline", "critical", rules=(hit("warning"),), lists=(listed("watch"),)).stored()
    named = msgspec.structs.replace(stored, order_name="#1042")
    assert [raising.title.startswith("Order #1042") for raising in raisings_of(named)] == [True] * 3
    assert all(raising.title.startswith("Order 1001") for raising in raisings_of(stored))


async def test_the_same_verdict_twice_raises_once_and_a_new_one_is_counted(stage: Stage) -> None:
    first, second = (Said("decline", "critical").stored() for _ in range(2))
    for stored in (first, first, second):
        async with stage.database.transaction() as connection:
            await raise_for_verdict(connection, stage.store_id, stored)
    [row] = await stage.database.pool.fetch("SELECT count, subject_id FROM alerts WHERE store_id = $1", stage.store_id)
    assert (row["count"], row["subject_id"]) == (2, str(ORDER))
