"""What a trial came to, in figures a merchant decides by: what each policy stops, lets through, refuses and has reviewed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from shopwarden.domain.advice import ADVICE, Advice
from shopwarden.domain.backtest import TRUE_LABELS, Cell, Differing, Found, RuleCount, TrueLabel
from shopwarden.domain.policy import Rule


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """Orders and their money by currency."""

    orders: int = 0
    money: dict[str, Decimal] = {}


class BusyDay(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    orders: int


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One policy. `table`: label -> advice -> orders. Rates are shares 0..1 of what is known, None where nothing is:
    `precision` of the declined that were fraud, `recall` of the frauds that were not approved, `false_positive_rate` of the
    legitimate ones that were declined. Reviews are orders to look at, of whatever label."""

    table: dict[TrueLabel, dict[Advice, Sum]]
    fraud_stopped: Sum
    fraud_reviewed: Sum
    fraud_let_through: Sum
    good_refused: Sum
    good_reviewed: Sum
    reviews: Sum
    reviews_per_day: float
    busiest_day: BusyDay | None
    precision: float | None
    recall: float | None
    false_positive_rate: float | None


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """Orders whose advice is another one under the candidate than under the present policy, by label."""

    was: Advice
    now: Advice
    by_label: dict[TrueLabel, Sum]


class RuleTrial(msgspec.Struct, frozen=True, kw_only=True):
    """One rule of the candidate. `left_out`: orders whose facts did not suffice; `failed`: on which it broke."""

    rule_id: UUID
    name: str
    matched: dict[TrueLabel, Sum]
    applied: int
    left_out: int
    failed: int


class Reproduced(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the policy of then gives again what was decided then; the first hundred that differ are named."""

    orders: int
    same: int
    differing: tuple[Differing, ...]


class ReasonShift(msgspec.Struct, frozen=True, kw_only=True):
    """Points of a reason under both policies; None where it says nothing."""

    key: str
    sentence: str
    present: float | None
    candidate: float | None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    score: int
    advice: Advice
    overrides: tuple[str, ...]


class ChangedOrder(msgspec.Struct, frozen=True, kw_only=True):
    verdict_id: UUID
    order_id: str
    at: datetime
    label: TrueLabel
    total: Decimal | None
    currency: str | None
    live: Advice
    present: Judged
    candidate: Judged
    reasons: tuple[ReasonShift, ...]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`orders` were tried, one decision of each; `erased` and `unreadable` ones could not be."""

    orders: int
    erased: int
    unreadable: int
    days: int
    live: Side
    present: Side
    candidate: Side
    shifts: tuple[Shift, ...]
    rules: tuple[RuleTrial, ...]
    reproduced: Reproduced
    changed: tuple[ChangedOrder, ...]
    seconds: float


class Period(msgspec.Struct, frozen=True):
    first: datetime
    until: datetime

    @property
    def days(self) -> int:
        """Days touched, at least one."""
        return max(1, -int((self.first - self.until).total_seconds() // 86_400))


def result_of(
    found: Found, period: Period, rules: Sequence[Rule], changed: tuple[ChangedOrder, ...], seconds: float
) -> Result:
    return Result(
        orders=found.orders,
        erased=found.erased,
        unreadable=found.unreadable,
        days=period.days,
        live=side_of(found.cells, lambda cell: cell.live, period),
        present=side_of(found.cells, lambda cell: cell.present, period),
        candidate=side_of(found.cells, lambda cell: cell.candidate, period),
        shifts=tuple(_shifts(found.cells)),
        rules=tuple(_rule_trial(rule, found) for rule in rules),
        reproduced=Reproduced(orders=found.orders, same=found.orders - found.differing, differing=found.named),
        changed=changed,
        seconds=seconds,
    )


def side_of(cells: Sequence[Cell], advice_in: Callable[[Cell], Advice], period: Period) -> Side:
    by_both: defaultdict[tuple[TrueLabel, Advice], list[Cell]] = defaultdict(list)
    for cell in cells:
        by_both[cell.label, advice_in(cell)].append(cell)
    table = {label: {advice: _sum(by_both[label, advice]) for advice in ADVICE} for label in TRUE_LABELS}
    reviewed = [cell for label in TRUE_LABELS for cell in by_both[label, "review"]]
    fraud, good = table["fraud"], table["legitimate"]
    frauds, goods = (sum(each.orders for each in row.values()) for row in (fraud, good))
    return Side(
        table=table,
        fraud_stopped=fraud["decline"],
        fraud_reviewed=fraud["review"],
        fraud_let_through=fraud["approve"],
        good_refused=good["decline"],
        good_reviewed=good["review"],
        reviews=_sum(reviewed),
        reviews_per_day=sum(cell.orders for cell in reviewed) / period.days,
        busiest_day=_busiest(reviewed),
        precision=_share(fraud["decline"].orders, fraud["decline"].orders + good["decline"].orders),
        recall=_share(frauds - fraud["approve"].orders, frauds),
        false_positive_rate=_share(good["decline"].orders, goods),
    )


def _sum(cells: Iterable[Cell | RuleCount]) -> Sum:
    orders, cents = 0, defaultdict[str, int](int)
    for cell in cells:
        orders += cell.orders if isinstance(cell, Cell) else cell.matched
        if cell.cents:
            cents[cell.currency] += cell.cents
    return Sum(orders=orders, money={currency: Decimal(value) / 100 for currency, value in sorted(cents.items())})


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _busiest(cells: Sequence[Cell]) -> BusyDay | None:
    days: defaultdict[int, int] = defaultdict(int)
    for cell in cells:
        days[cell.day] += cell.orders
    if not days:
        return None
    day = max(days, key=lambda each: (days[each], -each))
    return BusyDay(day=date.fromordinal(day), orders=days[day])


def _shifts(cells: Sequence[Cell]) -> Iterable[Shift]:
    moved: defaultdict[tuple[Advice, Advice], defaultdict[TrueLabel, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        if cell.present != cell.candidate:
            moved[cell.present, cell.candidate][cell.label].append(cell)
    for (was, now), by_label in sorted(moved.items()):
        yield Shift(was=was, now=now, by_label={label: _sum(by_label[label]) for label in TRUE_LABELS})


def _rule_trial(rule: Rule, found: Found) -> RuleTrial:
    own = [count for count in found.rules if count.rule_id == rule.id]
    return RuleTrial(
        rule_id=rule.id,
        name=rule.name,
        matched={label: _sum(count for count in own if count.label == label) for label in TRUE_LABELS},
        applied=sum(count.applied for count in own),
        left_out=found.left_out.get(str(rule.id), 0),
        failed=found.failed.get(str(rule.id), 0),
    )
